import HypervisorModel

@testable import Schedulers

/// What an operator, or a guest, does to a pool.
extension Simulator {
  mutating func add(
    _ domain: UInt32, weight: Int = 256, cap: Int = 0, _ workloads: [Workload], affinity: VCPUParameters = .init()
  ) {
    let parameters = DomainParameters(weight: Weight(clamping: weight), cap: Cap(clamping: cap))
    add(domain, parameters, workloads, affinity: affinity)
  }

  mutating func setParameters(of domain: DomainID, weight: Int, cap: Int) {
    var parameters = domains[domain] ?? DomainParameters()
    parameters.weight = Weight(clamping: weight)
    parameters.cap = Cap(clamping: cap)
    setParameters(of: domain, parameters)
  }

  /// The policy has to ignore a domain that isn't here.
  mutating func setParameters(of domain: DomainID, _ parameters: DomainParameters) {
    if domains[domain] != nil { domains[domain] = parameters }
    poke(policy.setParameters(of: domain, parameters, now: now))
  }

  /// The policy has to ignore a vCPU that isn't here.
  mutating func setParameters(of vcpu: VCPUKey, _ parameters: VCPUParameters) {
    if let slot = slots[vcpu] { units[slot]?.parameters = parameters }
    poke(policy.setParameters(of: vcpu, parameters, now: now))
  }

  mutating func setParameters(_ parameters: PoolParameters) {
    poolParameters = parameters
    poke(policy.setParameters(parameters, now: now))
  }

  mutating func pause(_ vcpu: VCPUKey) {
    guard let slot = slots[vcpu], units[slot]?.isPaused == false else { return }
    units[slot]?.isPaused = true
    units[slot]?.waitingSince = nil
    poke(policy.sleep(vcpu, now: now))
  }

  mutating func unpause(_ vcpu: VCPUKey) {
    guard let slot = slots[vcpu], units[slot]?.isPaused == true else { return }
    units[slot]?.isPaused = false
    if units[slot]?.wantsToRun == true { makeRunnable(slot) }
  }

  /// The guest takes a vCPU out of service.
  mutating func offline(_ vcpu: VCPUKey) {
    guard let slot = slots[vcpu], units[slot]?.isOffline == false else { return }
    units[slot]?.isOffline = true
    units[slot]?.waitingSince = nil
    poke(policy.sleep(vcpu, isOffline: true, now: now))
  }

  mutating func online(_ vcpu: VCPUKey) {
    guard let slot = slots[vcpu], units[slot]?.isOffline == true else { return }
    units[slot]?.isOffline = false
    if units[slot]?.wantsToRun == true { makeRunnable(slot) }
  }

  /// Wakes who is awake, or puts to sleep who is asleep: harmless by contract.
  mutating func repeatLastCall(for vcpu: VCPUKey) {
    guard let slot = slots[vcpu], let unit = units[slot] else { return }
    poke(unit.wantsToRun ? policy.wake(vcpu, now: now) : policy.sleep(vcpu, isOffline: unit.isOffline, now: now))
  }

  /// Exchanges the policy, the set of pCPUs, or both, as the engine does: all pCPUs stop, all vCPUs move to the new
  /// policy, and those that are awake are woken there. Precondition: `pool` is not empty.
  mutating func exchange(pcpus pool: PCPUSet, for policy: Policy) {
    stopPCPUs()
    self.pool = pool
    while pcpus.count <= pool.map(\.rawValue).max() ?? 0 {
      pcpus.append(PCPU(generator: SimulatorGenerator(seed: seed &* 0x5851_f42d &+ UInt64(pcpus.count))))
    }
    self.policy.exchange(for: policy, pool: pool, poolParameters)
    let all = slots.sorted { $0.key < $1.key }.map(\.value)
    for unit in all.compactMap({ units[$0] }) {
      let domain = domains[unit.key.domain] ?? DomainParameters()
      poke(self.policy.insert(unit.key, unit.parameters, domain: domain, now: now))
    }
    for unit in all.compactMap({ units[$0] }) where unit.wantsToRun { poke(self.policy.wake(unit.key, now: now)) }
  }
}

extension Simulator where Policy == AnyPolicy {
  init(_ scheduler: Scheduler, pcpus: Int, parameters: PoolParameters = PoolParameters(), seed: UInt64 = 1) {
    let policy = AnyPolicy(scheduler, pcpus: PCPUSet(0..<pcpus), parameters)
    self.init(policy, pcpus: pcpus, parameters: parameters, seed: seed)
  }
}
