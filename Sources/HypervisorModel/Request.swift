/// Everything that a hypervisor can be asked to do. Each case says when it is legal; where nothing else is said the answer is
/// `.done`, and the domain must neither be shut down nor dying.
public enum Request: Hashable, Codable, Sendable {
  // MARK: Life

  /// Make a domain and start it, or leave it paused. Legal when no domain has its name or UUID. Answer: `.created`.
  case create(DomainSource, paused: Bool)
  /// Say what the host makes of a config file; makes no domain. Answer: `.text`, empty where there is nothing to say.
  case checkConfig(ConfigFileText)
  /// Stop a domain's vCPUs where they are. Not for Domain-0.
  case pause(DomainReference)
  /// Let a paused domain go on. Legal when it is paused.
  case unpause(DomainReference)
  /// Ask the guest to power off. Legal when it runs and its agent answers; returns when the guest took the wish.
  case shutdown(DomainReference)
  /// Ask the guest to restart. As `shutdown`.
  case reboot(DomainReference)
  /// Take a domain away at once. Legal in every state; not for Domain-0.
  case destroy(DomainReference)
  case rename(DomainReference, to: String)
  /// Write the domain's state to a new file on the host, an absolute path. Not for Domain-0.
  case save(DomainReference, path: String, then: AfterSave)
  /// Make a domain from such a file. Legal when no domain has its name or UUID. Answer: `.created`.
  case restore(path: String, paused: Bool)
  /// Keep the domain's memory and disks as they are now under a name, while it runs on. Not for Domain-0.
  case snapshot(DomainReference, name: String)
  /// Move the domain to another host, named as ssh names it, while it runs. Not for Domain-0.
  case migrate(DomainReference, to: String)
  /// Send the guest's kernel a magic SysRq key, one letter or digit.
  case sysrq(DomainReference, key: String)
  /// Send the guest a hardware event, to one vCPU or to the one that it is meant for.
  case trigger(DomainReference, Trigger, vcpu: VCPUID?)
  /// Say what the domain was made from. Legal in every state. Answer: `.text`: a config file that makes the same again, or on
  /// Xen what `xl list -l` prints.
  case showConfig(DomainReference)
  /// Tell the guest how large the terminal at its console is, so that full-screen programs fit. Legal when it runs and its
  /// agent answers.
  case resizeConsole(DomainReference, columns: Int, rows: Int)

  // MARK: Resources

  /// Ask the guest to shrink or grow to so much memory. At most its maximum.
  case setMemory(DomainReference, Bytes)
  /// The most memory that the domain may have.
  case setMaxMemory(DomainReference, Bytes)
  /// How many vCPUs are online. 1 to the domain's maximum.
  case setVCPUs(DomainReference, count: Int)
  /// Where a vCPU, or with nil each of them, may run (hard) and prefers to (soft); nil leaves an affinity as it is.
  case pinVCPU(DomainReference, VCPUID?, hard: CPUSet?, soft: CPUSet?)
  /// Add a network interface, in the words of xl's `network-attach` (xl-network-configuration(5)).
  case attachNetwork(DomainReference, String)
  /// Take away a network interface by number or MAC address.
  case detachNetwork(DomainReference, String)
  /// Add a disk, in the words of xl's `block-attach` (xl-disk-configuration(5)).
  case attachDisk(DomainReference, String)
  /// Take away a disk by its virtual device's name or number.
  case detachDisk(DomainReference, String)

  // MARK: Schedulers

  /// Change the parameters of the credit scheduler; nil leaves one as it is. Legal for a domain that it schedules.
  case setCredit(DomainReference, weight: Weight?, cap: Cap?)
  /// Change the parameters of the credit2 scheduler; nil leaves one as it is. Legal for a domain that it schedules.
  case setCredit2(DomainReference, weight: Weight?, cap: Cap?)
  /// Change the real-time parameters of a vCPU, or with nil of all; nil leaves one as it is. Legal for a domain that the rtds
  /// scheduler schedules.
  case setRTDS(DomainReference, VCPUID?, period: Nanoseconds?, budget: Nanoseconds?, extratime: Bool?)
  /// Change the parameters of the sedf scheduler; nil leaves one as it is. Legal for a domain that it schedules.
  case setSEDF(DomainReference, weight: Weight?, period: Nanoseconds?, slice: Nanoseconds?, extratime: Bool?)
  /// Set the parameters of the bvt scheduler. Legal for a domain that it schedules.
  case setBVT(DomainReference, BVTParameters)
  /// Change what holds for a whole pool. Legal where the pool's scheduler has such parameters.
  case setPoolParameters(pool: String, PoolChange)
  /// What the scheduler of a pool did: events from a number on, or with nil as far back as they are kept. A few thousand at
  /// most; `next` in the answer asks for more. Answer: `.trace`.
  case trace(pool: String, from: UInt64?)

  /// Exchange the scheduler of a running pool, in Xen's word; its domains go on, weights carry over.
  case switchScheduler(pool: String, to: String)

  // MARK: Cpupools

  /// Make a pool of free pCPUs. `scheduler` in Xen's word; nil is the host's default. Legal when no pool has the name.
  case createPool(name: String, scheduler: String?, pcpus: CPUSet)
  /// Legal when no domain is in it; not for Pool-0.
  case destroyPool(String)
  case renamePool(String, to: String)
  /// Give the pool pCPUs that no pool has.
  case addToPool(String, CPUSet)
  /// Take pCPUs out of the pool; one must stay while domains are in it.
  case removeFromPool(String, CPUSet)
  case moveToPool(DomainReference, String)

  // MARK: The host

  /// The hypervisor's messages; `clear` empties their buffer. Answer: `.text`.
  case dmesg(clear: Bool)
  /// Have the hypervisor write to its messages what the keys stand for.
  case debugKeys(String)
}

/// What a domain is made from.
public enum DomainSource: Hashable, Codable, Sendable {
  case config(DomainConfig)
  /// A config file, which the host reads in its own way.
  case file(ConfigFileText)
}

/// A config file as the operator has it, before anybody has read it.
public struct ConfigFileText: Hashable, Codable, Sendable {
  /// For messages.
  public var name: String
  public var text: String
  /// `key=value`, applied after the file.
  public var settings: [String]
  /// An absolute path: what relative paths in it start from.
  public var directory: String

  public init(name: String, text: String, settings: [String] = [], directory: String) {
    self.name = name
    self.text = text
    self.settings = settings
    self.directory = directory
  }
}

/// A change of what holds for a whole pool; nil leaves a value as it is.
public struct PoolChange: Hashable, Codable, Sendable {
  /// credit's time slice, 1 to 1000 ms.
  public var timeSlice: Nanoseconds?
  /// The least time for a vCPU under credit and credit2: 0 (off) or 100 to 500000 µs.
  public var rateLimit: Nanoseconds?
  /// How long credit leaves a vCPU at its pCPU after it ran, 0 (off) to 100000 µs.
  public var migrationDelay: Nanoseconds?
  /// bvt's context switch allowance, 0 to 100 ms.
  public var switchAllowance: Nanoseconds?
  /// arinc653's table.
  public var frame: FrameTable?

  public init(
    timeSlice: Nanoseconds? = nil, rateLimit: Nanoseconds? = nil, migrationDelay: Nanoseconds? = nil,
    switchAllowance: Nanoseconds? = nil, frame: FrameTable? = nil
  ) {
    self.timeSlice = timeSlice
    self.rateLimit = rateLimit
    self.migrationDelay = migrationDelay
    self.switchAllowance = switchAllowance
    self.frame = frame
  }

  /// What is wrong with it, with the range that would be right; nil where nothing is.
  public var fault: String? {
    func outside(_ range: ClosedRange<Nanoseconds>, _ value: Nanoseconds?) -> Bool {
      value.map { !range.contains($0) } ?? false
    }
    if outside(.milliseconds(1)...(.milliseconds(1000)), timeSlice) { return "the time slice must be 1 to 1000 ms" }
    if rateLimit != .zero, outside(.microseconds(100)...(.microseconds(500_000)), rateLimit) {
      return "the rate limit must be 0 or 100 to 500000 µs"
    }
    if outside(.zero...(.microseconds(100_000)), migrationDelay) {
      return "the migration delay must be 0 to 100000 µs"
    }
    if outside(.zero...(.milliseconds(100)), switchAllowance) {
      return "the context switch allowance must be 0 to 100 ms"
    }
    return frame?.fault
  }
}

/// What becomes of a domain whose state was saved.
public enum AfterSave: String, Hashable, Codable, Sendable {
  case destroy, goOn, pause
}

/// A hardware event for a guest, in the words of `xl trigger`.
public enum Trigger: String, Hashable, Codable, Sendable, CaseIterable {
  case nmi, reset, `init`, power, sleep, s3resume
}

extension Request {
  /// Which kind of request it is, without its operands.
  public var operation: Operation {
    switch self {
    case .create: .create
    case .checkConfig: .checkConfig
    case .pause: .pause
    case .unpause: .unpause
    case .shutdown: .shutdown
    case .reboot: .reboot
    case .destroy: .destroy
    case .rename: .rename
    case .save: .save
    case .restore: .restore
    case .migrate: .migrate
    case .snapshot: .snapshot
    case .sysrq: .sysrq
    case .trigger: .trigger
    case .showConfig: .showConfig
    case .resizeConsole: .resizeConsole
    case .setMemory: .setMemory
    case .setMaxMemory: .setMaxMemory
    case .setVCPUs: .setVCPUs
    case .pinVCPU: .pinVCPU
    case .attachNetwork: .attachNetwork
    case .detachNetwork: .detachNetwork
    case .attachDisk: .attachDisk
    case .detachDisk: .detachDisk
    case .setCredit: .setCredit
    case .setCredit2: .setCredit2
    case .setRTDS: .setRTDS
    case .setSEDF: .setSEDF
    case .setBVT: .setBVT
    case .trace: .trace
    case .setPoolParameters: .setPoolParameters
    case .switchScheduler: .switchScheduler
    case .createPool: .createPool
    case .destroyPool: .destroyPool
    case .renamePool: .renamePool
    case .addToPool: .addToPool
    case .removeFromPool: .removeFromPool
    case .moveToPool: .moveToPool
    case .dmesg: .dmesg
    case .debugKeys: .debugKeys
    }
  }

  /// The domain that it is about; nil where it is about none that is there already.
  public var domain: DomainReference? {
    switch self {
    case .create, .checkConfig, .restore, .setPoolParameters, .trace, .switchScheduler, .createPool, .destroyPool,
      .renamePool, .addToPool, .removeFromPool, .dmesg, .debugKeys:
      nil
    case .pause(let domain), .unpause(let domain), .shutdown(let domain), .reboot(let domain), .destroy(let domain),
      .rename(let domain, _), .save(let domain, _, _), .migrate(let domain, _), .snapshot(let domain, _),
      .sysrq(let domain, _),
      .trigger(let domain, _, _), .showConfig(let domain), .resizeConsole(let domain, _, _), .setMemory(let domain, _),
      .setMaxMemory(let domain, _), .setVCPUs(let domain, _),
      .pinVCPU(let domain, _, _, _), .attachNetwork(let domain, _), .detachNetwork(let domain, _),
      .attachDisk(let domain, _), .detachDisk(let domain, _), .setCredit(let domain, _, _),
      .setCredit2(let domain, _, _), .setRTDS(let domain, _, _, _, _), .setSEDF(let domain, _, _, _, _),
      .setBVT(let domain, _), .moveToPool(let domain, _):
      domain
    }
  }
}

extension Request {
  /// The cpupool that it is about; nil where it is about a domain or the host.
  public var pool: String? {
    switch self {
    case .setPoolParameters(let pool, _), .trace(let pool, _), .switchScheduler(let pool, _),
      .createPool(let pool, _, _), .destroyPool(let pool), .renamePool(let pool, _), .addToPool(let pool, _),
      .removeFromPool(let pool, _):
      pool
    default: nil
    }
  }

  /// Whether it changes anything; if it only looks, a read-only connection may ask for it.
  public var isChange: Bool {
    switch self {
    case .checkConfig, .showConfig, .trace, .dmesg(clear: false): false
    default: true
    }
  }
}

/// The names of the requests, for capability lists and refusals: xl's words where it has one.
public enum Operation: String, Hashable, Codable, Sendable, CaseIterable {
  case create, pause, unpause, shutdown, reboot, destroy, rename, save, restore, migrate, snapshot, sysrq, trigger,
    dmesg
  case checkConfig = "create-dryrun"
  case showConfig = "config"
  case resizeConsole = "console-resize"
  case setMemory = "mem-set"
  case setMaxMemory = "mem-max"
  case setVCPUs = "vcpu-set"
  case pinVCPU = "vcpu-pin"
  case attachNetwork = "network-attach"
  case detachNetwork = "network-detach"
  case attachDisk = "block-attach"
  case detachDisk = "block-detach"
  case setCredit = "sched-credit"
  case setCredit2 = "sched-credit2"
  case setRTDS = "sched-rtds"
  case setSEDF = "sched-sedf"
  case setBVT = "sched-bvt"
  case trace = "sched-trace"
  case setPoolParameters = "sched-parameters"
  case switchScheduler = "sched-switch"
  case createPool = "cpupool-create"
  case destroyPool = "cpupool-destroy"
  case renamePool = "cpupool-rename"
  case addToPool = "cpupool-cpu-add"
  case removeFromPool = "cpupool-cpu-remove"
  case moveToPool = "cpupool-migrate"
  case debugKeys = "debug-keys"
}

/// The answer to a request that was carried out.
public enum Reply: Hashable, Codable, Sendable {
  case done
  /// With what the operator should know about the config.
  case created(DomainReference, warnings: [String])
  case text(String)
  case trace(SchedulingTrace)
}

/// Why a request was not carried out.
public enum HypervisorError: Error, Hashable, Codable, Sendable {
  /// No such domain, or its host, UUID and id disagree.
  case noSuchDomain(String)
  /// The domain's state does not allow it.
  case wrongState(operation: Operation, domain: String, state: String)
  /// A value is outside what is allowed; the text names the value and the range.
  case invalid(String)
  /// A domain with this name or UUID is there already.
  case exists(String)
  /// This engine, or this domain, can't do it; the text says why.
  case unavailable(operation: Operation, reason: String)
  /// The guest has no agent that answers.
  case noAgent(domain: String)
  /// This connection may only look.
  case readOnly(operation: Operation)
  /// The host has no more memory, descriptors, threads or disk; the text says which.
  case exhausted(String)
  /// The host is not there, or the connection broke.
  case disconnected(String)
  /// The other side speaks another protocol, or sent what can't be understood.
  case protocolViolation(String)
  /// The host failed in a way that is none of the above.
  case failed(String)
}

extension HypervisorError: CustomStringConvertible {
  /// One line that tells what is wrong and, where it can, what to do.
  public var description: String {
    switch self {
    case .noSuchDomain(let name): "no domain '\(name)' here; 'domus list' shows what there is"
    case .wrongState(let operation, let domain, let state):
      "can't \(operation.rawValue) domain '\(domain)': it is \(state)"
    case .invalid(let text): text
    case .exists(let name): "a domain '\(name)' is there already; destroy it or choose another name"
    case .unavailable(let operation, let reason): "\(operation.rawValue) is not available: \(reason)"
    case .noAgent(let domain):
      "domain '\(domain)' has no guest agent that answers; use its console, or 'domus destroy \(domain)' to take it away"
    case .readOnly(let operation): "can't \(operation.rawValue): this connection is read-only"
    case .exhausted(let text): text
    case .disconnected(let text): text
    case .protocolViolation(let text): text
    case .failed(let text): text
    }
  }
}
