import HypervisorModel

/// Which vCPU a pCPU runs next, and for how long.
extension Credit2 {
  mutating func schedule(_ pcpu: PCPUID, ran: Nanoseconds, now: Nanoseconds) -> Decision {
    guard pool.contains(pcpu) else { return Decision(run: nil, until: .never, poke: .none) }
    tickled.remove(pcpu)
    let current = pcpus[pcpu.rawValue].current
    if let current {
      charge(current, ran)
      // Before anything is chosen: what a sleeper gives back may be what another waits for.
      if !units[current].isAwake { returnBudget(current, now) }
    }
    let next = choose(for: pcpu, current, now)
    if next != current { switchOver(pcpu, from: current, to: next, now) }
    var until = Nanoseconds.never
    if let next {
      if units[next].credit <= 0 { resetCredit(for: next) }
      until = now + slice(of: next, on: pcpu, now)
    }
    pcpus[pcpu.rawValue].since = now
    pcpus[pcpu.rawValue].until = until
    pokeIdlers(except: pcpu)
    return Decision(run: next.map { units[$0].key }, until: until, poke: takePokes())
  }

  /// The current vCPU if it may and should go on, else the best in the queue, else nil.
  private mutating func choose(for pcpu: PCPUID, _ current: Int?, _ now: Nanoseconds) -> Int? {
    var keep: Int?
    if let current, mayGoOn(current, on: pcpu) {
      if obtainBudget(current, now) { keep = current } else { park(current) }
    }
    if let keep, now < units[keep].startedAt + Nanoseconds(UInt64(Constants.rateLimit)) { return keep }
    while let best = challenger(for: pcpu, of: keep) {
      if obtainBudget(best, now) { return best }
      queue.remove(best)
      park(best)
    }
    return keep
  }

  private func mayGoOn(_ slot: Int, on pcpu: PCPUID) -> Bool {
    let unit = units[slot]
    guard unit.isAwake, unit.hardAffinity.contains(pcpu) else { return false }
    return unit.softAffinity.contains(pcpu) || unit.softAffinity.intersection(idle.subtracting(tickled)).isEmpty
  }

  /// The best in the queue that may run on a pCPU and beats whom it would push aside there.
  private func challenger(for pcpu: PCPUID, of defender: Int?) -> Int? {
    let threshold = defender.map { units[$0].credit }
    let found = queue.first { entry in
      let unit = units[entry.id]
      guard let threshold, unit.credit > threshold else {
        // Without a defender anybody who may run is right; not beating him, nobody after this one does either.
        return threshold != nil || unit.hardAffinity.contains(pcpu)
      }
      let resistance = unit.lastRanOn == nil || unit.lastRanOn == pcpu ? 0 : Constants.migrationResistance
      return unit.hardAffinity.contains(pcpu) && unit.credit > threshold + resistance
    }
    guard let found else { return nil }
    if let threshold, units[found.id].credit <= threshold { return nil }
    return found.id
  }

  private mutating func switchOver(_ pcpu: PCPUID, from old: Int?, to new: Int?, _ now: Nanoseconds) {
    pcpus[pcpu.rawValue].current = new
    if let new {
      queue.remove(new)
      units[new].runningOn = pcpu
      units[new].lastRanOn = pcpu
      units[new].startedAt = now
      idle.remove(pcpu)
    } else {
      idle.insert(pcpu)
    }
    guard let old else { return }
    units[old].runningOn = nil
    if units[old].isAwake, !units[old].isParked {
      enqueue(old)
      offer(old, now, except: pcpu)
    }
  }

  /// How long a vCPU may run: until its credit is used up, or as low as that of the one who waits behind it.
  private func slice(of slot: Int, on pcpu: PCPUID, _ now: Nanoseconds) -> Nanoseconds {
    let unit = units[slot]
    var credit = unit.credit
    if let waiting = queue.first(where: { units[$0.id].hardAffinity.contains(pcpu) }), waiting.priority.credit > 0 {
      credit -= waiting.priority.credit
    }
    let limited = Constants.rateLimit - Int64((now - unit.startedAt).rawValue)
    var time = min(max(duration(of: credit, slot), Constants.shortestSlice, limited), Constants.longestSlice)
    if unit.isCapped { time = min(time, max(unit.budget, Constants.shortestBudgetSlice)) }
    return Nanoseconds(UInt64(time))
  }
}
