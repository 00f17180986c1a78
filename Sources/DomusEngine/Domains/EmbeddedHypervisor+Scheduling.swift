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

  func setShare(_ domain: Domain, weight: Weight?, cap: Cap?) async throws(HypervisorError) {
    try await changeSettings(of: domain) { settings in
      if let weight { settings.domain.weight = weight }
      if let cap { settings.domain.cap = cap }
    }
  }

  func setRTDS(
    _ domain: Domain, _ vcpu: VCPUID?, period: Nanoseconds?, budget: Nanoseconds?, extratime: Bool?
  ) async throws(HypervisorError) {
    try await changeSettings(of: domain) { settings throws(HypervisorError) in
      for index in try settings.indices(vcpu) {
        let parameters = settings.vcpus[index].realTime.changed(period: period, budget: budget, extratime: extratime)
        if let fault = parameters.fault { throw .invalid("vCPU \(index): \(fault)") }
        settings.vcpus[index].realTime = parameters
      }
    }
  }

  func setSEDF(
    _ domain: Domain, weight: Weight?, period: Nanoseconds?, slice: Nanoseconds?, extratime: Bool?
  ) async throws(HypervisorError) {
    try await changeSettings(of: domain) { settings throws(HypervisorError) in
      let parameters = settings.domain.sedf.changed(period: period, slice: slice, extratime: extratime)
      if let fault = parameters.fault { throw .invalid(fault) }
      settings.domain.sedf = parameters
      if let weight { settings.domain.weight = weight }
    }
  }

  func setBVT(_ domain: Domain, _ parameters: BVTParameters) async throws(HypervisorError) {
    if let fault = parameters.fault { throw .invalid(fault) }
    try await changeSettings(of: domain) { settings in settings.domain.bvt = parameters }
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
      try pool.check(change)
      if let table = change.frame {
        let domains = self.registry.domains
        for slot in table.slots where !domains.contains(where: { $0.reference.uuid == slot.domain && $0.pool === pool })
        {
          throw .invalid("no domain with UUID \(slot.domain.uuidString.lowercased()) in cpupool '\(name)'")
        }
        pool.table = table
      }
      var parameters = pool.dispatcher.statistics().parameters
      if let slice = change.timeSlice { parameters.timeSlice = slice }
      if let limit = change.rateLimit { parameters.rateLimit = limit }
      if let delay = change.migrationDelay { parameters.migrationDelay = delay }
      if let allowance = change.switchAllowance { parameters.switchAllowance = allowance }
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

  func switchScheduler(_ name: String, to word: String) async throws(HypervisorError) {
    let scheduler = try Self.scheduler(word)
    try await onSchedulingQueue { [pools] () throws(HypervisorError) in
      try pools.pool(named: name).dispatcher.switchScheduler(to: scheduler)
    }
    logger.info("cpupool '\(name)' is scheduled by \(word) now")
  }

  func createPool(_ name: String, scheduler word: String?, pcpus: CPUSet) async throws(HypervisorError) {
    let scheduler = try word.map { word throws(HypervisorError) in try Self.scheduler(word) }
    try await onSchedulingQueue { [pools] () throws(HypervisorError) in
      try pools.create(name: name, scheduler: scheduler ?? pools.first.dispatcher.scheduler, pcpus: pcpus)
    }
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

  private static func scheduler(_ word: String) throws(HypervisorError) -> Scheduler {
    if let scheduler = Scheduler(rawValue: word) { return scheduler }
    let known = Scheduler.allCases.map(\.rawValue).joined(separator: ", ")
    throw .invalid("there is no scheduler '\(MessageText.printable(word))'; there is \(known)")
  }
}

extension SchedulingSettings {
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
  /// Throws where the pool's scheduler has no such parameter.
  fileprivate func check(_ change: PoolChange) throws(HypervisorError) {
    let scheduler = dispatcher.scheduler
    func refuse(_ what: String, unless isKnown: Bool) throws(HypervisorError) {
      guard !isKnown else { return }
      throw .unavailable(
        operation: .setPoolParameters,
        reason: "cpupool '\(name)' is scheduled by \(scheduler.rawValue), which has no \(what)")
    }
    if change.timeSlice != nil { try refuse("time slice", unless: scheduler == .credit) }
    if change.rateLimit != nil { try refuse("rate limit", unless: scheduler == .credit || scheduler == .credit2) }
    if change.migrationDelay != nil { try refuse("migration delay", unless: scheduler == .credit) }
    if change.switchAllowance != nil { try refuse("context switch allowance", unless: scheduler == .bvt) }
    if change.frame != nil { try refuse("frame table", unless: scheduler == .arinc653) }
  }

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
