import FoundationEssentials

/// A host and its domains at one moment: monotonic counters and the time at which they were read.
public struct HostSnapshot: Hashable, Codable, Sendable {
  /// The host's monotonic clock when the counters were read.
  public var time: Nanoseconds
  /// Seconds since 1970 at that moment.
  public var wallClock: Double
  public var memory: Bytes
  public var freeMemory: Bytes
  public var pcpus: [PCPUSnapshot]
  /// In order of their ids; Domain-0 first.
  public var domains: [DomainSnapshot]

  public init(
    time: Nanoseconds, wallClock: Double, memory: Bytes, freeMemory: Bytes, pcpus: [PCPUSnapshot],
    domains: [DomainSnapshot]
  ) {
    self.time = time
    self.wallClock = wallClock
    self.memory = memory
    self.freeMemory = freeMemory
    self.pcpus = pcpus
    self.domains = domains
  }
}

/// A physical CPU's counters since the host started.
public struct PCPUSnapshot: Hashable, Codable, Sendable {
  public var id: PCPUID
  /// CPU time that guests really got on it.
  public var busy: Nanoseconds
  /// Wall time in which a guest was on it but other programs of the machine had the CPU.
  public var stolen: Nanoseconds
  public var pool: String

  public init(id: PCPUID, busy: Nanoseconds, stolen: Nanoseconds, pool: String = "Pool-0") {
    self.id = id
    self.busy = busy
    self.stolen = stolen
    self.pool = pool
  }
}

/// One domain's state and counters.
public struct DomainSnapshot: Hashable, Codable, Sendable {
  public var reference: DomainReference
  public var name: String
  public var state: DomainState
  /// CPU time of all vCPUs since the domain was made.
  public var cpuTime: Nanoseconds
  public var vcpus: [VCPUSnapshot]
  /// Host memory that the domain really holds.
  public var memory: Bytes
  /// Memory that the domain may use. Nil: no limit (Domain-0).
  public var maxMemory: Bytes?
  /// Nil where the scheduler has none for this domain.
  public var weight: Weight?
  public var cap: Cap?
  public var pool: String
  /// Seconds since 1970 at which the domain was made.
  public var createdAt: Double

  public init(
    reference: DomainReference, name: String, state: DomainState, cpuTime: Nanoseconds, vcpus: [VCPUSnapshot],
    memory: Bytes, maxMemory: Bytes?, weight: Weight?, cap: Cap?, pool: String = "Pool-0", createdAt: Double
  ) {
    self.reference = reference
    self.name = name
    self.state = state
    self.cpuTime = cpuTime
    self.vcpus = vcpus
    self.memory = memory
    self.maxMemory = maxMemory
    self.weight = weight
    self.cap = cap
    self.pool = pool
    self.createdAt = createdAt
  }
}

/// One vCPU's state and counters.
public struct VCPUSnapshot: Hashable, Codable, Sendable {
  public enum State: String, Hashable, Codable, Sendable {
    /// On a physical CPU.
    case running
    /// Wants one.
    case runnable
    /// Waits for an event.
    case blocked
    case paused
    /// Not started by the guest, or taken out by it.
    case offline

    /// xl vcpu-list's three letters.
    public var flags: String {
      switch self {
      case .running: "r--"
      case .runnable: "---"
      case .blocked: "-b-"
      case .paused: "--p"
      case .offline: "--p"
      }
    }
  }

  public var id: VCPUID
  public var state: State
  /// Where it runs or ran last; nil if it never ran.
  public var pcpu: PCPUID?
  /// CPU time that it really got, the slice that is running now included.
  public var cpuTime: Nanoseconds
  /// Time in which it could have run but had no physical CPU. Nil where the engine has no such figure.
  public var waitTime: Nanoseconds?

  public init(id: VCPUID, state: State, pcpu: PCPUID?, cpuTime: Nanoseconds, waitTime: Nanoseconds?) {
    self.id = id
    self.state = state
    self.pcpu = pcpu
    self.cpuTime = cpuTime
    self.waitTime = waitTime
  }
}
