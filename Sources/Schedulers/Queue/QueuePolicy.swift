import HypervisorModel

/// A policy with one queue for the whole pool: the mechanics are here, the judgement is the policy's.
///
/// # Idea
/// The vCPUs that wait stand in one heap, in the order of a *rank*, least first. A pCPU that asks gets the first one that
/// may run there, unless its current vCPU ranks before it. Xen has run queues per CPU, core or socket to keep locks
/// apart; here the dispatcher has a single lock for a pool anyway, and one queue makes balancing needless and fairness
/// global. What a policy adds is what it keeps of each vCPU, by slot, and its answers to the questions below: how the
/// rank follows from that, what CPU time costs, how long a slice is, who may not run at all.
///
/// # Who is poked
/// A vCPU that becomes runnable goes to an idle pCPU: within its soft affinity if there is one, where it last ran if
/// possible. If none is idle it challenges the running vCPU of the last rank. Since the CPU time of that one isn't known
/// before it stops, the wall clock stands in for it; it is only ever charged for CPU time. A poked pCPU isn't poked again
/// before it has looked ("tickled").
///
/// # Invariants
/// - A vCPU is in exactly one place: asleep, in the queue, held back, or current on one pCPU.
/// - Every vCPU in the queue has an idle pCPU coming for it, or no pCPU that it may run on is idle.
/// - A vCPU's place in the queue is that of its rank: who changes ranks of those who wait, puts them in anew.
protocol QueuePolicy: SchedulingPolicy {
  associatedtype Rank: Comparable & Sendable

  var pool: PoolState { get set }
  var queue: WaitQueue<Rank> { get set }

  /// Who began to run is not preempted before this time: keeps mutual wake-ups from becoming mutual preemption.
  var rateLimit: Nanoseconds { get }

  // MARK: Coming and going

  /// A vCPU has come, asleep. Its slot may have been another's.
  mutating func admit(_ slot: Int, _ now: Nanoseconds)

  /// A domain's parameters have changed. `old` is nil for a domain that has just come, with its first vCPU.
  mutating func domainChanged(_ domain: Int, from old: DomainParameters?, _ now: Nanoseconds)

  /// A vCPU's parameters have been set. Affinity is seen to.
  mutating func vcpuChanged(_ slot: Int, _ parameters: VCPUParameters, _ now: Nanoseconds)

  /// A vCPU has gone.
  mutating func dismiss(_ slot: Int)

  // MARK: Waking and sleeping

  /// A vCPU that isn't running wakes; it has no rank yet.
  mutating func prepare(_ slot: Int, _ now: Nanoseconds)

  /// A vCPU sleeps, and isn't running any more.
  mutating func settle(_ slot: Int, _ now: Nanoseconds)

  // MARK: Running

  /// Takes account of CPU time that a pCPU's current vCPU got.
  mutating func charge(_ slot: Int, _ ran: Nanoseconds, _ now: Nanoseconds)

  /// Whether a vCPU may have CPU time at all. If not, it is held back until the policy resumes it, or it sleeps.
  mutating func mayRun(_ slot: Int, _ now: Nanoseconds) -> Bool

  /// A vCPU's rank in the queue.
  func rank(of slot: Int) -> Rank

  /// The rank that a challenger must be before to take the place of a pCPU's current vCPU, if that has had the CPU since
  /// it was last charged. Without a challenger: the rank that anybody must be before at least.
  func rank(toBeat slot: Int, by challenger: Int?, on pcpu: PCPUID, _ now: Nanoseconds) -> Rank

  /// How long a vCPU that is current now may run; more than zero. Called for each decision.
  mutating func slice(of slot: Int, on pcpu: PCPUID, _ now: Nanoseconds) -> Nanoseconds
}

extension QueuePolicy {
  var rateLimit: Nanoseconds { .zero }
  mutating func vcpuChanged(_ slot: Int, _ parameters: VCPUParameters, _ now: Nanoseconds) {}
  mutating func dismiss(_ slot: Int) {}
  mutating func prepare(_ slot: Int, _ now: Nanoseconds) {}
  mutating func settle(_ slot: Int, _ now: Nanoseconds) {}
}
