/// The names of the requests, for capability lists and refusals: xl's words where it has one. What else there is to say of
/// each is its row in the table of `facts`.
public enum Operation: String, Hashable, Codable, Sendable, CaseIterable {
  case create, restore
  case checkConfig = "create-dryrun"
  case pause, unpause, shutdown, reboot, destroy, rename, save, snapshot, migrate
  case dumpCore = "dump-core"
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
  case createPool = "cpupool-create"
  case destroyPool = "cpupool-destroy"
  case renamePool = "cpupool-rename"
  case addToPool = "cpupool-cpu-add"
  case removeFromPool = "cpupool-cpu-remove"
  case moveToPool = "cpupool-migrate"
  case switchScheduler = "sched-switch"
  case setPoolParameters = "sched-parameters"
  case sysrq, trigger
  case showConfig = "config"
  case resizeConsole = "console-resize"
  case trace = "sched-trace"
  case dmesg
  case clearDmesg = "dmesg-clear"
  case debugKeys = "debug-keys"
}

extension Operation {
  /// Its row in the table of operations.
  public var facts: OperationFacts {
    switch self {
    case .create: .init(.creation, .host, xl: "create", "create", "creating the domain", "domain created")
    case .checkConfig:
      .init(.creation, .host, xl: "create -n", changes: false, "check", "checking the config", "config checked")
    case .restore: .init(.creation, .host, xl: "restore", "restore", "restoring the domain", "domain restored")

    case .pause: .init(.life, .domain, xl: "pause", "pause", "pausing %", "% paused")
    case .unpause: .init(.life, .domain, xl: "unpause", "unpause", "resuming %", "% resumed")
    case .shutdown:
      .init(
        .life, .domain, xl: "shutdown", loses: "The guest is asked to power off.", "shutdown",
        "asking % to power off", "% was asked to power off")
    case .reboot:
      .init(
        .life, .domain, xl: "reboot", loses: "The guest is asked to restart.", "reboot", "asking % to restart",
        "% was asked to restart")
    case .destroy:
      .init(
        .life, .domain, xl: "destroy", loses: "Its power is cut: what is not on disk is lost.", "destroy",
        "destroying %", "% destroyed")
    case .rename: .init(.life, .domain, xl: "rename", "name", "renaming %")
    case .save:
      .init(
        .life, .domain, xl: "save", loses: "Its state is written to a file, and the domain ends.", "save",
        "saving %", "% saved")
    case .dumpCore:
      .init(.life, .domain, xl: "dump-core", "core dump", "dumping the core of %", "core of % dumped")
    case .snapshot: .init(.life, .domain, xl: nil, "snapshot", "taking a snapshot of %", "snapshot of % taken")
    case .migrate:
      .init(
        .life, .domain, xl: "migrate", loses: "It moves to the other host, and is gone from this one.", "migrate",
        "migrating %", "% migrated")

    case .setMemory: .init(.resources, .domain, xl: "mem-set", domain0: true, "memory", "setting memory of %")
    case .setMaxMemory:
      .init(.resources, .domain, xl: "mem-max", domain0: true, "maximum memory", "setting maximum memory of %")
    case .setVCPUs: .init(.resources, .domain, xl: "vcpu-set", domain0: true, "vCPUs online", "setting vCPUs of %")
    case .pinVCPU: .init(.resources, .domain, xl: "vcpu-pin", domain0: true, "affinity", "pinning %")

    case .attachNetwork:
      .init(
        .devices, .domain, xl: "network-attach", "network-attach", "attaching a network interface to %",
        "network interface attached to %")
    case .detachNetwork:
      .init(
        .devices, .domain, xl: "network-detach", loses: "The guest loses the interface and its connections.",
        "network-detach", "detaching a network interface from %", "network interface detached from %")
    case .attachDisk:
      .init(.devices, .domain, xl: "block-attach", "block-attach", "attaching a disk to %", "disk attached to %")
    case .detachDisk:
      .init(
        .devices, .domain, xl: "block-detach", loses: "What the guest has not written to the disk yet is lost.",
        "block-detach", "detaching a disk from %", "disk detached from %")

    case .setCredit: .scheduling(.credit, xl: "sched-credit", domain0: true)
    case .setCredit2: .scheduling(.credit2, xl: "sched-credit2", domain0: true)
    case .setRTDS: .scheduling(.rtds, xl: "sched-rtds", domain0: true)
    case .setSEDF: .scheduling(.sedf, xl: "sched-sedf", domain0: false)
    case .setBVT: .scheduling(.bvt, xl: "sched-bvt", domain0: false)

    case .createPool: .init(.pools, .pool, xl: "cpupool-create", "cpupool-create", "creating %", "% created")
    case .destroyPool:
      .init(
        .pools, .pool, xl: "cpupool-destroy",
        loses: "Its pCPUs are left without a cpupool, and its parameters are lost.",
        "cpupool-destroy", "destroying %", "% destroyed")
    case .renamePool: .init(.pools, .pool, xl: "cpupool-rename", "name", "renaming %")
    case .addToPool: .init(.pools, .pool, xl: "cpupool-cpu-add", "pCPUs", "adding pCPUs to %")
    case .removeFromPool: .init(.pools, .pool, xl: "cpupool-cpu-remove", "pCPUs", "removing pCPUs from %")
    case .moveToPool: .init(.pools, .domain, xl: "cpupool-migrate", "pool", "moving %")
    case .switchScheduler: .init(.pools, .pool, xl: nil, "scheduler", "exchanging the scheduler of %")
    case .setPoolParameters: .init(.pools, .pool, xl: "sched-credit -s", "parameters", "setting parameters of %")

    case .sysrq: .init(.guest, .domain, xl: "sysrq", "sysrq", "sending a SysRq key to %", "SysRq key sent to %")
    case .trigger:
      .init(
        .guest, .domain, xl: "trigger", loses: "What the guest does then is its own affair.", "trigger",
        "sending % an event", "event sent to %")
    case .showConfig:
      .init(.guest, .domain, xl: "list -l", changes: false, domain0: true, "config", "reading the config of %")
    case .resizeConsole: .init(.guest, .domain, xl: nil, "console-resize", "resizing the console of %")

    case .trace: .init(.diagnostics, .pool, xl: nil, changes: false, "trace", "reading the trace of %")
    case .dmesg: .init(.diagnostics, .host, xl: "dmesg", changes: false, "dmesg", "reading the messages")
    case .clearDmesg:
      .init(.diagnostics, .host, xl: "dmesg -c", "dmesg-clear", "clearing the messages", "messages cleared")
    case .debugKeys:
      .init(
        .diagnostics, .host, xl: "debug-keys", "debug-keys", "sending debug keys",
        "the answer is in the hypervisor's messages: ':dmesg' shows them")
    }
  }

  /// Which family of requests it belongs to.
  public var family: OperationFacts.Family { facts.family }

  /// What loses something that can't be got back, and is asked for first.
  public static let destructive: Set<Operation> = Set(allCases.filter { $0.facts.loss != nil })
}

extension OperationFacts {
  fileprivate static func scheduling(_ scheduler: Scheduler, xl: String, domain0: Bool) -> OperationFacts {
    OperationFacts(
      .scheduling(scheduler), .domain, xl: xl, domain0: domain0, scheduler.rawValue,
      "setting \(scheduler.rawValue) parameters of %")
  }
}
