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
      let ceiling = wantsToRun ? Constants.ceiling : Constants.portion + Constants.carryover
      accounts[slot].credit = min(accounts[slot].credit + portions * Constants.portion, ceiling)
    }
    queue.rerank { -accounts[$0].credit }
  }

  /// Finds the largest weight anew. Debts are in units of its CPU time, so they are converted: otherwise one who ran
  /// for a moment beside a giant would wait for ages after the giant has gone.
  mutating func updateMaxWeight() {
    var largest: Int64 = 0
    for slot in pool.slots { largest = max(largest, accounts[slot].weight) }
    guard largest > 0, largest != maxWeight else { return }
    for slot in pool.slots where accounts[slot].credit < 0 {
      accounts[slot].credit = Int64(
        (Double(accounts[slot].credit) * Double(largest) / Double(maxWeight)).rounded(.down))
    }
    maxWeight = largest
    queue.rerank { -accounts[$0].credit }
  }
}
