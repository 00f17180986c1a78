import HypervisorModel

/// Which pCPUs have to look at the queue.
extension QueuePolicy {
  /// Finds a pCPU for a vCPU that has just come into the queue: an idle one, else one where it wins.
  mutating func offer(_ slot: Int, _ now: Nanoseconds, except: PCPUID? = nil) {
    let idlers = pool.idle.removing(except)
    if let pcpu = pool.favourite(of: slot, among: idlers.subtracting(pool.tickled)) { return pool.tickle(pcpu) }
    // Idle ones that were poked for somebody else may be enough for all who wait.
    let allowed = pool.vcpus[slot].hardAffinity
    let coming = idlers.intersection(pool.tickled).intersection(allowed)
    guard queue.count > coming.count else { return }
    let busy = pool.members.subtracting(pool.idle).subtracting(pool.tickled).removing(except)
    let soft = busy.intersection(pool.vcpus[slot].softAffinity)
    guard
      let victim = weakest(among: soft, for: slot, now)
        ?? weakest(among: busy.intersection(allowed).subtracting(soft), for: slot, now)
    else { return }
    // A poke that could change nothing before the pCPU looks by itself is a needless interruption.
    if let current = pool[victim].current {
      let effective = max(now, pool.vcpus[current].startedAt + rateLimit)
      if pool[victim].until <= effective { return }
    }
    pool.tickle(victim)
  }

  /// The pCPU whose current vCPU a challenger beats most clearly.
  private func weakest(among set: PCPUSet, for slot: Int, _ now: Nanoseconds) -> PCPUID? {
    let rank = rank(of: slot)
    var best: (pcpu: PCPUID, bar: Rank)?
    for pcpu in set {
      guard let current = pool[pcpu].current else { continue }
      let bar = self.rank(toBeat: current, by: slot, on: pcpu, now)
      guard rank < bar else { continue }
      if let other = best?.bar, bar <= other { continue }
      best = (pcpu, bar)
    }
    return best?.pcpu
  }

  /// Lets each pCPU look whose current vCPU is beaten by one that waits: after ranks have changed.
  mutating func pokeOutranked(_ now: Nanoseconds) {
    guard !queue.isEmpty else { return }
    for pcpu in pool.members.subtracting(pool.idle) {
      guard let current = pool[pcpu].current, let waiting = firstWaiting(for: pcpu) else { continue }
      if waiting.priority.rank < rank(toBeat: current, by: waiting.id, on: pcpu, now) { pool.tickle(pcpu) }
    }
  }

  /// Sees to it that everybody in the queue has an idle pCPU coming if there is one that he may run on. What a pCPU
  /// finds when it looks need not be what it was poked for, so this is checked after each decision.
  mutating func pokeIdlers(except: PCPUID) {
    var free = pool.idle.subtracting(pool.tickled).removing(except)
    guard !queue.isEmpty, !free.isEmpty else { return }
    var coming = pool.idle.intersection(pool.tickled)
    for entry in queue.entries {
      if let match = coming.intersection(pool.vcpus[entry.id].hardAffinity).first {
        coming.remove(match)
      } else if let pcpu = pool.favourite(of: entry.id, among: free) {
        pool.tickle(pcpu)
        free.remove(pcpu)
      }
    }
  }
}
