/// Everything that shows or changes domains speaks this; everything that runs domains implements it.
///
/// All methods may be called from any thread. Cancelling the calling task abandons the wait, not the work.
public protocol Hypervisor: Sendable {
  /// What this hypervisor is and which operations it offers.
  func describe() async throws(HypervisorError) -> HostDescription
  /// State and counters now.
  func snapshot() async throws(HypervisorError) -> HostSnapshot
  /// Carries out one request. `id` is what whoever asks calls it.
  func perform(_ request: Request, id: RequestID) async throws(HypervisorError) -> Reply
  /// Opens a domain's console; what it printed before is replayed first, as far as it is kept.
  func openConsole(of domain: DomainReference) async throws(HypervisorError) -> ConsoleStream
  /// What happens from now on. The stream ends when the connection to the host does.
  func events() async throws(HypervisorError) -> AsyncStream<HypervisorEvent>
  /// Samples that the host kept, oldest first, so that a new terminal opens with filled graphs.
  func history() async throws(HypervisorError) -> [UsageSample]
}

extension Hypervisor {
  /// Carries out one request that is told from others by its caller, who waits for it.
  public func perform(_ request: Request) async throws(HypervisorError) -> Reply {
    try await perform(request, id: RequestID())
  }
}

/// What a hypervisor is, and what it can do.
public struct HostDescription: Hashable, Codable, Sendable {
  /// Whether an operation is offered and, if not, why.
  public enum Availability: Hashable, Codable, Sendable {
    case available
    case unavailable(reason: String)
  }

  public var host: HostID
  /// The machine's name.
  public var hostname: String
  /// `DomusEngine` or `Xen`.
  public var engine: String
  public var version: String
  /// The scheduler of the first cpupool. Nil: one that this version does not know.
  @Known public var scheduler: Scheduler?
  public var pcpus: Int
  public var memory: Bytes
  /// Seconds since 1970 at which the engine started.
  public var startedAt: Double
  /// Guests that run under it, in the words of `xl info`'s `xen_caps`.
  public var capabilities: String
  /// Whether the domains run on when the host process ends.
  public var domainsOutliveHost: Bool
  /// The hypervisor's own; nil where it has none.
  public var commandLine: String?
  /// Everything else that `domus info` shows, in its order.
  public var details: [Detail]
  public var operations: [Operation: Availability]

  /// A line of `domus info`.
  public struct Detail: Hashable, Codable, Sendable {
    public var name: String
    public var value: String

    public init(_ name: String, _ value: String) {
      self.name = name
      self.value = value
    }
  }

  public init(
    host: HostID, hostname: String, engine: String, version: String, scheduler: Scheduler?, pcpus: Int, memory: Bytes,
    startedAt: Double, capabilities: String, domainsOutliveHost: Bool, commandLine: String? = nil,
    details: [Detail] = [],
    operations: [Operation: Availability]
  ) {
    self.host = host
    self.hostname = hostname
    self.engine = engine
    self.version = version
    _scheduler = Known(wrappedValue: scheduler)
    self.pcpus = pcpus
    self.memory = memory
    self.startedAt = startedAt
    self.capabilities = capabilities
    self.domainsOutliveHost = domainsOutliveHost
    self.commandLine = commandLine
    self.details = details
    self.operations = operations
  }
}

/// Something that happened on a host.
public enum HypervisorEvent: Hashable, Codable, Sendable {
  case appeared(DomainReference, name: String)
  case changed(DomainReference, name: String, state: DomainState)
  case gone(DomainReference, name: String, reason: ShutdownReason?)
  /// Long work goes on; `fraction` is 0 to 1.
  case progress(work: String, fraction: Double)
}

/// What one interval of a host looked like, for graphs.
public struct UsageSample: Hashable, Codable, Sendable {
  public struct Domain: Hashable, Codable, Sendable {
    public var reference: DomainReference
    /// CPU time per wall time; 1 is one physical CPU.
    public var cpu: Double
    public var memory: Bytes

    public init(reference: DomainReference, cpu: Double, memory: Bytes) {
      self.reference = reference
      self.cpu = cpu
      self.memory = memory
    }
  }

  /// The host's monotonic clock at the end of the interval.
  public var time: Nanoseconds
  /// CPU time of all domains per wall time; 1 is one physical CPU.
  public var cpu: Double
  public var usedMemory: Bytes
  public var domains: [Domain]

  public init(time: Nanoseconds, cpu: Double, usedMemory: Bytes, domains: [Domain]) {
    self.time = time
    self.cpu = cpu
    self.usedMemory = usedMemory
    self.domains = domains
  }
}

/// A domain's console: bytes out, bytes in.
public struct ConsoleStream: Sendable {
  /// What the guest prints, in pieces; ends when the domain has gone or the connection broke.
  public let output: AsyncStream<[UInt8]>
  private let sendBytes: @Sendable ([UInt8]) async throws(HypervisorError) -> Void
  private let closeStream: @Sendable () -> Void

  public init(
    output: AsyncStream<[UInt8]>, send: @escaping @Sendable ([UInt8]) async throws(HypervisorError) -> Void,
    close: @escaping @Sendable () -> Void
  ) {
    self.output = output
    self.sendBytes = send
    self.closeStream = close
  }

  /// Types into the console. Returns when the host has taken all bytes.
  public func send(_ bytes: [UInt8]) async throws(HypervisorError) { try await sendBytes(bytes) }
  /// Ends the stream; the guest does not notice.
  public func close() { closeStream() }
}
