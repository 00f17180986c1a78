import Dispatch
import FoundationEssentials
import Glibc
import HypervisorModel
import Logging
import Synchronization

/// The hypervisor that is embedded in this process: boots and runs guests without privilege, on threads that serve as
/// physical CPUs. All methods may be called from any thread.
public final class EmbeddedHypervisor: Hypervisor {
  public struct Options: Sendable {
    /// Physical CPUs that guests may use. Nil: as many as the machine has.
    public var pcpus: Int?
    /// File of the built-in guest. Nil: there is none.
    public var builtinGuest: String?
    /// The version to show.
    public var version: String

    public init(pcpus: Int? = nil, builtinGuest: String? = nil, version: String = "0.1.0") {
      self.pcpus = pcpus
      self.builtinGuest = builtinGuest
      self.version = version
    }
  }

  let hostID = HostID(rawValue: UUID().uuidString)
  let options: Options
  let logger: Logger
  let dispatcher: Dispatcher
  let registry = DomainRegistry()
  private let recorder = UsageRecorder()
  private let startedAt = HostClock.wallClock()
  /// Where work that blocks is done: loading kernels, waiting for vCPUs to stop.
  let control = DispatchQueue(label: "domus.control", attributes: .concurrent)

  /// Starts the threads. Throws if the host has no more.
  public init(
    options: Options = Options(), logger: Logger = Logger(label: "domus.engine")
  ) throws(HypervisorError) {
    self.options = options
    self.logger = logger
    let pcpus = options.pcpus.map { PCPUSet(0..<$0) } ?? Dispatcher.defaultPCPUs
    dispatcher = try Dispatcher(pcpus: pcpus, policy: Credit2(pcpus: pcpus))
    recorder.start { [weak self] in self?.sample() }
  }

  /// Destroys all domains and ends the threads. The hypervisor can't be used any more.
  public func shutdown() async {
    recorder.stop()
    for domain in registry.domains { try? await destroy(domain) }
    await onControlQueue { self.dispatcher.shutdown() }
    registry.events.finish()
  }

  // MARK: Hypervisor

  public func describe() async throws(HypervisorError) -> HostDescription {
    let machine = MachineName.read()
    return HostDescription(
      host: hostID, hostname: machine.node, engine: "DomusEngine", version: options.version,
      scheduler: dispatcher.schedulerName, pcpus: dispatcher.pcpuIDs.count, memory: HostMemory.read().total,
      startedAt: startedAt, capabilities: "domus-riscv64", domainsOutliveHost: false,
      details: [
        .init("release", machine.release), .init("version", machine.version), .init("machine", machine.machine),
      ],
      operations: Dictionary(uniqueKeysWithValues: Operation.allCases.map { ($0, $0.availability) }))
  }

  public func snapshot() async throws(HypervisorError) -> HostSnapshot { sample() }

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
    case .unpause(let reference): try unpause(try target(reference, of: .unpause))
    case .shutdown(let reference): try await askGuest(try target(reference, of: .shutdown), .shutdown)
    case .reboot(let reference): try await askGuest(try target(reference, of: .reboot), .reboot)
    case .destroy(let reference): try await destroy(try target(reference, of: .destroy))
    case .setCredit2(let reference, let weight, let cap):
      let domain = try target(reference, of: .setCredit2)
      domain.setParameters(weight: weight, cap: cap)
      _ = dispatcher.setParameters(of: domain.reference.id, weight: domain.weight, cap: domain.cap)
      announce(domain)
    default:
      let operation = request.operation
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

  /// Runs blocking work away from Swift's thread pool.
  func onControlQueue<Result: Sendable>(_ work: @escaping @Sendable () -> Result) async -> Result {
    await withCheckedContinuation { continuation in control.async { continuation.resume(returning: work()) } }
  }

  // MARK: Counters

  @discardableResult
  private func sample() -> HostSnapshot {
    let statistics = dispatcher.statistics()
    let memory = HostMemory.read()
    var domains = registry.domains.map { $0.snapshot(statistics) }
    domains.insert(domain0(guests: domains), at: 0)
    let pool = PoolSnapshot(
      scheduler: dispatcher.schedulerName, pcpus: .of(statistics.pcpus.map(\.id.rawValue)), domains: domains.count)
    let snapshot = HostSnapshot(
      time: statistics.time, wallClock: HostClock.wallClock(), memory: memory.total, freeMemory: memory.available,
      pcpus: statistics.pcpus.map { PCPUSnapshot(id: $0.id, busy: $0.busy, stolen: $0.stolen) }, pools: [pool],
      domains: domains)
    recorder.record(snapshot)
    return snapshot
  }

  /// Domain-0 is this process: the control plane and the device back ends.
  private func domain0(guests: [DomainSnapshot]) -> DomainSnapshot {
    let guestTime = registry.departedCPUTime + guests.reduce(Nanoseconds.zero) { $0 + $1.cpuTime }
    let guestMemory = guests.reduce(Bytes.zero) { $0 + $1.memory }
    let time = HostClock.processTime() - guestTime
    let vcpu = VCPUSnapshot(id: VCPUID(0), state: .running, pcpu: nil, cpuTime: time, waitTime: nil)
    return DomainSnapshot(
      reference: DomainReference(host: hostID, uuid: .zero, id: .domain0), name: "Domain-0", state: .running,
      cpuTime: time, vcpus: [vcpu], memory: HostMemory.ownResident() - guestMemory, maxMemory: nil, weight: nil,
      cap: nil, createdAt: startedAt)
  }
}

extension Operation {
  /// Whether this engine offers it.
  fileprivate var availability: HostDescription.Availability {
    switch self {
    case .create, .checkConfig, .pause, .unpause, .shutdown, .reboot, .destroy, .setCredit2: .available
    case .setCredit, .setRTDS: .unavailable(reason: "DomusEngine schedules with credit2")
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
