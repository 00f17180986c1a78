import HypervisorModel

/// Giving credit.
extension Credit {
  var nextTimer: Nanoseconds { awake > 0 ? min(nextAccounting, caps.nextTimer) : caps.nextTimer }

  mutating func expireTimers(now: Nanoseconds) -> PCPUSet {
    if awake > 0, nextAccounting <= now { account(now) }
    replenishBudgets(now)
    return pool.takePokes()
  }

  /// Ends an accounting period, and gives credit for the next.
  private mutating func account(_ now: Nanoseconds) {
    nextAccounting = now + Nanoseconds(UInt64(timeSlice))
    payInAdvance(now)
    let awake = pool.vcpus.indices.filter { pool.vcpus[$0].isAwake }
    earnings += portion(for: awake.filter { !pool.vcpus[$0].isHeldBack }.map { accounts[$0] })
    for slot in awake { collect(slot, limit: Constants.ceiling) }
    let timeSlice = timeSlice
    queue.rerank { accounts[$0].rank(period: timeSlice) }
    pokeOutranked(now)
  }

  /// Lets those who are running pay for what they have probably used; the difference follows when they stop.
  private mutating func payInAdvance(_ now: Nanoseconds) {
    for pcpu in pool.members.subtracting(pool.idle) {
      guard let current = pool[pcpu].current else { continue }
      let time = uncharged(on: pcpu, now)
      accounts[current].pay(time, tick: tick)
      accounts[current].advance = time
    }
  }

  /// The least credit per unit of weight that lets these vCPUs pay for all CPU time that the busy pCPUs offer in a period.
  private func portion(for contenders: [Account]) -> Double {
    let period = Double(timeSlice)
    let supply = period * Double(pool.members.subtracting(pool.idle).count)
    func isEnough(_ portion: Double) -> Bool {
      var payable = 0.0
      for account in contenders { payable += min(max(0, account.credit + portion * account.weight), period) }
      return payable >= supply
    }
    guard !isEnough(0) else { return 0 }
    var (tooLittle, enough) = (0.0, 0.0)
    for account in contenders { enough = max(enough, (period - account.credit) / account.weight) }
    for _ in 0..<Constants.halvings {
      let middle = (tooLittle + enough) / 2
      if isEnough(middle) { enough = middle } else { tooLittle = middle }
    }
    return enough
  }

  /// Gives a vCPU what it has earned, as far as it may have so many periods' credit.
  mutating func collect(_ slot: Int, limit: Double) {
    let earned = (earnings - accounts[slot].earningsSeen) * accounts[slot].weight
    accounts[slot].credit = min(accounts[slot].credit + earned, limit * Double(timeSlice))
    accounts[slot].earningsSeen = earnings
  }
}
