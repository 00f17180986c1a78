import HypervisorModel

@testable import Schedulers

/// Any policy as one type, so that a pool can exchange its policy for one of another type.
struct AnyPolicy: SchedulingPolicy {
  private(set) var base: any SchedulingPolicy

  init(_ base: any SchedulingPolicy) { self.base = base }

  init(_ scheduler: Scheduler, pcpus: PCPUSet, _ parameters: PoolParameters = PoolParameters()) {
    base = scheduler.policy(pcpus: pcpus, parameters)
  }

  /// The default policy.
  init(pcpus: PCPUSet, _ parameters: PoolParameters) { self.init(.credit2, pcpus: pcpus, parameters) }

  var scheduler: Scheduler { base.scheduler }
  var nextTimer: Nanoseconds { base.nextTimer }

  mutating func setParameters(_ parameters: PoolParameters, now: Nanoseconds) -> PCPUSet {
    base.setParameters(parameters, now: now)
  }

  mutating func insert(
    _ vcpu: VCPUKey, _ parameters: VCPUParameters, domain: DomainParameters, now: Nanoseconds
  ) -> PCPUSet { base.insert(vcpu, parameters, domain: domain, now: now) }

  mutating func remove(_ vcpu: VCPUKey, now: Nanoseconds) -> PCPUSet { base.remove(vcpu, now: now) }

  mutating func setParameters(of domain: DomainID, _ parameters: DomainParameters, now: Nanoseconds) -> PCPUSet {
    base.setParameters(of: domain, parameters, now: now)
  }

  mutating func setParameters(of vcpu: VCPUKey, _ parameters: VCPUParameters, now: Nanoseconds) -> PCPUSet {
    base.setParameters(of: vcpu, parameters, now: now)
  }

  mutating func wake(_ vcpu: VCPUKey, now: Nanoseconds) -> PCPUSet { base.wake(vcpu, now: now) }

  mutating func sleep(_ vcpu: VCPUKey, isOffline: Bool, now: Nanoseconds) -> PCPUSet {
    base.sleep(vcpu, isOffline: isOffline, now: now)
  }

  mutating func schedule(_ pcpu: PCPUID, ran: Nanoseconds, now: Nanoseconds) -> Decision {
    base.schedule(pcpu, ran: ran, now: now)
  }

  mutating func expireTimers(now: Nanoseconds) -> PCPUSet { base.expireTimers(now: now) }

  func isHeldBack(_ vcpu: VCPUKey) -> Bool { base.isHeldBack(vcpu) }
}
