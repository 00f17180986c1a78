import HypervisorModel

/// Which vCPU a pCPU runs next, and for how long.
extension QueuePolicy {
  mutating func schedule(_ pcpu: PCPUID, ran: Nanoseconds, now: Nanoseconds) -> Decision {
    guard pool.members.contains(pcpu) else { return Decision(run: nil, until: .never, poke: .none) }
    pool.beginDecision(pcpu, now)
    let current = pool[pcpu].current
    if let current {
      charge(current, ran, now)
      // Before anything is chosen: what a sleeper gives back may be what another waits for.
      if !pool.vcpus[current].isAwake { settle(current, now) }
    }
    let next = choose(for: pcpu, current, now)
    if next != current { switchOver(pcpu, from: current, to: next, now) }
    let until = next.map { now + slice(of: $0, on: pcpu, now) } ?? .never
    pool.endDecision(pcpu, until: until)
    pokeIdlers(except: pcpu)
    return Decision(
      run: next.map { pool.vcpus[$0].key }, until: until, poke: pool.takePokes(),
      isHeldBack: current.map { pool.vcpus[$0].isHeldBack } ?? false)
  }

  /// The current vCPU if it may and should go on, else the best in the queue, else nil.
  private mutating func choose(for pcpu: PCPUID, _ current: Int?, _ now: Nanoseconds) -> Int? {
    var keep: Int?
    if let current, pool.mayGoOn(current, on: pcpu) {
      if mayRun(current, now) { keep = current } else { pool.vcpus[current].isHeldBack = true }
    }
    if let keep, now < pool.vcpus[keep].startedAt + rateLimit { return keep }
    while let best = challenger(for: pcpu, of: keep, now) {
      if mayRun(best, now) { return best }
      queue.remove(best)
      pool.vcpus[best].isHeldBack = true
    }
    return keep
  }

  /// The best in the queue that may run on a pCPU and beats whom it would push aside there.
  func challenger(for pcpu: PCPUID, of defender: Int?, _ now: Nanoseconds) -> Int? {
    guard let defender else { return firstWaiting(for: pcpu)?.id }
    let bar = rank(toBeat: defender, by: nil, on: pcpu, now)
    let found = queue.first { entry in
      // Not beating anybody, nobody after this one does either.
      guard entry.priority.rank < bar else { return true }
      return pool.vcpus[entry.id].hardAffinity.contains(pcpu)
        && entry.priority.rank < rank(toBeat: defender, by: entry.id, on: pcpu, now)
    }
    return found.flatMap { $0.priority.rank < bar ? $0.id : nil }
  }

  /// The best in the queue that may run on a pCPU.
  func firstWaiting(for pcpu: PCPUID) -> WaitQueue<Rank>.Entry? {
    queue.first { pool.vcpus[$0.id].hardAffinity.contains(pcpu) }
  }

  private mutating func switchOver(_ pcpu: PCPUID, from old: Int?, to new: Int?, _ now: Nanoseconds) {
    if let new { queue.remove(new) }
    pool.switchOver(pcpu, to: new, now)
    if let old, pool.vcpus[old].isAwake, !pool.vcpus[old].isHeldBack { compete(old, now, except: pcpu) }
  }
}
