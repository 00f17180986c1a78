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
      scheduler: pools.first.dispatcher.scheduler, pcpus: pools.pcpus.count, memory: HostMemory.read().total,
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
