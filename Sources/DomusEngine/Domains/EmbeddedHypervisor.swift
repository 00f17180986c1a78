import Dispatch
import FoundationEssentials
import Glibc
import HypervisorModel
import Schedulers
import Logging
import Synchronization

/// The hypervisor that is embedded in this process: boots and runs guests without privilege, on threads that serve as
/// physical CPUs. All methods may be called from any thread.
public final class EmbeddedHypervisor: Hypervisor {
  public struct Options: Sendable {
    /// By which references name this host. Nil: by a new one, which is another host's after a restart.
    public var hostID: HostID?
    /// Physical CPUs that guests may use. Nil: as many as the machine has.
    public var pcpus: Int?
    /// File of the built-in guest. Nil: there is none.
    public var builtinGuest: String?
    /// Memory that all guests together may have. Nil: what the machine has but for a tenth, and for 512 MiB at least.
    public var memoryLimit: Bytes?
    /// Guests may have more than that: when they touch more than there is, the kernel kills the process.
    public var overcommit: Bool
    /// The version to show.
    public var version: String

    public init(
      hostID: HostID? = nil, pcpus: Int? = nil, builtinGuest: String? = nil, memoryLimit: Bytes? = nil,
      overcommit: Bool = false, version: String = "0.1.0"
    ) {
      self.hostID = hostID
      self.pcpus = pcpus
      self.builtinGuest = builtinGuest
      self.memoryLimit = memoryLimit
      self.overcommit = overcommit
      self.version = version
    }
  }

  let hostID: HostID
  let options: Options
  let logger: Logger
  let pools: PoolTable
  let registry = DomainRegistry()
  let admission: MemoryAdmission
  private let recorder = UsageRecorder()
  private let residency = ResidencyCounter()
  private let startTime = HostClock.now()
  /// Where changes of who is scheduled where are made, one after the other. Work here waits for no other queue.
  let scheduling = DispatchQueue(label: "domus.scheduling")

  /// Starts the threads. Throws if the host has no more, or if `pcpus` is not 1 to 256.
  public init(
    options: Options = Options(), logger: Logger = Logger(label: "domus.engine")
  ) throws(HypervisorError) {
    self.options = options
    hostID = options.hostID ?? HostID(rawValue: UUID().uuidString)
    self.logger = logger
    if let count = options.pcpus, !(1...PCPUSet.capacity).contains(count) {
      throw .invalid("\(count) physical CPUs are not possible: 1 to \(PCPUSet.capacity) are")
    }
    admission = MemoryAdmission(
      total: HostMemory.physical, limit: options.memoryLimit, overcommit: options.overcommit)
    let pcpus = options.pcpus.map { PCPUSet(0..<$0) } ?? Dispatcher.defaultPCPUs
    pools = try PoolTable(pcpus: pcpus, registry: registry)
    recorder.start { [weak self] in await self?.sample() }
    residency.start { [registry] in registry.domains.compactMap(\.liveMachine) }
  }

  /// Destroys all domains and ends the threads. The hypervisor can't be used any more.
  public func shutdown() async {
    recorder.stop()
    residency.stop()
    registry.close()
    for domain in registry.domains { try? await destroy(domain) }
    await scheduling.run { self.pools.shutdown() }
    registry.events.finish()
  }

  // MARK: Hypervisor

  public func describe() async throws(HypervisorError) -> HostDescription {
    let machine = MachineName.read()
    return HostDescription(
      host: hostID, hostname: machine.node, engine: "DomusEngine", version: options.version,
      scheduler: pools.first.dispatcher.scheduler.rawValue, pcpus: pools.pcpus.count, memory: HostMemory.read().total,
      startedAt: HostClock.wallClock(at: startTime, now: HostClock.now(), HostClock.wallClock()),
      capabilities: "domus-riscv64", domainsOutliveHost: false,
      details: [
        .init("release", machine.release), .init("version", machine.version), .init("machine", machine.machine),
      ],
      operations: Dictionary(uniqueKeysWithValues: Operation.allCases.map { ($0, $0.availability) }))
  }

  public func snapshot() async throws(HypervisorError) -> HostSnapshot { await sample() }

  public func history() async throws(HypervisorError) -> [UsageSample] { recorder.samples }

  public func events() async throws(HypervisorError) -> AsyncStream<HypervisorEvent> { registry.events.listen() }

  public func openConsole(of reference: DomainReference) async throws(HypervisorError) -> ConsoleStream {
    guard reference.id != .domain0 else {
      throw .invalid("Domain-0 is the host process; it has no console, but a log: 'domus host log'")
    }
    let console = try registry.domain(reference).console
    let output = console.output.subscribe()
    return ConsoleStream(
      output: output.stream, send: { bytes throws(HypervisorError) in try await console.type(bytes) },
      close: output.cancel)
  }

  public func perform(_ request: Request) async throws(HypervisorError) -> Reply {
    switch request {
    case .create(let source, let paused):
      let (config, warnings) = try Self.config(from: source)
      return .created(try await create(config, paused: paused).reference, warnings: warnings)
    case .checkConfig(let file):
      return .text(try Self.config(from: .file(file)).warnings.map { $0 + "\n" }.joined())
    case .pause(let reference): try await pause(try target(reference, of: .pause))
    case .unpause(let reference): try await unpause(try target(reference, of: .unpause))
    case .shutdown(let reference): try await askGuest(try target(reference, of: .shutdown), .shutdown)
    case .reboot(let reference): try await askGuest(try target(reference, of: .reboot), .reboot)
    case .destroy(let reference): try await destroy(try target(reference, of: .destroy))
    case .showConfig(let reference): return .text(try target(reference, of: .showConfig).config.fileText)
    case .resizeConsole(let reference, let columns, let rows):
      try await resizeConsole(of: try target(reference, of: .resizeConsole), columns: columns, rows: rows)
    default: return try await performScheduling(request)
    }
    return .done
  }

  /// Requests about schedulers, vCPUs and cpupools, and those that this engine refuses.
  private func performScheduling(_ request: Request) async throws(HypervisorError) -> Reply {
    let operation = request.operation
    switch request {
    case .setCredit(let reference, let weight, let cap), .setCredit2(let reference, let weight, let cap):
      let domain = try target(reference, of: operation)
      try check(domain, isUnder: operation == .setCredit ? .credit : .credit2, operation)
      try await setShare(domain, weight: weight, cap: cap)
    case .setRTDS(let reference, let vcpu, let period, let budget, let extratime):
      let domain = try target(reference, of: operation)
      try check(domain, isUnder: .rtds, operation)
      try await setRTDS(domain, vcpu, period: period, budget: budget, extratime: extratime)
    case .setSEDF(let reference, let weight, let period, let slice, let extratime):
      let domain = try target(reference, of: operation)
      try check(domain, isUnder: .sedf, operation)
      try await setSEDF(domain, weight: weight, period: period, slice: slice, extratime: extratime)
    case .setBVT(let reference, let parameters):
      let domain = try target(reference, of: operation)
      try check(domain, isUnder: .bvt, operation)
      try await setBVT(domain, parameters)
    case .pinVCPU(let reference, let vcpu, let hard, let soft):
      try await pin(try target(reference, of: operation), vcpu, hard: hard, soft: soft)
    case .setVCPUs(let reference, let count):
      try await setVCPUs(try target(reference, of: operation), count: count)
    case .moveToPool(let reference, let pool): try await move(try target(reference, of: operation), toPool: pool)
    case .setPoolParameters(let pool, let change): try await setPoolParameters(pool, change)
    case .trace(let pool, let from): return .trace(try pools.pool(named: pool).dispatcher.trace(from: from))
    case .switchScheduler(let pool, let scheduler): try await switchScheduler(pool, to: scheduler)
    case .createPool(let name, let scheduler, let pcpus):
      try await createPool(name, scheduler: scheduler, pcpus: pcpus)
    case .destroyPool(let name):
      try await onSchedulingQueue { [pools] () throws(HypervisorError) in try pools.destroy(name) }
    case .renamePool(let name, let new):
      try await onSchedulingQueue { [pools] () throws(HypervisorError) in try pools.rename(name, to: new) }
    case .addToPool(let name, let pcpus):
      try await onSchedulingQueue { [pools] () throws(HypervisorError) in try pools.add(pcpus, to: name) }
    case .removeFromPool(let name, let pcpus):
      try await onSchedulingQueue { [pools] () throws(HypervisorError) in
        try pools.remove(pcpus, from: name)
      }
    default:
      guard case .unavailable(let reason) = operation.availability else { break }
      throw .unavailable(operation: operation, reason: reason)
    }
    return .done
  }

  private static func config(
    from source: DomainSource
  ) throws(HypervisorError) -> (config: DomainConfig, warnings: [String]) {
    switch source {
    case .config(let config): return (config, [])
    case .file(let file):
      do throws(ConfigError) {
        let document = try DomainConfigFile.parse(bytes: Array(file.text.utf8), file: file.name)
        let (config, warnings) = try DomainConfigFile.domain(
          from: document, overrides: file.settings, workingDirectory: file.directory)
        return (config, warnings.map { "\($0)" })
      } catch {
        throw .invalid("\(error)")
      }
    }
  }

  /// The domain that a request is about. Domain-0 is the host process and takes no request.
  private func target(_ reference: DomainReference, of operation: Operation) throws(HypervisorError) -> Domain {
    guard reference.id != .domain0 else {
      throw .unavailable(operation: operation, reason: "Domain-0 is the host process itself")
    }
    return try registry.domain(reference)
  }

  // MARK: Counters

  @discardableResult
  private func sample() async -> HostSnapshot {
    // Of all pools, while no domain is on its way between two of them.
    let statistics = await scheduling.run { [pools] in HostStatistics(pools) }
    let memory = HostMemory.read()
    var domains = registry.domains.map { $0.snapshot(statistics) }
    domains.insert(domain0(guests: domains, startedAt: statistics.wallClock(at: startTime)), at: 0)
    let pools = statistics.pools.map { pool in
      let name = pool.pool.name
      return PoolSnapshot(pool, domains: domains.count { $0.pool == name })
    }
    var snapshot = HostSnapshot(
      time: statistics.time, wallClock: statistics.wallClock, memory: memory.total, freeMemory: memory.available,
      pcpus: statistics.pcpus, pools: pools, domains: domains)
    recorder.record(&snapshot)
    return snapshot
  }

  /// Domain-0 is this process: the control plane and the device back ends.
  private func domain0(guests: [DomainSnapshot], startedAt: Double) -> DomainSnapshot {
    let guestTime = registry.departedCPUTime + guests.reduce(Nanoseconds.zero) { $0 + $1.cpuTime }
    let guestMemory = guests.reduce(Bytes.zero) { $0 + $1.memory }
    let time = HostClock.processTime() - guestTime
    let vcpu = VCPUSnapshot(id: VCPUID(0), state: .running, pcpu: nil, cpuTime: time, waitTime: nil)
    return DomainSnapshot(
      reference: DomainReference(host: hostID, uuid: .zero, id: .domain0), name: "Domain-0", state: .running,
      cpuTime: time, vcpus: [vcpu], memory: HostMemory.ownResident() - guestMemory, maxMemory: nil, weight: nil,
      cap: nil, pool: pools.first.name, createdAt: startedAt)
  }
}

extension Operation {
  /// Whether this engine offers it.
  fileprivate var availability: HostDescription.Availability {
    switch self {
    case .create, .checkConfig, .showConfig, .pause, .unpause, .shutdown, .reboot, .destroy, .resizeConsole, .setVCPUs,
      .pinVCPU, .setCredit,
      .setCredit2, .setRTDS, .setSEDF, .setBVT, .setPoolParameters, .trace, .switchScheduler, .createPool, .destroyPool,
      .renamePool, .addToPool, .removeFromPool, .moveToPool:
      .available
    case .dmesg, .debugKeys: .unavailable(reason: "DomusEngine writes a log instead: 'domus host log'")
    case .sysrq, .trigger: .unavailable(reason: "DomusEngine's guests have no such device; use the console")
    default: .unavailable(reason: "DomusEngine can't do that yet")
    }
  }
}

/// What uname(2) tells.
private struct MachineName {
  var node, release, version, machine: String

  static func read() -> MachineName {
    var system = utsname()
    uname(&system)
    return MachineName(
      node: text(&system.nodename), release: text(&system.release), version: text(&system.version),
      machine: text(&system.machine))
  }

  /// A C string in a fixed array.
  private static func text<Tuple>(_ field: inout Tuple) -> String {
    withUnsafeBytes(of: &field) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
  }
}
