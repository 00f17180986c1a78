import CXen
import FoundationEssentials
import HypervisorModel

extension XenHypervisor {
  public func perform(_ request: Request) async throws(HypervisorError) -> Reply {
    if case .unavailable(let reason) = request.operation.availabilityOnXen {
      throw .unavailable(operation: request.operation, reason: reason)
    }
    if let reference = request.domain { try Self.check(request.operation, try await find(reference)) }
    let reply = try await carryOut(request)
    guard request.isChange else { return reply }
    forgetDetails()
    logger.info("\(request.operation.rawValue)\(request.domain.map { " of domain \($0.id)" } ?? "") done")
    return reply
  }

  /// What a state or Domain-0 does not allow. The rest Xen itself refuses, in its own words.
  private static func check(_ operation: Operation, _ domain: DomainSnapshot) throws(HypervisorError) {
    if domain.reference.id == .domain0, operation.isNotForDomain0 {
      throw .unavailable(
        operation: operation, reason: "Domain-0 is the control domain, which runs Xen's tools and serves the devices")
    }
    func wrongState() -> HypervisorError {
      .wrongState(operation: operation, domain: domain.name, state: domain.state.word)
    }
    switch (operation, domain.state) {
    case (.destroy, .dying): throw wrongState()
    case (.destroy, _), (.rename, _), (.showConfig, _): return
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
    case .save(let domain, let path, let then):
      let flags = then == .goOn ? ["-c"] : then == .pause ? ["-p"] : []
      let work = "save " + (try await find(domain).name)
      try await xl(["save"] + flags + [Self.id(domain), path]) { [weak self] fraction in
        self?.publish(.progress(work: work, fraction: fraction))
      }
    case .migrate(let domain, let destination):
      guard !destination.hasPrefix("-"), !destination.isEmpty else { throw .invalid("'\(destination)' is no host") }
      try await xl(["migrate", Self.id(domain), destination])
    case .attachNetwork(let domain, let device):
      try await xl(["network-attach", Self.id(domain)] + device.split(separator: ",").map(String.init))
    case .detachNetwork(let domain, let device): try await xl(["network-detach", Self.id(domain), device])
    case .attachDisk(let domain, let device): try await xl(["block-attach", Self.id(domain), device])
    case .detachDisk(let domain, let device): try await xl(["block-detach", Self.id(domain), device])
    case .showConfig(let domain):
      let id = Self.id(domain)
      return .text(try await withXl { () throws(HypervisorError) in try XlTool.run(["list", "-l", id]) })
    case .dmesg(let clear):
      return .text(try await withHandle { handle throws(HypervisorError) in try handle.messages(clear: clear) })
    default: try await act(request)
    }
    return .done
  }

  private static func id(_ domain: DomainReference) -> String { String(domain.id.rawValue) }

  private func xl(
    _ arguments: [String], progress: (@Sendable (Double) -> Void)? = nil
  ) async throws(HypervisorError) {
    // xl would take a word with a dash for an option of its own.
    if let word = arguments.dropFirst().first(where: { $0.hasPrefix("-") && !["-c", "-p"].contains($0) }) {
      throw .invalid("'\(word)' is no possible operand")
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

  private func act(_ request: Request) async throws(HypervisorError) {
    let (action, operands) = try await libxlAction(request)
    try await withHandle { handle throws(HypervisorError) in try handle.act(action, operands) }
  }

  private func libxlAction(
    _ request: Request
  ) async throws(HypervisorError) -> (action: domus_xen_action, operands: XenOperands) {
    var operands = XenOperands()
    operands.domain = request.domain?.id.rawValue ?? 0
    switch request {
    case .pause: return (DOMUS_XEN_PAUSE, operands)
    case .unpause: return (DOMUS_XEN_UNPAUSE, operands)
    case .shutdown: return (DOMUS_XEN_SHUTDOWN, operands)
    case .reboot: return (DOMUS_XEN_REBOOT, operands)
    case .destroy: return (DOMUS_XEN_DESTROY, operands)
    case .rename(_, let name):
      guard !name.isEmpty, printable(name) == name else { throw .invalid("'\(printable(name))' is no possible name") }
      operands.text = name
      return (DOMUS_XEN_RENAME, operands)
    case .sysrq(_, let key):
      guard key.utf8.count == 1 else { throw .invalid("a SysRq key is one letter or digit, not '\(printable(key))'") }
      operands.text = key
      return (DOMUS_XEN_SYSRQ, operands)
    case .trigger(_, let trigger, let vcpu):
      operands.text = trigger.rawValue
      operands.vcpu = vcpu.map { Int64($0.rawValue) }
      return (DOMUS_XEN_TRIGGER, operands)
    case .setMemory(_, let memory):
      operands.value = Int64(clamping: memory.rawValue)
      return (DOMUS_XEN_SET_MEMORY, operands)
    case .setMaxMemory(_, let memory):
      operands.value = Int64(clamping: memory.rawValue)
      return (DOMUS_XEN_SET_MAX_MEMORY, operands)
    case .setVCPUs(let domain, let count):
      let most = try await find(domain).vcpus.count
      guard (1...most).contains(count) else {
        throw .invalid("\(count) vCPUs are not possible: the domain has 1 to \(most)")
      }
      operands.value = Int64(count)
      return (DOMUS_XEN_SET_VCPUS, operands)
    case .pinVCPU(_, let vcpu, let hard, let soft):
      for set in [hard, soft] { try await check(set) }
      operands.vcpu = vcpu.map { Int64($0.rawValue) }
      operands.hard = hard
      operands.soft = soft
      return (DOMUS_XEN_PIN, operands)
    case .setCredit(let domain, let weight, let cap):
      try await snapshot().check(domain, isScheduledBy: "credit", request.operation)
      operands.weight = weight.map { Int64($0.rawValue) }
      operands.cap = cap.map { Int64($0.rawValue) }
      return (DOMUS_XEN_SET_SHARE, operands)
    case .setCredit2(let domain, let weight, let cap):
      try await snapshot().check(domain, isScheduledBy: "credit2", request.operation)
      operands.weight = weight.map { Int64($0.rawValue) }
      operands.cap = cap.map { Int64($0.rawValue) }
      return (DOMUS_XEN_SET_SHARE, operands)
    case .setRTDS(let domain, let vcpu, let period, let budget, let extratime):
      try await snapshot().check(domain, isScheduledBy: "rtds", request.operation)
      operands.vcpu = vcpu.map { Int64($0.rawValue) }
      operands.period = period.map { Int64(clamping: $0.rawValue) }
      operands.budget = budget.map { Int64(clamping: $0.rawValue) }
      operands.extratime = extratime.map { $0 ? 1 : 0 }
      return (DOMUS_XEN_SET_REAL_TIME, operands)
    case .moveToPool(_, let pool):
      operands.pool = try await poolID(pool)
      return (DOMUS_XEN_MOVE_TO_POOL, operands)
    case .setPoolParameters(let pool, let change):
      guard change.migrationDelay == nil, change.switchAllowance == nil, change.frame == nil else {
        throw .unavailable(
          operation: request.operation, reason: "on Xen, Domus sets a pool's time slice and rate limit only")
      }
      operands.pool = try await poolID(pool)
      operands.timeSlice = change.timeSlice.map { Int64(clamping: $0.rawValue) }
      operands.rateLimit = change.rateLimit.map { Int64(clamping: $0.rawValue) }
      return (DOMUS_XEN_SET_POOL, operands)
    case .createPool(let name, let scheduler, let pcpus):
      guard !name.isEmpty, printable(name) == name else { throw .invalid("'\(printable(name))' is no possible name") }
      guard try await !snapshot().pools.contains(where: { $0.name == name }) else {
        throw .invalid("a cpupool '\(name)' is there already")
      }
      try await check(pcpus)
      operands.text = name
      operands.scheduler = scheduler
      operands.hard = pcpus
      return (DOMUS_XEN_CREATE_POOL, operands)
    case .destroyPool(let pool):
      operands.pool = try await poolID(pool)
      return (DOMUS_XEN_DESTROY_POOL, operands)
    case .renamePool(let pool, let name):
      guard !name.isEmpty, printable(name) == name else { throw .invalid("'\(printable(name))' is no possible name") }
      operands.pool = try await poolID(pool)
      operands.text = name
      return (DOMUS_XEN_RENAME_POOL, operands)
    case .addToPool(let pool, let pcpus):
      try await check(pcpus)
      operands.pool = try await poolID(pool)
      operands.hard = pcpus
      return (DOMUS_XEN_ADD_TO_POOL, operands)
    case .removeFromPool(let pool, let pcpus):
      try await check(pcpus)
      operands.pool = try await poolID(pool)
      operands.hard = pcpus
      return (DOMUS_XEN_REMOVE_FROM_POOL, operands)
    case .debugKeys(let keys):
      guard !keys.isEmpty, printable(keys) == keys else { throw .invalid("'\(printable(keys))' are no keys") }
      operands.text = keys
      return (DOMUS_XEN_DEBUG_KEYS, operands)
    default: throw .unavailable(operation: request.operation, reason: "Domus can't do it on Xen")
    }
  }

  private func check(_ set: CPUSet?) async throws(HypervisorError) {
    guard case .some(let wanted)? = set else { return }
    let present = try await snapshot().pcpus.map(\.id)
    guard let missing = wanted.first(where: { !present.contains($0) }) else { return }
    throw .invalid("there is no pCPU \(missing.rawValue) here; there is \(CPUSet.some(present))")
  }

  private func poolID(_ name: String) async throws(HypervisorError) -> UInt32 {
    let pools = try await pools()
    guard let pool = pools.first(where: { $0.name == name }) else {
      throw .invalid("no cpupool '\(printable(name))' here; there is \(pools.map(\.name).joined(separator: ", "))")
    }
    return pool.id
  }

  private func pools() async throws(HypervisorError) -> [XenSample.Pool] {
    try await withHandle { handle throws(HypervisorError) in try handle.sample(details: true).pools }
  }
}

extension Operation {
  /// Whether Xen offers it.
  var availabilityOnXen: HostDescription.Availability {
    switch self {
    case .switchScheduler:
      .unavailable(
        reason:
          "Xen can't exchange the scheduler of a cpupool that is in use: make another with cpupool-create and move "
          + "domains there, or boot Xen with sched=…")
    case .setSEDF: .unavailable(reason: "Xen has had no sedf scheduler since 4.6")
    case .setBVT: .unavailable(reason: "Xen has had no bvt scheduler since 3.0")
    case .trace: .unavailable(reason: "Xen has a trace of its own: xentrace(8) and xenalyze(1)")
    case .resizeConsole: .unavailable(reason: "a Xen console carries no size; set it in the guest with stty(1)")
    case .snapshot: .unavailable(reason: "Xen has no snapshots; 'domus save -c' writes a domain's memory to a file")
    default: .available
    }
  }

  fileprivate var isNotForDomain0: Bool {
    switch self {
    case .pause, .unpause, .shutdown, .reboot, .destroy, .save, .migrate, .rename, .trigger, .attachDisk,
      .attachNetwork:
      true
    default: false
    }
  }
}
