import HypervisorModel

/// A vCPU as the schedulers name it.
package struct VCPUKey: Hashable, Comparable, Sendable {
  package let domain: DomainID
  package let index: UInt32

  package init(domain: DomainID, index: UInt32) {
    self.domain = domain
    self.index = index
  }

  package static func < (a: VCPUKey, b: VCPUKey) -> Bool { (a.domain, a.index) < (b.domain, b.index) }
}

/// What a pCPU shall do next.
package struct Decision: Hashable, Sendable {
  /// Nil: nothing, until it is poked.
  package var run: VCPUKey?
  /// On the wall clock: when to ask again at the latest. `never` for an idle pCPU, unless the policy waits for something.
  package var until: Nanoseconds
  /// Others that have to ask again now.
  package var poke: PCPUSet
  /// The vCPU that ran until now wants to go on, but a cap, a budget or the end of its window holds it back.
  package var isHeldBack: Bool

  package init(run: VCPUKey?, until: Nanoseconds, poke: PCPUSet, isHeldBack: Bool = false) {
    self.run = run
    self.until = until
    self.poke = poke
    self.isHeldBack = isHeldBack
  }
}

/// Which vCPU runs where, and for how long: a pure value without lock, clock, timer or thread.
///
/// Time comes in as arguments, decisions go out as values, so a policy runs unchanged under the dispatcher and in a
/// simulator, and one can be exchanged for another by inserting the vCPUs into a new one. There are two times:
/// - `now`, the wall clock, for deadlines, periods and replenishment. It never goes backwards from call to call.
/// - `ran`, CPU time that the vCPU's thread really got, for credit and budgets: so that a busy host, which takes the
///   CPU away from pCPU threads, does not falsify the shares.
///
/// The contract between a policy and its caller:
/// - A vCPU is asleep or awake. It is inserted asleep; `wake` and `sleep` change that, and repeating one is harmless.
/// - A vCPU that `schedule` returned for a pCPU is that pCPU's *current* one until `schedule` is called for this pCPU
///   again, whatever happens between. A policy never gives a current vCPU to another pCPU. So a running vCPU that was
///   put to sleep and woken at once goes on where it is.
/// - Each mutating function returns the pCPUs that have to call `schedule` soon: idle ones that got work, and busy
///   ones whose current vCPU must not, or should not, go on. A poke may be late and may be needless, never lost.
/// - No pCPU stays idle beside an awake vCPU that may run on it, has no other idle pCPU coming for it after a poke, and
///   isn't held back (`isHeldBack`).
package protocol SchedulingPolicy: Sendable {
  var scheduler: Scheduler { get }

  /// When `expireTimers` has to be called at the latest, on the wall clock; `never` if nothing is to come. May change
  /// in every call.
  var nextTimer: Nanoseconds { get }

  /// A policy for these pCPUs, all idle.
  init(pcpus: PCPUSet, _ parameters: PoolParameters)

  /// Changes what holds for the whole pool.
  mutating func setParameters(_ parameters: PoolParameters, now: Nanoseconds) -> PCPUSet

  /// Takes in a vCPU, asleep. Precondition: it isn't in yet. `domain` holds for all vCPUs of its domain from now on.
  mutating func insert(
    _ vcpu: VCPUKey, _ parameters: VCPUParameters, domain: DomainParameters, now: Nanoseconds
  ) -> PCPUSet

  /// Takes a vCPU out. Precondition: it isn't current on any pCPU.
  mutating func remove(_ vcpu: VCPUKey, now: Nanoseconds) -> PCPUSet

  /// Changes the parameters of a domain that has vCPUs here; others are ignored.
  mutating func setParameters(of domain: DomainID, _ parameters: DomainParameters, now: Nanoseconds) -> PCPUSet

  /// Changes the parameters of a vCPU.
  mutating func setParameters(of vcpu: VCPUKey, _ parameters: VCPUParameters, now: Nanoseconds) -> PCPUSet

  /// The vCPU wants to run.
  mutating func wake(_ vcpu: VCPUKey, now: Nanoseconds) -> PCPUSet

  /// The vCPU must not run. If it is current somewhere, that pCPU is among those returned. `isOffline`: the guest has
  /// taken it out of service, so that nothing has to be kept for it.
  mutating func sleep(_ vcpu: VCPUKey, isOffline: Bool, now: Nanoseconds) -> PCPUSet

  /// Decides for one pCPU. `ran` is the CPU time that its current vCPU got since the last call for this pCPU.
  mutating func schedule(_ pcpu: PCPUID, ran: Nanoseconds, now: Nanoseconds) -> Decision

  /// Does what was due at `nextTimer`. Harmless when nothing is due.
  mutating func expireTimers(now: Nanoseconds) -> PCPUSet

  /// Whether a cap, a budget, a period or a fixed assignment keeps an awake vCPU from running, however many pCPUs are
  /// idle. False for one that isn't here.
  func isHeldBack(_ vcpu: VCPUKey) -> Bool
}

extension SchedulingPolicy {
  package mutating func sleep(_ vcpu: VCPUKey, now: Nanoseconds) -> PCPUSet {
    sleep(vcpu, isOffline: false, now: now)
  }
}
