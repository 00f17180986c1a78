import HypervisorModel

/// Who runs where in a window.
extension ARINC653 {
  mutating func schedule(_ pcpu: PCPUID, ran: Nanoseconds, now: Nanoseconds) -> Decision {
    guard pool.members.contains(pcpu) else { return Decision(run: nil, until: .never, poke: .none) }
    advance(to: now)
    pool.beginDecision(pcpu, now)
    let old = pool[pcpu].current
    let next = choose(for: pcpu, old, now)
    if next != old { switchOver(pcpu, from: old, to: next, now) }
    var until = Nanoseconds.never
    if let next {
      if next != old || turns[next] + slice <= now { turns[next] = now }
      until = min(windowEnd, turns[next] + slice)
    } else {
      attract(to: pcpu)
    }
    pool.endDecision(pcpu, until: until)
    pokeIdlers(except: pcpu)
    let isHeldBack = old.map { pool.vcpus[$0].isAwake && !hasWindow($0) } ?? false
    return Decision(
      run: next.map { pool.vcpus[$0].key }, until: until, poke: finish(now).removing(pcpu), isHeldBack: isHeldBack)
  }

  /// The current vCPU if its turn isn't over, else the next one, else the current one if it may go on.
  private func choose(for pcpu: PCPUID, _ current: Int?, _ now: Nanoseconds) -> Int? {
    let staying = current.flatMap { hasWindow($0) && pool.mayGoOn($0, on: pcpu) ? $0 : nil }
    if let staying, now < turns[staying] + slice { return staying }
    return candidate(for: pcpu) ?? staying
  }

  /// Those who wait and whose window it is, in order of arrival.
  private var candidates: [Int] {
    guard let window, let domain = pool.slot(of: window.domain) else { return [] }
    return window.vcpu == nil ? waiting[domain] : waiting[domain].filter { hasWindow($0) }
  }

  /// Who has waited longest; but where its domain's vCPUs need not take turns, one whose caches are warm here goes before
  /// one that can go elsewhere.
  private func candidate(for pcpu: PCPUID) -> Int? {
    let candidates = candidates
    guard let first = candidates.first(where: { pool.vcpus[$0].hardAffinity.contains(pcpu) }) else { return nil }
    guard pool.domains[pool.vcpus[first].domain].vcpus.count <= pool.members.count, !isAtHome(first, pcpu),
      hasAlternative(first, to: pcpu)
    else { return first }
    return candidates.first { isAtHome($0, pcpu) } ?? first
  }

  private func isAtHome(_ slot: Int, _ pcpu: PCPUID) -> Bool {
    pool.vcpus[slot].softAffinity.contains(pcpu) && !pool.isCold(slot, on: pcpu)
  }

  /// Whether a vCPU can have another pCPU, which is idle or on which the window of the current vCPU is over.
  private func hasAlternative(_ slot: Int, to pcpu: PCPUID) -> Bool {
    pool.vcpus[slot].hardAffinity.removing(pcpu).contains { pool[$0].current.map { !hasWindow($0) } ?? true }
  }

  private mutating func switchOver(_ pcpu: PCPUID, from old: Int?, to new: Int?, _ now: Nanoseconds) {
    if let new { dequeue(new) }
    pool.switchOver(pcpu, to: new, now)
    if let old, pool.vcpus[old].isAwake { enqueue(old) }
  }

  // MARK: Pokes

  /// Sees to it that everybody whose window it is and who waits has an idle pCPU coming if there is one for it.
  mutating func pokeIdlers(except: PCPUID? = nil) {
    var free = pool.idle.subtracting(pool.tickled).removing(except)
    guard waiters > 0, !free.isEmpty else { return }
    var coming = pool.idle.intersection(pool.tickled)
    for slot in candidates {
      if let match = coming.intersection(pool.vcpus[slot].hardAffinity).first {
        coming.remove(match)
      } else if let pcpu = pool.favourite(of: slot, among: free) {
        pool.tickle(pcpu)
        free.remove(pcpu)
      }
    }
  }

  /// Asks one who runs where it doesn't prefer to, but prefers this idle pCPU, to come over.
  private mutating func attract(to pcpu: PCPUID) {
    let busy = pool.members.subtracting(pool.idle).subtracting(pool.tickled)
    let found = busy.first { other in
      guard let current = pool[other].current, hasWindow(current) else { return false }
      let soft = pool.vcpus[current].softAffinity
      return soft.contains(pcpu) && !soft.contains(other)
    }
    if let found { pool.tickle(found) }
  }
}
