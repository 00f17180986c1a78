import HypervisorModel

/// Which pCPUs have to look at the queue.
extension Credit2 {
  mutating func tickle(_ pcpu: PCPUID) {
    tickled.insert(pcpu)
    pokes.insert(pcpu)
  }

  /// Finds a pCPU for a vCPU that has just come into the queue: an idle one, else one where it wins.
  mutating func offer(_ slot: Int, _ now: Nanoseconds, except: PCPUID? = nil) {
    let idlers = idle.removing(except)
    if let pcpu = favourite(of: slot, among: idlers.subtracting(tickled)) { return tickle(pcpu) }
    // Idle ones that were poked for somebody else may be enough for all who wait.
    let coming = idlers.intersection(tickled).intersection(units[slot].hardAffinity)
    guard queue.count > coming.count else { return }
    let busy = pool.subtracting(idle).subtracting(tickled).removing(except)
    let soft = busy.intersection(units[slot].softAffinity)
    guard
      let victim = weakest(among: soft, for: slot, now)
        ?? weakest(among: busy.intersection(units[slot].hardAffinity).subtracting(soft), for: slot, now)
    else { return }
    // A poke that could change nothing before the pCPU looks by itself is a needless interruption.
    if let current = pcpus[victim.rawValue].current {
      let effective = max(now, units[current].startedAt + Nanoseconds(UInt64(Constants.rateLimit)))
      if pcpus[victim.rawValue].until <= effective { return }
    }
    tickle(victim)
  }

  /// Where a vCPU would best run: warm caches first, soft affinity before hard.
  private func favourite(of slot: Int, among set: PCPUSet) -> PCPUID? {
    let allowed = set.intersection(units[slot].hardAffinity)
    guard !allowed.isEmpty else { return nil }
    let soft = allowed.intersection(units[slot].softAffinity)
    let candidates = soft.isEmpty ? allowed : soft
    if let last = units[slot].lastRanOn, candidates.contains(last) { return last }
    return candidates.first
  }

  /// The pCPU whose current vCPU a challenger beats most clearly.
  private func weakest(among set: PCPUSet, for slot: Int, _ now: Nanoseconds) -> PCPUID? {
    let challenger = units[slot]
    var best: (pcpu: PCPUID, lead: Int64)?
    for pcpu in set {
      guard let current = pcpus[pcpu.rawValue].current else { continue }
      var lead = challenger.credit - estimatedCredit(current, since: pcpus[pcpu.rawValue].since, now)
      if let last = challenger.lastRanOn, last != pcpu { lead -= Constants.migrationResistance }
      if lead > 0, lead > best?.lead ?? 0 { best = (pcpu, lead) }
    }
    return best?.pcpu
  }

  /// Sees to it that everybody in the queue has an idle pCPU coming if there is one that he may run on. What a pCPU
  /// finds when it looks need not be what it was poked for, so this is checked after each decision.
  mutating func pokeIdlers(except: PCPUID) {
    var free = idle.subtracting(tickled).removing(except)
    guard !queue.isEmpty, !free.isEmpty else { return }
    var coming = idle.intersection(tickled)
    for entry in queue.entries {
      if let match = coming.intersection(units[entry.id].hardAffinity).first {
        coming.remove(match)
      } else if let pcpu = favourite(of: entry.id, among: free) {
        tickle(pcpu)
        free.remove(pcpu)
      }
    }
  }
}
