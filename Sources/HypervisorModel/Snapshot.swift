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
  public var pools: [PoolSnapshot]
  /// In order of their ids; Domain-0 first.
  public var domains: [DomainSnapshot]
  /// What is wrong with the host while it goes on, a sentence each.
  public var warnings: [String]

  public init(
    time: Nanoseconds, wallClock: Double, memory: Bytes, freeMemory: Bytes, pcpus: [PCPUSnapshot],
    pools: [PoolSnapshot] = [], domains: [DomainSnapshot], warnings: [String] = []
  ) {
    self.time = time
    self.wallClock = wallClock
    self.memory = memory
    self.freeMemory = freeMemory
    self.pcpus = pcpus
    self.pools = pools
    self.domains = domains
    self.warnings = warnings
  }
}

/// A cpupool: physical CPUs with a scheduler of their own.
public struct PoolSnapshot: Hashable, Codable, Sendable {
  /// The pool that every host has.
  public static let standardName = "Pool-0"

  public var name: String
  /// Nil: one that this version does not know.
  @Known public var scheduler: Scheduler?
  public var pcpus: CPUSet
  /// How many domains are in it.
  public var domains: Int
  /// The parameters that its scheduler has.
  public var parameters: ParameterValues
  /// The table that arinc653 goes by. Nil under any other scheduler, and where none was given.
  public var frame: FrameTable?

  public init(
    name: String = standardName, scheduler: Scheduler?, pcpus: CPUSet, domains: Int,
    parameters: ParameterValues = [:], frame: FrameTable? = nil
  ) {
    self.name = name
    _scheduler = Known(wrappedValue: scheduler)
    self.pcpus = pcpus
    self.domains = domains
    self.parameters = parameters
    self.frame = frame
  }

  /// The scheduler's word for the operator.
  public var schedulerName: String { scheduler?.rawValue ?? "unknown" }
}

/// A physical CPU's counters since the host started.
public struct PCPUSnapshot: Hashable, Codable, Sendable {
  public var id: PCPUID
  /// CPU time that guests really got on it. Nil where the hypervisor does not tell.
  public var busy: Nanoseconds?
  /// Wall time in which a guest was on it but other programs of the machine had the CPU. Nil where that can't be or is not
  /// told.
  public var stolen: Nanoseconds?
  /// Nil: it is in none.
  public var pool: String?

  public init(id: PCPUID, busy: Nanoseconds?, stolen: Nanoseconds?, pool: String? = PoolSnapshot.standardName) {
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
  /// Memory that the guest has now, as `xl list` shows it: more than `memory` where the host backs it when it is touched.
  public var guestMemory: Bytes
  /// Memory that the domain may use. Nil: no limit (Domain-0).
  public var maxMemory: Bytes?
  /// Nil where the scheduler has none for this domain.
  public var weight: Weight?
  public var cap: Cap?
  public var pool: String
  /// Seconds since 1970 at which the domain was made. Nil where the host does not know.
  public var createdAt: Double?
  public var type: GuestType
  public var networks: [NetworkSnapshot]
  public var disks: [DiskSnapshot]
  /// The label of the host's security module. Nil where there is none.
  public var ssid: UInt32?
  /// Nil under any other scheduler than sedf.
  public var sedf: SEDFParameters?
  /// Nil under any other scheduler than bvt.
  public var bvt: BVTParameters?

  public init(
    reference: DomainReference, name: String, state: DomainState, cpuTime: Nanoseconds, vcpus: [VCPUSnapshot],
    memory: Bytes, maxMemory: Bytes?, weight: Weight?, cap: Cap?, pool: String = PoolSnapshot.standardName,
    createdAt: Double?, type: GuestType = .pv, networks: [NetworkSnapshot] = [], disks: [DiskSnapshot] = [],
    guestMemory: Bytes? = nil, ssid: UInt32? = nil, sedf: SEDFParameters? = nil, bvt: BVTParameters? = nil
  ) {
    self.reference = reference
    self.name = name
    self.state = state
    self.cpuTime = cpuTime
    self.vcpus = vcpus
    self.memory = memory
    self.guestMemory = guestMemory ?? memory
    self.maxMemory = maxMemory
    self.weight = weight
    self.cap = cap
    self.pool = pool
    self.createdAt = createdAt
    self.type = type
    self.networks = networks
    self.disks = disks
    self.ssid = ssid
    self.sedf = sedf
    self.bvt = bvt
  }
}

/// How a guest is virtualised.
public enum GuestType: String, Hashable, Codable, Sendable {
  case pv, pvh, hvm
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
  /// Where it may run.
  public var hardAffinity: CPUSet
  /// Where it prefers to run.
  public var softAffinity: CPUSet
  /// Nil under any other scheduler than rtds.
  public var realTime: RealTimeParameters?
  /// Nil where the engine does not tell.
  public var scheduling: SchedulingCounters?

  public init(
    id: VCPUID, state: State, pcpu: PCPUID?, cpuTime: Nanoseconds, waitTime: Nanoseconds?,
    hardAffinity: CPUSet = .all, softAffinity: CPUSet = .all, realTime: RealTimeParameters? = nil,
    scheduling: SchedulingCounters? = nil
  ) {
    self.id = id
    self.state = state
    self.pcpu = pcpu
    self.cpuTime = cpuTime
    self.waitTime = waitTime
    self.hardAffinity = hardAffinity
    self.softAffinity = softAffinity
    self.realTime = realTime
    self.scheduling = scheduling
  }
}

/// A virtual network interface and its counters, as the guest sees them.
public struct NetworkSnapshot: Hashable, Codable, Sendable {
  /// The number among the domain's interfaces.
  public var id: Int
  public var mac: String
  /// The bridge on the backend's side; nil where there is none or it is not known.
  public var bridge: String?
  /// The domain that serves it.
  public var backend: DomainID
  public var connection: DeviceConnection
  /// Nil where the host has no counters of it (another domain serves it).
  public var counters: Counters?

  public struct Counters: Hashable, Codable, Sendable {
    public var transmitted: Traffic
    public var received: Traffic

    public init(transmitted: Traffic, received: Traffic) {
      self.transmitted = transmitted
      self.received = received
    }
  }

  public struct Traffic: Hashable, Codable, Sendable {
    public var bytes: UInt64
    public var packets: UInt64
    public var errors: UInt64
    public var drops: UInt64

    public init(bytes: UInt64, packets: UInt64, errors: UInt64, drops: UInt64) {
      self.bytes = bytes
      self.packets = packets
      self.errors = errors
      self.drops = drops
    }
  }

  public init(
    id: Int, mac: String, bridge: String?, backend: DomainID, connection: DeviceConnection, counters: Counters?
  ) {
    self.id = id
    self.mac = mac
    self.bridge = bridge
    self.backend = backend
    self.connection = connection
    self.counters = counters
  }
}

/// A virtual disk and its counters.
public struct DiskSnapshot: Hashable, Codable, Sendable {
  /// The virtual device's number, as the guest's xenstore has it.
  public var id: Int
  /// As the guest calls it, such as `xvda`.
  public var name: String
  /// What it is on the backend's side.
  public var target: String
  public var isReadOnly: Bool
  /// The domain that serves it.
  public var backend: DomainID
  public var connection: DeviceConnection
  /// Nil where the host has no counters of it (another domain, or a program, serves it).
  public var counters: Counters?

  public struct Counters: Hashable, Codable, Sendable {
    public var reads: UInt64
    public var writes: UInt64
    public var readSectors: UInt64
    public var writtenSectors: UInt64
    /// How often a request had to wait because the ring was full.
    public var outOfRequests: UInt64

    public init(
      reads: UInt64, writes: UInt64, readSectors: UInt64, writtenSectors: UInt64, outOfRequests: UInt64
    ) {
      self.reads = reads
      self.writes = writes
      self.readSectors = readSectors
      self.writtenSectors = writtenSectors
      self.outOfRequests = outOfRequests
    }
  }

  public init(
    id: Int, name: String, target: String, isReadOnly: Bool, backend: DomainID, connection: DeviceConnection,
    counters: Counters?
  ) {
    self.id = id
    self.name = name
    self.target = target
    self.isReadOnly = isReadOnly
    self.backend = backend
    self.connection = connection
    self.counters = counters
  }
}
