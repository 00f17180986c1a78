import Dispatch
import FoundationEssentials
import Glibc
import HypervisorModel
import Logging
import Synchronization

/// A real Xen host, driven through Xen's own libraries and tools. All methods may be called from any thread.
///
/// libxl blocks, so it is never called on Swift's threads: sampling has a queue and a connection of its own, and each
/// request opens a connection for itself, so that one that takes a minute holds up nothing.
public final class XenHypervisor: Hypervisor {
  let host: HostID
  let library: XenLibrary
  let logger: Logger
  private let version: String
  private let sampling = DispatchQueue(label: "domus.xen.sampling")
  private let sampler: Sampler
  private let shared = Mutex(Shared())
  private let hub = EventHub()
  private let watcher: XenWatcher
  private let recorder: Task<Void, Never>

  private struct Shared {
    var consoles: [DomainReference: XenConsole] = [:]
    var history = UsageHistory()
    /// A sample after a change is on its way.
    var isRefreshDue = false
  }

  /// What belongs to the sampling queue.
  ///
  /// `@unchecked Sendable`: it is touched on that queue only.
  private final class Sampler: @unchecked Sendable {
    let handle: XenHandle
    var sampler: XenSampler
    var last: HostSnapshot?
    /// Monotonic time of the last sample with details.
    var detailsAt = Nanoseconds.zero

    init(_ handle: XenHandle, _ sampler: XenSampler) {
      self.handle = handle
      self.sampler = sampler
    }
  }

  /// Affinities and the like are read again after so long, where nobody told of a change.
  private static let detailsInterval = Nanoseconds.seconds(5)

  /// The changes of such a time lead to one sample: making a domain is some dozen of them.
  private static let refreshDelay = Duration.milliseconds(50)

  /// Opens Xen.
  ///
  /// - Parameters:
  ///   - libraries: directories in which `domus-xen-RELEASE.so` may be.
  ///   - version: of this program, to show.
  /// - Throws: `.failed` where this is no Domain-0, or Xen's libraries aren't there; the text says what helps.
  public init(libraries: [String], version: String, logger: Logger) async throws(HypervisorError) {
    try XenHost.check()
    self.version = version
    self.logger = logger
    let library = try XenLibrary(directories: libraries)
    self.library = library
    host = HostID(rawValue: XenHost.text("/proc/sys/kernel/random/boot_id") ?? UUID().uuidString)
    let opened = await Self.blocking(on: sampling) { () throws(HypervisorError) in
      Sampler(try XenHandle(library), XenSampler(host: HostID(rawValue: "")))
    }
    sampler = try opened.get()
    sampler.sampler = XenSampler(host: host)
    let relay = Relay()
    watcher = try XenWatcher(library, logger: logger) { relay.target?.noticed($0) }
    recorder = Task.detached {
      while !Task.isCancelled {
        await relay.target?.keepHistory()
        try? await Task.sleep(for: .seconds(1), tolerance: .milliseconds(100))
      }
    }
    relay.target = self
  }

  /// Lets the watcher and the recorder, which are made first, find the hypervisor.
  private final class Relay: Sendable {
    private struct Reference { weak var hypervisor: XenHypervisor? }
    private let reference = Mutex(Reference())

    var target: XenHypervisor? {
      get { reference.withLock { $0.hypervisor } }
      set { reference.withLock { $0.hypervisor = newValue } }
    }
  }

  /// Ends consoles, streams and threads. The domains run on.
  public func shutdown() async {
    recorder.cancel()
    watcher.stop()
    hub.finish()
    let consoles = shared.withLock { shared in
      defer { shared.consoles = [:] }
      return Array(shared.consoles.values)
    }
    for console in consoles { console.end() }
  }

  // MARK: Threads

  /// Runs what blocks away from Swift's threads.
  static func blocking<Value: Sendable>(
    on queue: DispatchQueue, _ work: @escaping @Sendable () throws(HypervisorError) -> Value
  ) async -> Result<Value, HypervisorError> {
    await withCheckedContinuation { continuation in
      queue.async {
        do throws(HypervisorError) {
          continuation.resume(returning: .success(try work()))
        } catch {
          continuation.resume(returning: .failure(error))
        }
      }
    }
  }

  /// Runs a request's work on a thread of its own.
  func working<Value: Sendable>(
    _ work: @escaping @Sendable () throws(HypervisorError) -> Value
  ) async throws(HypervisorError) -> Value {
    try await Self.blocking(on: DispatchQueue(label: "domus.xen.request"), work).get()
  }

  private func withSampler<Value: Sendable>(
    _ work: @escaping @Sendable (Sampler) throws(HypervisorError) -> Value
  ) async throws(HypervisorError) -> Value {
    let sampler = sampler
    return try await Self.blocking(on: sampling) { () throws(HypervisorError) in try work(sampler) }.get()
  }

  // MARK: Looking

  public func describe() async throws(HypervisorError) -> HostDescription {
    let info = try await withSampler { sampler throws(HypervisorError) in try sampler.handle.info() }
    let pools = try await snapshot().pools
    var system = utsname()
    uname(&system)
    let details: [(String, String)] = [
      ("release", Self.text(&system.release)), ("version", Self.text(&system.version)),
      ("machine", Self.text(&system.machine)), ("nr_nodes", String(info.nodes)),
      ("cores_per_socket", String(info.coresPerSocket)), ("threads_per_core", String(info.threadsPerCore)),
      ("cpu_mhz", String(info.megahertz)), ("xen_caps", info.capabilities), ("xen_changeset", info.changeset),
      ("cc_compiler", info.compiler), ("cc_compile_date", info.compileDate),
      ("vcpu_wait_time", "not available: Xen's tool libraries don't tell how long a vCPU waits for a pCPU"),
    ]
    return HostDescription(
      host: host, hostname: Self.text(&system.nodename), engine: "Xen", version: info.version,
      scheduler: pools.first?.scheduler, pcpus: info.pcpus, memory: info.memory,
      startedAt: Moment.now().bootedAt, capabilities: info.virtualisation.joined(separator: " "),
      domainsOutliveHost: true, commandLine: info.commandLine, details: details.map { .init($0.0, $0.1) },
      operations: Dictionary(uniqueKeysWithValues: Operation.allCases.map { ($0, $0.availabilityOnXen) }))
  }

  public func snapshot() async throws(HypervisorError) -> HostSnapshot { try await snapshot(details: false) }

  /// - Parameter details: look also at what changes seldom.
  func snapshot(details: Bool) async throws(HypervisorError) -> HostSnapshot {
    let (snapshot, before) = try await withSampler { sampler throws(HypervisorError) in
      let moment = Moment.now()
      let isDue = details || moment.time - sampler.detailsAt >= Self.detailsInterval
      let sample = try sampler.handle.sample(details: isDue)
      if isDue { sampler.detailsAt = moment.time }
      let snapshot = sampler.sampler.snapshot(sample, sampler.handle, at: moment)
      defer { sampler.last = snapshot }
      return (snapshot, sampler.last)
    }
    shared.withLock { $0.history.record(snapshot) }
    for event in HypervisorEvent.between(before, snapshot) { hub.publish(event) }
    return snapshot
  }

  public func history() async throws(HypervisorError) -> [UsageSample] { shared.withLock { $0.history.samples } }

  /// Samples for the history when nobody else does.
  private func keepHistory() async {
    let now = Moment.now().time
    guard shared.withLock({ $0.history.isDue(at: now) }) else { return }
    _ = try? await snapshot()
  }

  private static func text<Tuple>(_ field: inout Tuple) -> String {
    withUnsafeBytes(of: &field) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
  }

  // MARK: Events

  func publish(_ event: HypervisorEvent) { hub.publish(event) }

  public func events() async throws(HypervisorError) -> AsyncStream<HypervisorEvent> { hub.listen() }

  /// Called on the watcher's thread.
  private func noticed(_ change: XenWatcher.Change) {
    let sampler = sampler
    sampling.async {
      switch change {
      case .domains: break
      case .details(let domain): sampler.sampler.forget(domain)
      case .store(let isLost): sampler.sampler.isStoreLost = isLost
      }
    }
    let isFirst = shared.withLock { shared in
      defer { shared.isRefreshDue = true }
      return !shared.isRefreshDue
    }
    guard isFirst else { return }
    Task {
      try? await Task.sleep(for: Self.refreshDelay)
      self.shared.withLock { $0.isRefreshDue = false }
      _ = try? await self.snapshot()
    }
  }

  /// What a request has changed shows in the next snapshot.
  func forgetDetails() {
    let sampler = sampler
    sampling.async {
      sampler.sampler.forget()
      sampler.detailsAt = .zero
    }
  }

  // MARK: Consoles

  public func openConsole(of domain: DomainReference) async throws(HypervisorError) -> ConsoleStream {
    guard domain.id != .domain0 else {
      throw .invalid("Domain-0's console is this machine's own; Xen's messages are in 'domus dmesg'")
    }
    _ = try await find(domain)
    // Without xenstored, xl would wait for ever.
    try await working { [library] () throws(HypervisorError) in _ = try XenHandle(library) }
    let console = try console(of: domain)
    guard let (output, reader) = console.join() else {
      throw .failed("the console of domain \(domain.id) has just ended; try again")
    }
    return ConsoleStream(
      output: output, send: { bytes throws(HypervisorError) in try await console.type(bytes) },
      close: { console.leave(reader) })
  }

  /// The one that is open, or a new one.
  private func console(of domain: DomainReference) throws(HypervisorError) -> XenConsole {
    if let console = shared.withLock({ $0.consoles[domain] }) { return console }
    let console = try XenConsole(domain: domain.id) { [weak self] ended in
      self?.shared.withLock { shared in
        if shared.consoles[domain] === ended { shared.consoles[domain] = nil }
      }
    }
    return shared.withLock { shared in
      if let other = shared.consoles[domain] { return other }
      shared.consoles[domain] = console
      return console
    }
  }

  /// The domain that a reference means, as it is now.
  func find(_ reference: DomainReference) async throws(HypervisorError) -> DomainSnapshot {
    guard let domain = try await snapshot()[reference] else { throw .noSuchDomain(String(reference.id.rawValue)) }
    return domain
  }
}

extension XenSampler.Moment {
  /// Now, on the clocks of Domain-0.
  static func now() -> XenSampler.Moment {
    func read(_ clock: clockid_t) -> Double {
      var time = timespec()
      clock_gettime(clock, &time)
      return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }
    var monotonic = timespec()
    clock_gettime(CLOCK_MONOTONIC, &monotonic)
    let wall = read(CLOCK_REALTIME)
    return XenSampler.Moment(
      time: Nanoseconds(UInt64(monotonic.tv_sec) * 1_000_000_000 + UInt64(monotonic.tv_nsec)), wallClock: wall,
      bootedAt: wall - read(CLOCK_BOOTTIME))
  }
}

private typealias Moment = XenSampler.Moment

extension HypervisorEvent {
  /// What happened between two snapshots, as far as it can be told from them.
  static func between(_ before: HostSnapshot?, _ after: HostSnapshot) -> [HypervisorEvent] {
    guard let before else { return [] }
    let old = Dictionary(before.domains.map { ($0.reference, $0) }, uniquingKeysWith: { first, _ in first })
    var events: [HypervisorEvent] = []
    for domain in after.domains {
      guard let known = old[domain.reference] else {
        events.append(.appeared(domain.reference, name: domain.name))
        continue
      }
      if known.name != domain.name || known.state.isIdle != domain.state.isIdle
        || known.state.isIdle && known.state != domain.state
      {
        events.append(.changed(domain.reference, name: domain.name, state: domain.state))
      }
    }
    let present = Set(after.domains.map(\.reference))
    for domain in before.domains where !present.contains(domain.reference) {
      var reason: ShutdownReason?
      if case .shutdown(let why) = domain.state { reason = why }
      events.append(.gone(domain.reference, name: domain.name, reason: reason))
    }
    return events
  }
}

extension DomainState {
  /// Not merely waiting its turn or for an event.
  fileprivate var isIdle: Bool {
    switch self {
    case .running, .runnable, .blocked: false
    case .building, .paused, .shutdown, .dying: true
    }
  }
}
