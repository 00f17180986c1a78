import CXen
import FoundationEssentials
import HypervisorModel

extension XenHypervisor {
  public func perform(_ request: Request, id _: RequestID) async throws(HypervisorError) -> Reply {
    let operation = request.operation
    if case .unavailable(let reason) = operation.availabilityOnXen {
      throw .unavailable(operation: operation, reason: reason)
    }
    if let reference = request.domain { try Self.check(operation, try await find(reference)) }
    let reply = try await carryOut(request)
    guard operation.facts.isChange else { return reply }
    forgetDetails()
    logger.info("\(operation.rawValue)\(request.domain.map { " of domain \($0.id)" } ?? "") done")
    return reply
  }

  /// What a state or Domain-0 does not allow. The rest Xen itself refuses, in its own words.
  private static func check(_ operation: Operation, _ domain: DomainSnapshot) throws(HypervisorError) {
    if domain.reference.id == .domain0, !operation.facts.isForDomain0 {
      throw .unavailable(
        operation: operation, reason: "Domain-0 is the control domain, which runs Xen's tools and serves the devices")
    }
    func wrongState() -> HypervisorError {
      .wrongState(operation: operation, domain: domain.name, state: domain.state.word)
    }
    switch (operation, domain.state) {
    case (.destroy, .dying): throw wrongState()
    case (.destroy, _), (.rename, _), (.showConfig, _), (.dumpCore, .shutdown): return
    case (_, .dying), (_, .shutdown): throw wrongState()
    case (.pause, .paused): throw wrongState()
    case (.unpause, .paused): return
    case (.unpause, _): throw wrongState()
    // Xen would wait for a guest that can't answer.
    case (.shutdown, .paused), (.reboot, .paused), (.save, .paused), (.migrate, .paused): throw wrongState()
    default: return
    }
  }

  private func carryOut(_ request: Request) async throws(HypervisorError) -> Reply {
    switch request {
    case .creation(let request): return try await perform(request)
    case .life(let domain, let request): try await perform(request, on: domain)
    case .resources(let domain, let request): try await perform(request, on: domain)
    case .devices(let domain, let request): try await perform(request, on: domain)
    case .scheduling(let domain, let change): try await perform(change, on: domain)
    case .pools(let request): try await perform(request)
    case .guest(let domain, let request): return try await perform(request, on: domain)
    case .diagnostics(let request): return try await perform(request)
    }
    return .done
  }

  private func perform(_ request: CreationRequest) async throws(HypervisorError) -> Reply {
    switch request {
    case .create(.file(let file), let paused): return try await create(file, paused: paused)
    case .create(.config, _):
      throw .unavailable(operation: .create, reason: "Xen makes domains from config files of xl alone")
    case .checkConfig(let file):
      return .text(try await withXl { () throws(HypervisorError) in try XlTool.create(["-n"], file) })
    case .restore(let path, let paused):
      return .created(
        try await makeDomain(named: nil) { () throws(HypervisorError) in
          try XlTool.run(["restore"] + (paused ? ["-p"] : []) + [path])
        }.reference, warnings: [])
    }
  }

  private func perform(_ request: LifeRequest, on domain: DomainReference) async throws(HypervisorError) {
    switch request {
    case .pause: try await act(DOMUS_XEN_PAUSE, on: domain)
    case .unpause: try await act(DOMUS_XEN_UNPAUSE, on: domain)
    case .shutdown: try await act(DOMUS_XEN_SHUTDOWN, on: domain)
    case .reboot: try await act(DOMUS_XEN_REBOOT, on: domain)
    case .destroy: try await act(DOMUS_XEN_DESTROY, on: domain)
    case .rename(let name): try await act(DOMUS_XEN_RENAME, on: domain, XenOperands(text: try Self.newName(name)))
    case .save(let path, let then):
      let flags = then == .goOn ? ["-c"] : then == .pause ? ["-p"] : []
      let work = "save " + (try await find(domain).name)
      try await xl(["save"] + flags + [Self.id(domain), path]) { [weak self] fraction in
        self?.publish(.progress(work: work, fraction: fraction))
      }
    case .migrate(let host):
      guard !host.hasPrefix("-"), !host.isEmpty else { throw .invalid("'\(printable(host))' is not a host") }
      try await xl(["migrate", Self.id(domain), host])
    case .dumpCore(let path): try await xl(["dump-core", Self.id(domain), path])
    case .snapshot: throw .refused(request.operation)
    }
  }

  private func perform(_ request: ResourceRequest, on domain: DomainReference) async throws(HypervisorError) {
    switch request {
    case .setMemory(let memory):
      try await act(DOMUS_XEN_SET_MEMORY, on: domain, XenOperands(value: Int64(clamping: memory.rawValue)))
    case .setMaxMemory(let memory):
      try await act(DOMUS_XEN_SET_MAX_MEMORY, on: domain, XenOperands(value: Int64(clamping: memory.rawValue)))
    case .setVCPUs(let count):
      let most = try await find(domain).vcpus.count
      guard count >= 1, count <= most else {
        throw .invalid("\(count) vCPUs are not possible: the domain has 1 to \(most)")
      }
      try await act(DOMUS_XEN_SET_VCPUS, on: domain, XenOperands(value: Int64(count)))
    case .pinVCPU(let vcpu, let hard, let soft):
      for set in [hard, soft] { try await check(set) }
      try await act(
        DOMUS_XEN_PIN, on: domain, XenOperands(vcpu: vcpu.map { Int64($0.rawValue) }, hard: hard, soft: soft))
    }
  }

  private func perform(_ request: DeviceRequest, on domain: DomainReference) async throws(HypervisorError) {
    let id = Self.id(domain)
    switch request {
    case .attachNetwork(let network): try await xl(["network-attach", id] + network.xlWords)
    case .detachNetwork(let device): try await xl(["network-detach", id, device])
    case .attachDisk(let disk): try await xl(["block-attach", id, disk.xl])
    case .detachDisk(let device): try await xl(["block-detach", id, device])
    }
  }

  private func perform(_ change: SchedulingChange, on domain: DomainReference) async throws(HypervisorError) {
    let snapshot = try await snapshot()
    try snapshot.check(domain, isScheduledBy: change.scheduler, change.operation)
    if let fault = Request.scheduling(domain, change).fault(on: snapshot) { throw .invalid(fault) }
    let values = change.values
    switch change.scheduler {
    case .credit, .credit2:
      try await act(DOMUS_XEN_SET_SHARE, on: domain, XenOperands(weight: values[.weight], cap: values[.cap]))
    case .rtds:
      try await act(
        DOMUS_XEN_SET_REAL_TIME, on: domain,
        XenOperands(
          vcpu: change.vcpu.map { Int64($0.rawValue) }, period: values[.period], budget: values[.budget],
          extratime: values[.extratime]))
    case .sedf, .bvt, .null, .arinc653: throw .refused(change.operation)
    }
  }

  private func perform(_ request: PoolRequest) async throws(HypervisorError) {
    switch request {
    case .create(let name, let scheduler, let pcpus):
      let name = try Self.newName(name)
      guard try await !snapshot().pools.contains(where: { $0.name == name }) else {
        throw .invalid("a cpupool named '\(name)' already exists")
      }
      try await check(pcpus)
      try await act(DOMUS_XEN_CREATE_POOL, XenOperands(text: name, scheduler: scheduler, hard: pcpus))
    case .destroy(let pool): try await act(DOMUS_XEN_DESTROY_POOL, XenOperands(pool: try await poolID(pool)))
    case .rename(let pool, let name):
      try await act(DOMUS_XEN_RENAME_POOL, XenOperands(pool: try await poolID(pool), text: try Self.newName(name)))
    case .addPCPUs(let pool, let pcpus):
      try await check(pcpus)
      try await act(DOMUS_XEN_ADD_TO_POOL, XenOperands(pool: try await poolID(pool), hard: pcpus))
    case .removePCPUs(let pool, let pcpus):
      try await check(pcpus)
      try await act(DOMUS_XEN_REMOVE_FROM_POOL, XenOperands(pool: try await poolID(pool), hard: pcpus))
    case .move(let domain, let pool):
      try await act(DOMUS_XEN_MOVE_TO_POOL, on: domain, XenOperands(pool: try await poolID(pool)))
    case .setParameters(let pool, let change):
      if let fault = change.fault { throw .invalid(fault) }
      guard change.frame == nil, change.parameters.allSatisfy({ $0 == .timeSlice || $0 == .rateLimit }) else {
        throw .unavailable(
          operation: request.operation, reason: "on Xen, Domus sets a pool's time slice and rate limit only")
      }
      try await act(
        DOMUS_XEN_SET_POOL,
        XenOperands(
          pool: try await poolID(pool), timeSlice: change.values[.timeSlice], rateLimit: change.values[.rateLimit]))
    case .switchScheduler: throw .refused(request.operation)
    }
  }

  private func perform(_ request: GuestRequest, on domain: DomainReference) async throws(HypervisorError) -> Reply {
    switch request {
    case .sysrq(let key):
      guard key.utf8.count == 1 else { throw .invalid("a SysRq key is one letter or digit, not '\(printable(key))'") }
      try await act(DOMUS_XEN_SYSRQ, on: domain, XenOperands(text: key))
    case .trigger(let trigger, let vcpu):
      try await act(
        DOMUS_XEN_TRIGGER, on: domain,
        XenOperands(text: trigger.rawValue, vcpu: vcpu.map { Int64($0.rawValue) }))
    case .showConfig:
      let id = Self.id(domain)
      return .text(try await withXl { () throws(HypervisorError) in try XlTool.run(["list", "-l", id]) })
    case .resizeConsole: throw .refused(request.operation)
    }
    return .done
  }

  private func perform(_ request: DiagnosticRequest) async throws(HypervisorError) -> Reply {
    switch request {
    case .dmesg, .clearDmesg:
      let clear = request == .clearDmesg
      return .text(try await withHandle { handle throws(HypervisorError) in try handle.messages(clear: clear) })
    case .debugKeys(let keys):
      guard !keys.isEmpty, printable(keys) == keys else { throw .invalid("'\(printable(keys))' are not debug keys") }
      try await act(DOMUS_XEN_DEBUG_KEYS, XenOperands(text: keys))
    case .trace: throw .refused(request.operation)
    }
    return .done
  }

  private static func id(_ domain: DomainReference) -> String { String(domain.id.rawValue) }

  private func xl(
    _ arguments: [String], progress: (@Sendable (Double) -> Void)? = nil
  ) async throws(HypervisorError) {
    // xl would take a word with a dash for an option of its own.
    if let word = arguments.dropFirst().first(where: { $0.hasPrefix("-") && !["-c", "-p"].contains($0) }) {
      throw .invalid("'\(printable(word))' begins with a dash: xl would read it as an option")
    }
    _ = try await withXl { () throws(HypervisorError) in try XlTool.run(arguments, progress: progress) }
  }

  /// Runs xl's work on a thread of its own. Without xenstored xl would wait for ever.
  private func withXl<Value: Sendable>(
    _ work: @escaping @Sendable () throws(HypervisorError) -> Value
  ) async throws(HypervisorError) -> Value {
    try await withHandle { _ throws(HypervisorError) in try work() }
  }

  private func withHandle<Value: Sendable>(
    _ work: @escaping @Sendable (XenHandle) throws(HypervisorError) -> Value
  ) async throws(HypervisorError) -> Value {
    let library = library
    return try await working { () throws(HypervisorError) in try work(try XenHandle(library)) }
  }

  // MARK: Making

  private func create(_ file: ConfigFileText, paused: Bool) async throws(HypervisorError) -> Reply {
    let name = Self.name(in: file)
    if let name, try await snapshot().domains.contains(where: { $0.name == name }) { throw .exists(name) }
    let (domain, output) = try await makeDomain(named: name) { () throws(HypervisorError) in
      try XlTool.create(paused ? ["-p"] : [], file)
    }
    return .created(domain, warnings: XlTool.warnings(in: output))
  }

  /// The name that a config gives; nil where only xl understands it.
  private static func name(in file: ConfigFileText) -> String? {
    guard var document = try? DomainConfigFile.parse(file.text, file: file.name),
      (try? document.apply(overrides: file.settings)) != nil, case .string(let name) = document["name"]?.value.content
    else { return nil }
    return name
  }

  /// xl doesn't tell the id of what it made: it is the domain that is there afterwards and was not before.
  private func makeDomain(
    named name: String?, _ make: @escaping @Sendable () throws(HypervisorError) -> String
  ) async throws(HypervisorError) -> (reference: DomainReference, output: String) {
    let before = Set(try await snapshot().domains.map(\.reference))
    let output = try await withXl(make)
    forgetDetails()
    let new = try await snapshot().domains.filter { !before.contains($0.reference) }
    guard let domain = new.last(where: { name == nil || $0.name == name }) ?? new.last else {
      throw .failed("xl made a domain, but it has gone already; see /var/log/xen/")
    }
    return (domain.reference, output)
  }

  // MARK: Through libxl

  private func act(
    _ action: domus_xen_action, on domain: DomainReference? = nil, _ operands: XenOperands = XenOperands()
  ) async throws(HypervisorError) {
    var operands = operands
    operands.domain = domain?.id.rawValue ?? 0
    let complete = operands
    try await withHandle { handle throws(HypervisorError) in try handle.act(action, complete) }
  }

  /// What a domain or pool may be called.
  private static func newName(_ name: String) throws(HypervisorError) -> String {
    guard !name.isEmpty, printable(name) == name else { throw .invalid("'\(printable(name))' is not a valid name") }
    return name
  }

  private func check(_ set: CPUSet?) async throws(HypervisorError) {
    guard case .some(let wanted)? = set else { return }
    let present = try await snapshot().pcpus.map(\.id)
    guard let missing = wanted.first(where: { !present.contains($0) }) else { return }
    throw .invalid("this host has no pCPU \(missing.rawValue); it has \(CPUSet.some(present))")
  }

  private func poolID(_ name: String) async throws(HypervisorError) -> UInt32 {
    let pools = try await pools()
    guard let pool = pools.first(where: { $0.name == name }) else {
      throw .invalid(
        "no cpupool '\(printable(name))' here; this host has \(pools.map(\.name).joined(separator: ", "))")
    }
    return pool.id
  }

  private func pools() async throws(HypervisorError) -> [XenSample.Pool] {
    try await withHandle { handle throws(HypervisorError) in try handle.sample(details: true).pools }
  }
}

extension HypervisorError {
  /// The refusal of what Xen, or Domus on it, does not do.
  fileprivate static func refused(_ operation: Operation) -> HypervisorError {
    .unavailable(operation: operation, reason: Operation.refusalsOnXen[operation] ?? "Domus can't do it on Xen")
  }
}

extension Operation {
  /// What Xen, or Domus on it, does not do, with the reason.
  fileprivate static let refusalsOnXen: [Operation: String] = [
    .switchScheduler:
      "Xen can't exchange the scheduler of a cpupool that is in use: make another with cpupool-create and move "
      + "domains there, or boot Xen with sched=…",
    .setSEDF: "Xen has had no sedf scheduler since 4.6",
    .setBVT: "Xen has had no bvt scheduler since 3.0",
    .trace: "Xen has a trace of its own: xentrace(8) and xenalyze(1)",
    .resizeConsole: "a Xen console carries no size; set it in the guest with stty(1)",
    .snapshot: "Xen has no snapshots; 'domus save -c' writes a domain's memory to a file",
  ]

  /// Whether Xen offers it.
  var availabilityOnXen: HostDescription.Availability {
    Self.refusalsOnXen[self].map { .unavailable(reason: $0) } ?? .available
  }
}
