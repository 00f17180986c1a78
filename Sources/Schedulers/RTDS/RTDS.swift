import HypervisorModel

/// The rtds policy: so much CPU time in every period, guaranteed, for vCPUs that have deadlines to meet.
///
/// # Idea
/// Each vCPU is a deferrable server: it owns a *budget* of CPU time in every *period*, and may use it whenever it wants to
/// run. The end of the period is its deadline, and the vCPU of the earliest deadline runs, on whatever pCPU (global EDF).
/// When the budget is used up, a vCPU with *extratime* gets another one in the same period, but each time on a lower level
/// of priority: all who have some of their first budget come before all who are at their second, and so on. So nobody's
/// extra time costs another his guarantee, and no CPU time is wasted as long as somebody awake has extratime. A vCPU without
/// extratime is held back until its period ends. Who sleeps keeps what is left until then; who sleeps past the end begins a
/// period when it wakes.
///
/// Guests whose parameters fit together meet all their deadlines: those with a total of budget / period of at most 1 on one
/// pCPU, and on m pCPUs of at most m − (m − 1) · the largest of them (Goossens, Funk and Baruah).
///
/// # Replenishment
/// A period ends at a known time. The slice of a running vCPU ends there too, and it begins its next period when its pCPU
/// looks, after it was charged for what it got in the old one. For those who are awake and wait there is a timer; for
/// sleepers there is none, so an idle pool has no timer.
///
/// # Limits
/// - Where the parameters don't fit together, EDF is not fair: who missed his deadline gets another one that lies later, so
///   one with a long period may wait for ever beside others that want more than there is.
/// - Hard affinity takes pCPUs away that the bound above counts on.
/// - Extra time is not shared in proportion to anything; on each level the earliest deadline comes first.
///
/// # Invariants
/// - Who is in the queue has budget.
/// - Those who have a timer are those who are awake and not running, and the time is the end of their period.
struct RTDS: QueuePolicy {
  enum Constants {
    /// The shortest slice. Without one, a vCPU from which the host steals time would approach the end of its budget in ever
    /// smaller steps. What it gets too much is a debt, in nanoseconds.
    static let shortestSlice: Int64 = 100
    /// The shortest extra budget: shorter ones would be eaten up by switching, and they serve no deadline, in nanoseconds.
    static let shortestExtra: Int64 = 500_000
    /// The longest CPU time that is charged at once, so that nothing overflows.
    static let longestCharge: UInt64 = 1 << 46
  }

  /// Least first.
  struct Rank: Comparable, Sendable {
    var level: Int64
    var deadline: Nanoseconds
    /// Among equals, who has waited longest; so those of the same period take turns where there isn't enough for all.
    var stoppedAt = Nanoseconds.zero

    static func < (a: Rank, b: Rank) -> Bool {
      if a.level != b.level { return a.level < b.level }
      return a.deadline != b.deadline ? a.deadline < b.deadline : a.stoppedAt < b.stoppedAt
    }
  }

  let scheduler = Scheduler.rtds

  var pool: PoolState
  var queue = WaitQueue<Rank>()
  /// By slot.
  private var servers: [Server] = []
  /// When the periods end of those who are awake and don't run, by slot.
  private var timers = IndexedHeap<Nanoseconds>()

  init(pcpus: PCPUSet, _ parameters: PoolParameters = PoolParameters()) { pool = PoolState(pcpus: pcpus) }

  mutating func setParameters(_ parameters: PoolParameters, now: Nanoseconds) -> PCPUSet { .none }

  // MARK: Coming and going

  mutating func admit(_ slot: Int, _ now: Nanoseconds) { servers.set(slot, Server()) }

  mutating func domainChanged(_ domain: Int, from old: DomainParameters?, _ now: Nanoseconds) {}

  /// New parameters begin a new period. A sleeper's begins when it wakes; that of a running one when its pCPU
  /// looks, so that nobody is charged for what he got under the old ones.
  mutating func vcpuChanged(_ slot: Int, _ parameters: VCPUParameters, _ now: Nanoseconds) {
    guard servers[slot].setParameters(parameters.realTime) else { return }
    if let pcpu = pool.vcpus[slot].runningOn { return pool.tickle(pcpu) }
    guard timers.contains(slot) else { return }
    servers[slot].restart(now)
    updateRank(slot, now)
  }

  // MARK: Waking and sleeping

  mutating func prepare(_ slot: Int, _ now: Nanoseconds) {
    servers[slot].wake(now)
    timers.insert(slot, servers[slot].deadline)
  }

  mutating func settle(_ slot: Int, _ now: Nanoseconds) { timers.remove(slot) }

  // MARK: Replenishment

  var nextTimer: Nanoseconds { timers.first?.priority ?? .never }

  mutating func expireTimers(now: Nanoseconds) -> PCPUSet {
    while let due = timers.first, due.priority <= now {
      servers[due.id].replenish(now)
      updateRank(due.id, now)
    }
    return pool.takePokes()
  }

  /// Gives one that is awake, but isn't running, the timer and the place that its new period demands.
  private mutating func updateRank(_ slot: Int, _ now: Nanoseconds) {
    timers.remove(slot)
    timers.insert(slot, servers[slot].deadline)
    if !pool.vcpus[slot].isHeldBack {
      requeue(slot, now)
    } else if servers[slot].hasBudget {
      resume(slot, now)
    }
  }

  // MARK: Running

  /// From now until its next slice begins, it isn't running.
  mutating func charge(_ slot: Int, _ ran: Nanoseconds, _ now: Nanoseconds) {
    servers[slot].charge(Int64(min(ran.rawValue, Constants.longestCharge)), now)
    timers.insert(slot, servers[slot].deadline)
  }

  mutating func mayRun(_ slot: Int, _ now: Nanoseconds) -> Bool { servers[slot].hasBudget }

  func rank(of slot: Int) -> Rank {
    Rank(level: servers[slot].level, deadline: servers[slot].deadline, stoppedAt: pool.vcpus[slot].stoppedAt)
  }

  /// A draw takes nobody's place.
  func rank(toBeat slot: Int, by challenger: Int?, on pcpu: PCPUID, _ now: Nanoseconds) -> Rank {
    Rank(level: servers[slot].level, deadline: servers[slot].deadline)
  }

  /// Until its budget is used up, or its period ends.
  mutating func slice(of slot: Int, on pcpu: PCPUID, _ now: Nanoseconds) -> Nanoseconds {
    timers.remove(slot)
    // The timer may be late.
    servers[slot].replenish(now)
    let budget = Nanoseconds(UInt64(max(servers[slot].budget, Constants.shortestSlice)))
    return min(budget, servers[slot].deadline - now)
  }
}
