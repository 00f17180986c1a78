import HypervisorModel

/// The bvt policy: borrowed virtual time, old Xen's first scheduler.
///
/// # Idea
/// While a vCPU runs its virtual time goes on, by its *advance* for each unit of CPU time, and whoever is furthest behind
/// runs. So shares are in proportion to 1/advance. Where the operator sets no advance the weight says it: exactly
/// 10 × 256 / weight, so that the standard advance of 10 is the default weight. A latency-sensitive domain may *warp*:
/// it is judged as if it were `warpValue` further back in virtual time. It goes first, but borrows from its own future: its
/// virtual time goes on as ever, so in the long run it gets no more than its share.
///
/// # Warping
/// A vCPU that has run warped for `warpLimit` of CPU time goes unwarped for `unwarpTime`. Naps do not renew the limit,
/// only sleep of that length does. A timer exists only while somebody awake waits to warp again.
///
/// # Context-switch allowance
/// The running vCPU goes on until it is the allowance ahead of the best that waits, counted in its own CPU time: a turn
/// lasts at least that long if nobody warped wakes, whatever the advances are.
///
/// # Limit
/// Where hard affinity splits the pool, each part shares its own pCPUs by weight; a vCPU that may run in several parts
/// keeps to the one that is most advanced, where others have had most.
///
/// # Invariants
/// - The queue is in the order of effective virtual time: virtual time, less the warp of those who warp.
/// - Who wakes is not behind those with whom it competes, and ahead at most by what it has really borrowed.
struct BVT: QueuePolicy {
  enum Constants {
    /// The shortest slice: shorter ones would be eaten up by switching.
    static let shortestSlice = Nanoseconds.microseconds(500)
    /// The longest slice: who wakes unwarped waits for its end.
    static let longestSlice = Nanoseconds.milliseconds(10)
  }

  /// The warp of a vCPU.
  struct Warp: Sendable {
    var isOn = false
    /// CPU time that it has run warped.
    var used = Nanoseconds.zero
    /// It must not warp before.
    var resumesAt = Nanoseconds.zero
    var sleptAt = Nanoseconds.zero
    /// By how much it may be ahead of the others because it has warped.
    var borrowed: Int128 = 0
  }

  let scheduler = Scheduler.bvt

  var pool: PoolState
  /// By effective virtual time.
  var queue = WaitQueue<Int128>()
  var allowance: Nanoseconds
  var times: VirtualTimes
  /// By slot.
  var warps: [Warp] = []
  /// When those who are awake and have to go unwarped may warp again, by slot.
  var timers = IndexedHeap<Nanoseconds>()

  init(pcpus: PCPUSet, _ parameters: PoolParameters = PoolParameters()) {
    pool = PoolState(pcpus: pcpus)
    times = VirtualTimes(pool)
    allowance = parameters.switchAllowance
  }

  mutating func setParameters(_ parameters: PoolParameters, now: Nanoseconds) -> PCPUSet {
    allowance = parameters.switchAllowance
    return .none
  }

  private func parameters(of slot: Int) -> DomainParameters { pool.domains[pool.vcpus[slot].domain].parameters }

  private func rate(_ parameters: DomainParameters) -> VirtualTimes.Rate {
    parameters.bvt.advance.map { VirtualTimes.Rate(advance: $0) } ?? VirtualTimes.Rate(parameters.weight)
  }

  // MARK: Coming and going

  mutating func admit(_ slot: Int, _ now: Nanoseconds) {
    times.admit(slot, rate(parameters(of: slot)))
    warps.set(slot, Warp())
  }

  mutating func domainChanged(_ domain: Int, from old: DomainParameters?, _ now: Nanoseconds) {
    let parameters = pool.domains[domain].parameters
    for slot in pool.domains[domain].vcpus {
      times.setRate(slot, rate(parameters), pool, now)
      if parameters.bvt != old?.bvt { warps[slot].renew() }
      updateWarp(slot, now)
      requeue(slot, now)
      // Its slice was cut for what held before.
      if parameters != old, let pcpu = pool.vcpus[slot].runningOn { pool.tickle(pcpu) }
    }
  }

  mutating func vcpuChanged(_ slot: Int, _ parameters: VCPUParameters, _ now: Nanoseconds) {
    guard pool.vcpus[slot].isAwake else { return }
    bring(slot, now)
    requeue(slot, now)
  }

  // MARK: Waking and sleeping

  mutating func prepare(_ slot: Int, _ now: Nanoseconds) {
    bring(slot, now)
    if now >= warps[slot].sleptAt + parameters(of: slot).bvt.unwarpTime { warps[slot].used = .zero }
    updateWarp(slot, now)
  }

  private mutating func bring(_ slot: Int, _ now: Nanoseconds) {
    times.bring(slot, pool, lead: warps[slot].borrowed + times.cost(slot, allowance), now)
  }

  mutating func settle(_ slot: Int, _ now: Nanoseconds) {
    timers.remove(slot)
    warps[slot].sleptAt = now
  }

  // MARK: Warping

  var nextTimer: Nanoseconds { timers.first?.priority ?? .never }

  mutating func expireTimers(now: Nanoseconds) -> PCPUSet {
    while let due = timers.first, due.priority <= now {
      updateWarp(due.id, now)
      requeue(due.id, now)
    }
    return pool.takePokes()
  }

  private mutating func updateWarp(_ slot: Int, _ now: Nanoseconds) {
    timers.remove(slot)
    warps[slot].isOn = parameters(of: slot).bvt.isWarped && now >= warps[slot].resumesAt
    if pool.vcpus[slot].isAwake, now < warps[slot].resumesAt { timers.insert(slot, warps[slot].resumesAt) }
  }

  private func warp(of slot: Int) -> Int128 {
    warps[slot].isOn ? Int128(parameters(of: slot).bvt.warpValue.rawValue) : 0
  }

  // MARK: Running

  mutating func charge(_ slot: Int, _ ran: Nanoseconds, _ now: Nanoseconds) {
    times.charge(slot, ran)
    guard warps[slot].isOn else { return }
    let parameters = parameters(of: slot).bvt
    warps[slot].used += ran
    warps[slot].borrowed = max(warps[slot].borrowed, warp(of: slot))
    guard parameters.warpLimit > .zero, warps[slot].used >= parameters.warpLimit else { return }
    warps[slot].used = .zero
    warps[slot].resumesAt = now + parameters.unwarpTime
    updateWarp(slot, now)
  }

  mutating func mayRun(_ slot: Int, _ now: Nanoseconds) -> Bool { true }

  func rank(of slot: Int) -> Int128 { times[slot] - warp(of: slot) }

  func rank(toBeat slot: Int, by challenger: Int?, on pcpu: PCPUID, _ now: Nanoseconds) -> Int128 {
    rank(of: slot) + times.cost(slot, now - pool[pcpu].since) - times.cost(slot, allowance) + 1
  }

  /// Until it is the allowance ahead of the one that waits behind it, or has run warped for long enough.
  mutating func slice(of slot: Int, on pcpu: PCPUID, _ now: Nanoseconds) -> Nanoseconds {
    let waiting = firstWaiting(for: pcpu)
    times.begin(slot, on: pcpu, before: waiting.map { ($0.id, longestLead(of: $0.id)) })
    var time = Constants.longestSlice
    if let waiting {
      if times[slot] <= times[waiting.id] { warps[slot].borrowed = 0 }
      let lead = waiting.priority.rank - rank(of: slot) + times.cost(slot, allowance)
      time = min(time, times.duration(of: lead, slot))
    }
    let limit = parameters(of: slot).bvt.warpLimit
    if warps[slot].isOn, limit > .zero { time = min(time, limit - warps[slot].used) }
    return max(time, Constants.shortestSlice)
  }

  /// By how much a vCPU may be ahead in virtual time of those who wait for it.
  private func longestLead(of slot: Int) -> Int128 {
    times.cost(slot, allowance + Constants.longestSlice) + warps[slot].borrowed
  }
}

extension BVT.Warp {
  /// New parameters: the limit holds from now on. A debt stays.
  mutating func renew() {
    used = .zero
    resumesAt = .zero
  }
}
