import HypervisorModel
import Schedulers

/// Schedulers, vCPUs and cpupools.
extension EmbeddedHypervisor {
  /// Does work that changes who is scheduled where, one after the other and away from Swift's thread pool.
  func onSchedulingQueue<Result: Sendable>(
    _ work: @escaping @Sendable () throws(HypervisorError) -> Result
  ) async throws(HypervisorError) -> Result {
    try await scheduling.run(work)
  }

  // MARK: Domains

  /// Changes what the operator set for a domain and tells its scheduler.
  func changeSettings(
    of domain: Domain, _ change: @escaping @Sendable (inout SchedulingSettings) throws(HypervisorError) -> Void
  ) async throws(HypervisorError) {
    try await onSchedulingQueue { () throws(HypervisorError) in
      let old = domain.settings
      var new = old
      try change(&new)
      domain.settings = new
      let dispatcher = domain.pool.dispatcher
      let id = domain.reference.id
      if new.domain != old.domain { dispatcher.setParameters(of: id, new.domain) }
      for (index, vcpu) in new.vcpus.enumerated() where vcpu != old.vcpus[index] {
        dispatcher.setParameters(of: VCPUKey(domain: id, index: UInt32(index)), vcpu)
      }
    }
    announce(domain)
  }

  func check(_ domain: Domain, isUnder scheduler: Scheduler, _ operation: Operation) throws(HypervisorError) {
    let (pool, other) = (domain.pool, domain.pool.dispatcher.scheduler)
    guard other != scheduler else { return }
    throw .unavailable(
      operation: operation,
      reason: "domain '\(domain.config.name)' is in cpupool '\(pool.name)', which \(other.rawValue) schedules")
  }

  func pin(_ domain: Domain, _ vcpu: VCPUID?, hard: CPUSet?, soft: CPUSet?) async throws(HypervisorError) {
    let pool = domain.pool
    let present = PCPUSet(pool.dispatcher.pcpuIDs)
    for set in [hard, soft].compactMap({ $0 }) where PCPUSet(set).intersection(present).isEmpty {
      throw .invalid("none of the pCPUs \(set) is in cpupool '\(pool.name)', which has \(CPUSet(present))")
    }
    try await changeSettings(of: domain) { settings throws(HypervisorError) in
      for index in try settings.indices(vcpu) {
        if let hard { settings.vcpus[index].hardAffinity = PCPUSet(hard) }
        if let soft { settings.vcpus[index].softAffinity = PCPUSet(soft) }
      }
    }
  }

  /// Has the guest's agent bring vCPUs into service or take them out, from the highest number down.
  func setVCPUs(_ domain: Domain, count: Int) async throws(HypervisorError) {
    let most = domain.config.vcpus
    guard (1...most).contains(count) else {
      throw .invalid("\(count) vCPUs are not possible: the domain has 1 to \(most)")
    }
    let state = domain.currentState
    guard case .live(let machine, paused: false) = state else { throw domain.refusal(of: .setVCPUs, in: state) }
    try await machine.agent.setOnlineVCPUs(count, of: most)
    announce(domain)
  }

  // MARK: Pools

  func setPoolParameters(_ name: String, _ change: PoolChange) async throws(HypervisorError) {
    if let fault = change.fault { throw .invalid(fault) }
    try await onSchedulingQueue { [pools] () throws(HypervisorError) in
      let pool = try pools.pool(named: name)
      try change.check(pool: name, scheduler: pool.dispatcher.scheduler)
      if let table = change.frame {
        let domains = self.registry.domains
        for slot in table.slots where !domains.contains(where: { $0.reference.uuid == slot.domain && $0.pool === pool })
        {
          throw .invalid("no domain with UUID \(slot.domain.uuidString.lowercased()) in cpupool '\(name)'")
        }
        pool.table = table
      }
      var parameters = pool.dispatcher.statistics().parameters
      parameters.apply(change.values)
      parameters.frame = pool.frame(for: self.registry.domains)
      pool.dispatcher.setParameters(parameters)
    }
  }

  /// Tells arinc653 the ids of the domains in its table after some came or went. On the scheduling queue.
  func refreshFrame(of pool: CPUPool) {
    guard pool.table != nil else { return }
    var parameters = pool.dispatcher.statistics().parameters
    parameters.frame = pool.frame(for: registry.domains)
    pool.dispatcher.setParameters(parameters)
  }

  func switchScheduler(_ name: String, to scheduler: Scheduler) async throws(HypervisorError) {
    try await onSchedulingQueue { [pools] () throws(HypervisorError) in
      try pools.pool(named: name).dispatcher.switchScheduler(to: scheduler)
    }
    logger.info("cpupool '\(name)' now uses \(scheduler.rawValue)")
  }

  /// Moves a domain to another pool while it runs.
  func move(_ domain: Domain, toPool name: String) async throws(HypervisorError) {
    try await onSchedulingQueue { [pools] () throws(HypervisorError) in
      let (from, to) = (domain.pool, try pools.pool(named: name))
      guard from !== to else { return }
      guard !to.dispatcher.pcpuIDs.isEmpty else {
        throw .invalid("cpupool '\(name)' has no pCPU; give it one with cpupool-cpu-add first")
      }
      let id = domain.reference.id
      let moving = from.dispatcher.remove(id)
      domain.pool = to
      if let moving {
        to.dispatcher.add(id, domain.settings.domain, isPaused: moving.isPaused, vcpus: moving.vcpus)
      }
      self.refreshFrame(of: from)
      self.refreshFrame(of: to)
    }
    announce(domain)
  }
}

extension SchedulingSettings {
  /// Changes parameters; throws what is wrong with them, and then some may have changed.
  mutating func apply(_ change: SchedulingChange) throws(HypervisorError) {
    for index in change.scheduler.isPerVCPU ? try indices(change.vcpu) : 0..<1 {
      do throws(HypervisorError) {
        set(try change.applied(to: parameters(ofVCPU: index)), vcpu: index)
      } catch {
        throw change.scheduler.isPerVCPU ? .invalid("vCPU \(index): \(error)") : error
      }
    }
  }

  private func parameters(ofVCPU index: Int) -> SchedulingParameters {
    SchedulingParameters(
      weight: domain.weight, cap: domain.cap, sedf: domain.sedf, bvt: domain.bvt, realTime: vcpus[index].realTime)
  }

  private mutating func set(_ new: SchedulingParameters, vcpu index: Int) {
    let isNewWeight = new.weight != domain.weight
    (domain.cap, domain.sedf, domain.bvt) = (new.cap, new.sedf, new.bvt)
    // bvt's advance is another word for the weight: what was set last counts.
    if isNewWeight { domain.weight = new.weight }
    vcpus[index].realTime = new.realTime
  }

  /// Of one vCPU, or with nil of all.
  fileprivate func indices(_ vcpu: VCPUID?) throws(HypervisorError) -> Range<Int> {
    guard let vcpu else { return 0..<vcpus.count }
    guard vcpus.indices.contains(vcpu.rawValue) else {
      throw .invalid("there is no vCPU \(vcpu.rawValue); the domain has 0 to \(vcpus.count - 1)")
    }
    return vcpu.rawValue..<vcpu.rawValue + 1
  }
}

extension CPUPool {
  /// The table with the ids that its domains have now. A slot whose domain isn't there stays empty.
  fileprivate func frame(for domains: [Domain]) -> Frame? {
    guard let table else { return nil }
    let windows = table.slots.map { slot in
      let domain = domains.first { $0.reference.uuid == slot.domain && $0.pool === self }
      return Frame.Window(
        domain: domain?.reference.id ?? DomainID(.max), vcpu: slot.vcpu.map { UInt32(clamping: $0.rawValue) },
        length: slot.runtime)
    }
    return Frame(length: table.majorFrame, windows: windows)
  }
}
