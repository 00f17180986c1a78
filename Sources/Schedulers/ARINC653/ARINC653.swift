import HypervisorModel

/// The arinc653 policy: time itself is partitioned, so what one domain does can't be felt by another.
///
/// # Idea
/// A table divides a major frame, which repeats for ever, into windows. In a domain's window its awake vCPUs run, or
/// the one that the window names, on as many of the pool's pCPUs as they can use; nobody else does, even if they all
/// sleep. In what is left of the frame after the last window nobody runs. Avionics is built so: the worst case is the
/// only case.
///
/// # Without a table
/// Each domain has one window per frame, in the order of the domains' ids, as long as its weight says. So a pool can
/// be switched to this policy at any time: weights carry over, and nobody starves.
///
/// # Time
/// Where in the frame it is follows from the wall clock alone (`FrameClock`), so late pCPUs move no window. Windows of
/// the table that the policy begins with lie as if a frame had begun when the clock was zero. A vCPU runs until its
/// window ends at most; the pCPU that asks then opens the next window and pokes idle pCPUs for it. Only while all are
/// idle and somebody awake waits for a window there is a timer, at the beginning of that window.
///
/// # Changes
/// Another table takes effect with the next frame; where that is further away than `longestDelay`, at once, as in Xen.
/// Windows without a table change at once when a domain comes or goes or gets another weight, and the frame goes on in
/// the window in which it is: nobody is skipped, and nobody comes twice.
///
/// # In a window
/// Where a domain has more awake vCPUs than there are pCPUs for them, they take turns: by slices, of which a whole number
/// makes the window, and from one window to the next; who has waited longest is first. Where there are enough pCPUs, each
/// stays where it ran last.
///
/// # Limit
/// Who has no window in the table never runs; caps have no meaning. Without a table a frame is as long as the
/// weights say: it can be minutes where there are many large ones.
///
/// # Invariants
/// - An awake vCPU is current on one pCPU or in its domain's `waiting`; a sleeping one is in no list.
/// - No pCPU's `until` is later than the end of the window, unless it has been poked.
/// - Every vCPU whose window it is and that waits has an idle pCPU coming for it, or no idle pCPU may run it.
struct ARINC653: SchedulingPolicy {
  enum Constants {
    /// The longest slice: the length of a usual window, so that those are not cut up, and in a long one a vCPU that
    /// waits for another soon gets on.
    static let longestSlice: UInt64 = 10_000_000
    /// The longest wait for the end of a frame before another table takes effect: an operator looks for it to act.
    static let longestDelay = Nanoseconds.seconds(1)
  }

  let scheduler = Scheduler.arinc653
  var nextTimer = Nanoseconds.never

  var pool: PoolState
  /// By slot of a vCPU: when its turn began.
  var turns: [Nanoseconds] = []
  /// By slot of a domain: its awake vCPUs that aren't current. Who came last is last.
  var waiting: [[Int]] = []
  /// How many there are in all.
  var waiters = 0
  /// Slots of the domains, in order of their ids.
  var order: [Int] = []

  /// The table that is wanted; nil for windows by weight.
  var frame: Frame?
  /// When it takes effect; `never` once it has.
  var changeAt = Nanoseconds.never
  /// Whether the frame that is in effect comes from the weights.
  var isDerived: Bool
  var clock: FrameClock
  /// Whose window it is, as of the last call; nil in the rest of the frame.
  var window: Frame.Window?
  /// When that ends.
  var windowEnd = Nanoseconds.zero
  /// After this time its vCPUs take turns.
  var slice = Nanoseconds.zero

  init(pcpus: PCPUSet, _ parameters: PoolParameters = PoolParameters()) {
    pool = PoolState(pcpus: pcpus)
    frame = parameters.frame
    isDerived = frame == nil
    clock = FrameClock(frame ?? Frame(length: .zero, windows: []), anchor: .zero)
  }

  // MARK: Coming and going

  mutating func insert(
    _ vcpu: VCPUKey, _ parameters: VCPUParameters, domain: DomainParameters, now: Nanoseconds
  ) -> PCPUSet {
    guard pool.slot(of: vcpu) == nil else { return .none }
    advance(to: now)
    let isFirst = pool.slot(of: vcpu.domain) == nil
    let slot = pool.insert(vcpu, parameters, domain: domain)
    turns.set(slot, .zero)
    let domainSlot = pool.vcpus[slot].domain
    if isFirst {
      waiting.set(domainSlot, [])
      order.insert(domainSlot, at: order.firstIndex { pool.domains[$0].id > vcpu.domain } ?? order.count)
      deriveWindows(now)
    } else {
      set(domain, for: domainSlot, now)
    }
    return finish(now)
  }

  mutating func remove(_ vcpu: VCPUKey, now: Nanoseconds) -> PCPUSet {
    guard let slot = pool.slot(of: vcpu) else { return .none }
    advance(to: now)
    putToSleep(slot)
    pool.remove(slot)
    if pool.slot(of: vcpu.domain) == nil {
      order.removeAll { $0 == pool.vcpus[slot].domain }
      deriveWindows(now)
    }
    return finish(now)
  }

  // MARK: Parameters

  mutating func setParameters(_ parameters: PoolParameters, now: Nanoseconds) -> PCPUSet {
    advance(to: now)
    if parameters.frame != frame {
      frame = parameters.frame
      let end = clock.frameEnd(after: now)
      changeAt = end - now <= Constants.longestDelay ? end : now
      advance(to: now)
    }
    return finish(now)
  }

  mutating func setParameters(of domain: DomainID, _ parameters: DomainParameters, now: Nanoseconds) -> PCPUSet {
    guard let slot = pool.slot(of: domain) else { return .none }
    advance(to: now)
    set(parameters, for: slot, now)
    return finish(now)
  }

  private mutating func set(_ parameters: DomainParameters, for domain: Int, _ now: Nanoseconds) {
    let isSameWeight = pool.domains[domain].parameters.weight == parameters.weight
    pool.domains[domain].parameters = parameters
    if !isSameWeight { deriveWindows(now) }
  }

  mutating func setParameters(of vcpu: VCPUKey, _ parameters: VCPUParameters, now: Nanoseconds) -> PCPUSet {
    guard let slot = pool.slot(of: vcpu) else { return .none }
    advance(to: now)
    pool.setAffinity(slot, parameters)
    if let pcpu = pool.vcpus[slot].runningOn, !pool.vcpus[slot].softAffinity.contains(pcpu) { pool.tickle(pcpu) }
    pokeIdlers()
    return finish(now)
  }

  // MARK: Waking and sleeping

  mutating func wake(_ vcpu: VCPUKey, now: Nanoseconds) -> PCPUSet {
    guard let slot = pool.slot(of: vcpu), !pool.vcpus[slot].isAwake else { return .none }
    advance(to: now)
    pool.vcpus[slot].isAwake = true
    if pool.vcpus[slot].runningOn == nil { enqueue(slot) }
    pokeIdlers()
    return finish(now)
  }

  mutating func sleep(_ vcpu: VCPUKey, isOffline: Bool, now: Nanoseconds) -> PCPUSet {
    guard let slot = pool.slot(of: vcpu), pool.vcpus[slot].isAwake else { return .none }
    advance(to: now)
    putToSleep(slot)
    return finish(now)
  }

  private mutating func putToSleep(_ slot: Int) {
    guard pool.vcpus[slot].isAwake else { return }
    pool.vcpus[slot].isAwake = false
    if let pcpu = pool.vcpus[slot].runningOn { pool.tickle(pcpu) } else { dequeue(slot) }
  }

  mutating func expireTimers(now: Nanoseconds) -> PCPUSet {
    advance(to: now)
    return finish(now)
  }

  func isHeldBack(_ vcpu: VCPUKey) -> Bool {
    guard let slot = pool.slot(of: vcpu) else { return false }
    return pool.vcpus[slot].isAwake && !hasWindow(slot)
  }

  func hasWindow(_ slot: Int) -> Bool {
    guard let window, window.domain == pool.vcpus[slot].key.domain else { return false }
    return window.vcpu == nil || window.vcpu == pool.vcpus[slot].key.index
  }

  mutating func enqueue(_ slot: Int) {
    waiting[pool.vcpus[slot].domain].append(slot)
    waiters += 1
  }

  mutating func dequeue(_ slot: Int) {
    waiting[pool.vcpus[slot].domain].removeAll { $0 == slot }
    waiters -= 1
  }
}
