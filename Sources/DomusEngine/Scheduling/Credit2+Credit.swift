import HypervisorModel

/// Burning credit, and handing out new.
extension Credit2 {
  /// Credit that `time` on a CPU costs the vCPU, and what remains to be burned of a whole nanosecond.
  private func cost(_ slot: Int, _ time: Nanoseconds) -> (credit: Int64, residue: Int64) {
    let time = Int64(min(time.rawValue, Constants.longestBurn))
    let (quotient, remainder) = (time * maxWeight + units[slot].residue)
      .quotientAndRemainder(dividingBy: units[slot].weight)
    return (quotient, remainder)
  }

  /// Burns the credit, and under a cap the budget, for CPU time that a vCPU got.
  mutating func charge(_ slot: Int, _ ran: Nanoseconds) {
    let (credit, residue) = cost(slot, ran)
    units[slot].credit -= credit
    units[slot].residue = residue
    if units[slot].isCapped { units[slot].budget -= Int64(min(ran.rawValue, Constants.longestBurn)) }
  }

  /// What a running vCPU's credit probably is by now: as if it had had a CPU all the time since it was last charged.
  func estimatedCredit(_ slot: Int, since: Nanoseconds, _ now: Nanoseconds) -> Int64 {
    units[slot].credit - cost(slot, now - since).credit
  }

  /// How long the vCPU runs for that much credit, in nanoseconds.
  func duration(of credit: Int64, _ slot: Int) -> Int64 { credit * units[slot].weight / maxWeight }

  /// Gives everybody so many portions that `slot` has credit again.
  mutating func resetCredit(for slot: Int) {
    let portions = 1 + max(0, -units[slot].credit) / Constants.portion
    for slot in unitSlots.values {
      let wantsToRun = units[slot].isAwake && !units[slot].isParked
      let ceiling = wantsToRun ? Constants.ceiling : Constants.portion + Constants.carryover
      units[slot].credit = min(units[slot].credit + portions * Constants.portion, ceiling)
    }
    refreshQueue()
  }

  /// Finds the largest weight anew. Debts are in units of its CPU time, so they are converted: otherwise one who ran
  /// for a moment beside a giant would wait for ages after the giant has gone.
  mutating func updateMaxWeight() {
    var largest: Int64 = 0
    for slot in unitSlots.values { largest = max(largest, units[slot].weight) }
    guard largest > 0, largest != maxWeight else { return }
    for slot in unitSlots.values where units[slot].credit < 0 {
      units[slot].credit = Int64((Double(units[slot].credit) * Double(largest) / Double(maxWeight)).rounded(.down))
    }
    maxWeight = largest
    refreshQueue()
  }

  private mutating func refreshQueue() {
    let units = units
    queue.reprioritize { Rank(credit: units[$0.id].credit, arrival: $0.priority.arrival) }
  }
}
