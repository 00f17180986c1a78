import HypervisorModel

/// Budgets of capped domains.
extension Credit2 {
  /// Makes sure that a vCPU may use CPU time at all. False if its domain's budget is used up.
  mutating func obtainBudget(_ slot: Int, _ now: Nanoseconds) -> Bool {
    guard units[slot].isCapped, units[slot].budget <= 0 else { return true }
    let domain = units[slot].domain
    domains[domain].budget += units[slot].budget
    units[slot].budget = 0
    replenish(domain, now)
    guard domains[domain].budget > 0 else { return false }
    let share = domains[domain].allowance / Int64(max(1, domains[domain].units.count))
    let portion = min(max(share, Constants.shortestSlice), domains[domain].budget)
    units[slot].budget = portion
    domains[domain].budget -= portion
    return true
  }

  /// A vCPU that goes to sleep gives back what it doesn't need.
  mutating func returnBudget(_ slot: Int, _ now: Nanoseconds) {
    guard units[slot].isCapped, units[slot].budget != 0 else { return }
    let domain = units[slot].domain
    domains[domain].budget += units[slot].budget
    units[slot].budget = 0
    unparkAll(domain, now)
  }

  mutating func park(_ slot: Int) {
    units[slot].isParked = true
    domains[units[slot].domain].parked.append(slot)
    updateTimer()
  }

  mutating func unpark(_ slot: Int) {
    guard units[slot].isParked else { return }
    units[slot].isParked = false
    domains[units[slot].domain].parked.removeAll { $0 == slot }
    updateTimer()
  }

  /// Lets those who are parked compete again if there is budget. Who finds none left when his turn comes is parked anew.
  private mutating func unparkAll(_ domain: Int, _ now: Nanoseconds) {
    guard domains[domain].budget > 0, !domains[domain].parked.isEmpty else { return }
    let parked = domains[domain].parked
    domains[domain].parked = []
    for slot in parked { units[slot].isParked = false }
    updateTimer()
    // One who has just been parked may still be somebody's current vCPU; then that pCPU is at it now.
    for slot in parked where units[slot].runningOn == nil {
      enqueue(slot)
      offer(slot, now)
    }
  }

  /// Fills up the budget for the periods that have begun. What was not used is lost; debts stay.
  private mutating func replenish(_ domain: Int, _ now: Nanoseconds) {
    guard domains[domain].nextReplenishment <= now else { return }
    let late = (now - domains[domain].nextReplenishment).rawValue / UInt64(Constants.capPeriod)
    let periods = Int64(min(late, 1 << 20)) + 1
    let allowance = domains[domain].allowance
    domains[domain].budget = min(domains[domain].budget + periods * allowance, allowance)
    domains[domain].nextReplenishment += Nanoseconds((late + 1) &* UInt64(Constants.capPeriod))
    updateTimer()
    unparkAll(domain, now)
  }

  mutating func expireTimers(now: Nanoseconds) -> PCPUSet {
    guard nextTimer <= now else { return .none }
    for domain in domains.indices where !domains[domain].parked.isEmpty { replenish(domain, now) }
    return takePokes()
  }

  /// Begins a period with a full budget after the cap was set, changed or taken away.
  mutating func applyCap(to domain: Int, _ now: Nanoseconds) {
    let isCapped = domains[domain].parameters.cap != .none
    domains[domain].budget = domains[domain].allowance
    domains[domain].nextReplenishment = isCapped ? now + Nanoseconds(UInt64(Constants.capPeriod)) : .never
    for slot in domains[domain].units {
      units[slot].isCapped = isCapped
      units[slot].budget = 0
      // It has to look because its slice was cut for another cap, or for none.
      if let pcpu = units[slot].runningOn { tickle(pcpu) }
    }
    let parked = domains[domain].parked
    for slot in parked {
      unpark(slot)
      makeRunnable(slot, now)
    }
  }

  private mutating func updateTimer() {
    nextTimer = .never
    for domain in domains where !domain.parked.isEmpty { nextTimer = min(nextTimer, domain.nextReplenishment) }
  }
}
