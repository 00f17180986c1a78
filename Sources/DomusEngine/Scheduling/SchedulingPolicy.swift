import HypervisorModel

/// A vCPU as the schedulers name it.
struct VCPUKey: Hashable, Comparable, Sendable {
  let domain: DomainID
  let index: UInt32

  init(domain: DomainID, index: UInt32) {
    self.domain = domain
    self.index = index
  }

  var vcpu: VCPUID { VCPUID(Int(index)) }

  static func < (a: VCPUKey, b: VCPUKey) -> Bool { (a.domain, a.index) < (b.domain, b.index) }
}

/// What a domain may take, for all its vCPUs together or each of them alike, as the policy says.
struct DomainParameters: Hashable, Sendable {
  var weight: Weight = .default
  var cap: Cap = .none
}

/// Where a single vCPU may run, and where it had better run.
struct VCPUParameters: Hashable, Sendable {
  /// It never runs elsewhere. If none of these is in the pool, every pCPU of the pool is allowed.
  var hardAffinity: PCPUSet = .all
  /// It runs here if it can do so without waiting.
  var softAffinity: PCPUSet = .all
}

/// What a pCPU shall do next.
struct Decision: Hashable, Sendable {
  /// Nil: nothing, until it is poked.
  var run: VCPUKey?
  /// On the wall clock: when to ask again at the latest. `never` for an idle pCPU.
  var until: Nanoseconds
  /// Others that have to ask again now.
  var poke: PCPUSet
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
///   isn't kept back by a cap, a budget or a period.
protocol SchedulingPolicy: Sendable {
  /// Xen's word for it.
  var name: String { get }

  /// When `expireTimers` has to be called at the latest, on the wall clock; `never` if nothing is to come. May change
  /// in every call.
  var nextTimer: Nanoseconds { get }

  /// Takes in a vCPU, asleep. Precondition: it isn't in yet. `domain` holds for all vCPUs of its domain from now on.
  mutating func insert(
    _ vcpu: VCPUKey, _ parameters: VCPUParameters, domain: DomainParameters, now: Nanoseconds
  ) -> PCPUSet

  /// Takes a vCPU out. Precondition: it isn't current on any pCPU.
  mutating func remove(_ vcpu: VCPUKey, now: Nanoseconds) -> PCPUSet

  /// Changes the parameters of a domain that has vCPUs here; others are ignored.
  mutating func setParameters(of domain: DomainID, _ parameters: DomainParameters, now: Nanoseconds) -> PCPUSet

  /// Changes the affinity of a vCPU.
  mutating func setParameters(of vcpu: VCPUKey, _ parameters: VCPUParameters, now: Nanoseconds) -> PCPUSet

  /// The vCPU wants to run.
  mutating func wake(_ vcpu: VCPUKey, now: Nanoseconds) -> PCPUSet

  /// The vCPU must not run. If it is current somewhere, that pCPU is among those returned.
  mutating func sleep(_ vcpu: VCPUKey, now: Nanoseconds) -> PCPUSet

  /// Decides for one pCPU. `ran` is the CPU time that its current vCPU got since the last call for this pCPU.
  mutating func schedule(_ pcpu: PCPUID, ran: Nanoseconds, now: Nanoseconds) -> Decision

  /// Does what was due at `nextTimer`. Harmless when nothing is due.
  mutating func expireTimers(now: Nanoseconds) -> PCPUSet
}
