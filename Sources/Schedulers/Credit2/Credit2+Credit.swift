import HypervisorModel

/// Burning credit, and handing out new.
extension Credit2 {
  /// Credit that `time` on a CPU costs the vCPU, and what remains to be burned of a whole nanosecond.
  func cost(_ slot: Int, _ time: Nanoseconds) -> (credit: Int64, residue: Int64) {
    let time = Int64(min(time.rawValue, Constants.longestBurn))
    let (quotient, remainder) = (time * maxWeight + accounts[slot].residue)
      .quotientAndRemainder(dividingBy: accounts[slot].weight)
    return (quotient, remainder)
  }

  /// Burns the credit, and under a cap the budget, for CPU time that a vCPU got.
  mutating func charge(_ slot: Int, _ ran: Nanoseconds, _ now: Nanoseconds) {
    let (credit, residue) = cost(slot, ran)
    accounts[slot].credit -= credit
    accounts[slot].residue = residue
    caps.charge(slot, ran)
  }

  /// How long the vCPU runs for that much credit, in nanoseconds.
  func duration(of credit: Int64, _ slot: Int) -> Int64 { credit * accounts[slot].weight / maxWeight }

  /// Gives everybody so many portions that `slot` has credit again.
  mutating func resetCredit(for slot: Int) {
    let portions = 1 + max(0, -accounts[slot].credit) / Constants.portion
    for slot in pool.slots {
      let wantsToRun = pool.vcpus[slot].isAwake && !pool.vcpus[slot].isHeldBack
      let ceiling = wantsToRun ? ceiling(of: slot) : Constants.portion + Constants.carryover
      accounts[slot].credit = min(accounts[slot].credit + portions * Constants.portion, ceiling)
    }
    queue.rerank { -accounts[$0].credit }
  }

  /// The most credit of a vCPU that wants to run. For those who wait it is the same for all: where several are there,
  /// the lightest must not be always before the others.
  func ceiling(of slot: Int) -> Int64 {
    let turn = max(Constants.shortestSlice, Int64(rateLimit.rawValue))
    let lead = Constants.longestLead + turn * Int64(queue.count)
    return pool.vcpus[slot].runningOn == nil ? lead : lead * maxWeight / accounts[slot].weight
  }

  /// Finds the largest weight anew. Credit is in units of its CPU time, so debts are converted, and where it becomes less,
  /// what is more than a portion: otherwise one who ran for a moment beside a giant would wait, or have precedence, for
  /// ages after the giant has gone.
  mutating func updateMaxWeight() {
    var largest: Int64 = 0
    for slot in pool.slots { largest = max(largest, accounts[slot].weight) }
    guard largest > 0, largest != maxWeight else { return }
    for slot in pool.slots {
      let credit = accounts[slot].credit
      let converted = Int64((Double(credit) * Double(largest) / Double(maxWeight)).rounded(.down))
      if credit < 0 {
        accounts[slot].credit = converted
      } else if credit > Constants.portion {
        accounts[slot].credit = max(min(converted, credit), Constants.portion)
      }
    }
    maxWeight = largest
    queue.rerank { -accounts[$0].credit }
  }
}
