import HypervisorModel

/// Who is here, with which parameters, and who wants to run.
extension QueuePolicy {
  // MARK: Coming and going

  mutating func insert(
    _ vcpu: VCPUKey, _ parameters: VCPUParameters, domain: DomainParameters, now: Nanoseconds
  ) -> PCPUSet {
    guard pool.slot(of: vcpu) == nil else { return .none }
    let isFirst = pool.slot(of: vcpu.domain) == nil
    let slot = pool.insert(vcpu, parameters, domain: domain)
    admit(slot, now)
    vcpuChanged(slot, parameters, now)
    set(domain, for: pool.vcpus[slot].domain, isNew: isFirst, now)
    return pool.takePokes()
  }

  mutating func remove(_ vcpu: VCPUKey, now: Nanoseconds) -> PCPUSet {
    guard let slot = pool.slot(of: vcpu) else { return .none }
    if pool.vcpus[slot].isAwake { putToSleep(slot, now) }
    pool.remove(slot)
    dismiss(slot)
    return pool.takePokes()
  }

  // MARK: Parameters

  mutating func setParameters(of domain: DomainID, _ parameters: DomainParameters, now: Nanoseconds) -> PCPUSet {
    guard let slot = pool.slot(of: domain) else { return .none }
    set(parameters, for: slot, isNew: false, now)
    return pool.takePokes()
  }

  private mutating func set(_ parameters: DomainParameters, for domain: Int, isNew: Bool, _ now: Nanoseconds) {
    let old = isNew ? nil : pool.domains[domain].parameters
    pool.domains[domain].parameters = parameters
    domainChanged(domain, from: old, now)
  }

  mutating func setParameters(of vcpu: VCPUKey, _ parameters: VCPUParameters, now: Nanoseconds) -> PCPUSet {
    guard let slot = pool.slot(of: vcpu) else { return .none }
    pool.setAffinity(slot, parameters)
    vcpuChanged(slot, parameters, now)
    if let pcpu = pool.vcpus[slot].runningOn {
      if !pool.vcpus[slot].softAffinity.contains(pcpu) { pool.tickle(pcpu) }
    } else if queue.contains(slot) {
      offer(slot, now)
    }
    return pool.takePokes()
  }

  // MARK: Waking and sleeping

  mutating func wake(_ vcpu: VCPUKey, now: Nanoseconds) -> PCPUSet {
    guard let slot = pool.slot(of: vcpu), !pool.vcpus[slot].isAwake else { return .none }
    pool.vcpus[slot].isAwake = true
    if pool.vcpus[slot].runningOn == nil {
      prepare(slot, now)
      makeRunnable(slot, now)
    }
    return pool.takePokes()
  }

  mutating func sleep(_ vcpu: VCPUKey, isOffline: Bool, now: Nanoseconds) -> PCPUSet {
    guard let slot = pool.slot(of: vcpu), pool.vcpus[slot].isAwake else { return .none }
    putToSleep(slot, now)
    return pool.takePokes()
  }

  private mutating func putToSleep(_ slot: Int, _ now: Nanoseconds) {
    pool.vcpus[slot].isAwake = false
    if let pcpu = pool.vcpus[slot].runningOn { return pool.tickle(pcpu) }
    queue.remove(slot)
    pool.vcpus[slot].isHeldBack = false
    settle(slot, now)
  }

  func isHeldBack(_ vcpu: VCPUKey) -> Bool { pool.slot(of: vcpu).map { pool.vcpus[$0].isHeldBack } ?? false }

  /// Puts a vCPU that isn't running into the queue and finds it a pCPU, or holds it back.
  mutating func makeRunnable(_ slot: Int, _ now: Nanoseconds) {
    pool.vcpus[slot].isHeldBack = !mayRun(slot, now)
    if !pool.vcpus[slot].isHeldBack { compete(slot, now) }
  }

  /// Lets a vCPU that was held back compete again.
  mutating func resume(_ slot: Int, _ now: Nanoseconds) {
    pool.vcpus[slot].isHeldBack = false
    compete(slot, now)
  }

  /// Gives a vCPU the place in the queue that its rank has become, if it waits.
  mutating func requeue(_ slot: Int, _ now: Nanoseconds) {
    guard queue.contains(slot) else { return }
    queue.remove(slot)
    compete(slot, now)
  }

  /// Puts a vCPU that is neither running nor in the queue into it, and finds it a pCPU.
  mutating func compete(_ slot: Int, _ now: Nanoseconds, except: PCPUID? = nil) {
    queue.insert(slot, rank(of: slot))
    offer(slot, now, except: except)
  }
}
