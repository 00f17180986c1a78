import HypervisorModel

@testable import Schedulers

/// A policy that would be right but for one defect: to see whether the checker finds it.
struct SabotagedPolicy: SchedulingPolicy {
  enum Defect: String, CaseIterable, Sendable {
    case losesAWakeNowAndThen, ignoresNewAffinity, forgetsToPokeNowAndThen, keepsSleepersRunning, ignoresNewCaps
    case setsTimersForNothing, chargesHalf, givesSlicesOfNoLength, neverComesToRest, holdsBackForNothing
  }

  private var base: any SchedulingPolicy
  private let defect: Defect
  private var calls = 0
  private let pool: PCPUSet

  init(_ base: any SchedulingPolicy, _ defect: Defect, pool: PCPUSet) {
    self.base = base
    self.defect = defect
    self.pool = pool
  }

  init(pcpus: PCPUSet, _ parameters: PoolParameters) {
    self.init(Credit2(pcpus: pcpus, parameters), .losesAWakeNowAndThen, pool: pcpus)
  }

  var scheduler: Scheduler { base.scheduler }

  var nextTimer: Nanoseconds {
    defect == .setsTimersForNothing && base.nextTimer == .never ? .seconds(1_000_000) : base.nextTimer
  }

  private mutating func isTime(_ defect: Defect, every count: Int = 10) -> Bool {
    guard self.defect == defect else { return false }
    calls += 1
    return calls.isMultiple(of: count)
  }

  mutating func setParameters(_ parameters: PoolParameters, now: Nanoseconds) -> PCPUSet {
    base.setParameters(parameters, now: now)
  }

  mutating func insert(
    _ vcpu: VCPUKey, _ parameters: VCPUParameters, domain: DomainParameters, now: Nanoseconds
  ) -> PCPUSet { base.insert(vcpu, parameters, domain: domain, now: now) }

  mutating func remove(_ vcpu: VCPUKey, now: Nanoseconds) -> PCPUSet { base.remove(vcpu, now: now) }

  mutating func setParameters(of domain: DomainID, _ parameters: DomainParameters, now: Nanoseconds) -> PCPUSet {
    var parameters = parameters
    if defect == .ignoresNewCaps { parameters.cap = .none }
    return base.setParameters(of: domain, parameters, now: now)
  }

  mutating func setParameters(of vcpu: VCPUKey, _ parameters: VCPUParameters, now: Nanoseconds) -> PCPUSet {
    defect == .ignoresNewAffinity ? .none : base.setParameters(of: vcpu, parameters, now: now)
  }

  mutating func wake(_ vcpu: VCPUKey, now: Nanoseconds) -> PCPUSet {
    if isTime(.losesAWakeNowAndThen) { return .none }
    let pokes = base.wake(vcpu, now: now)
    return isTime(.forgetsToPokeNowAndThen) ? .none : pokes
  }

  mutating func sleep(_ vcpu: VCPUKey, isOffline: Bool, now: Nanoseconds) -> PCPUSet {
    isTime(.keepsSleepersRunning) ? .none : base.sleep(vcpu, isOffline: isOffline, now: now)
  }

  mutating func schedule(_ pcpu: PCPUID, ran: Nanoseconds, now: Nanoseconds) -> Decision {
    let ran = defect == .chargesHalf && pcpu == PCPUID(0) ? Nanoseconds(ran.rawValue / 2) : ran
    var decision = base.schedule(pcpu, ran: ran, now: now)
    if decision.run != nil, isTime(.givesSlicesOfNoLength) { decision.until = now }
    if defect == .neverComesToRest { decision.poke = decision.poke.union(pool) }
    return decision
  }

  mutating func expireTimers(now: Nanoseconds) -> PCPUSet { base.expireTimers(now: now) }

  func isHeldBack(_ vcpu: VCPUKey) -> Bool { defect == .holdsBackForNothing || base.isHeldBack(vcpu) }
}
