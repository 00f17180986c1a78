import FoundationEssentials
import HypervisorModel

@testable import Remote

/// What goes over the wire: a value of each kind, the same in every run.
enum FrameSamples {
  private static let id = UUID(uuidString: "6A2B3C4D-0001-4002-8003-000000000004") ?? .zero
  static let domain = DomainReference(host: HostID(rawValue: "host"), uuid: id, id: DomainID(7))

  private static let vcpu = VCPUSnapshot(
    id: VCPUID(0), state: .running, pcpu: PCPUID(1), cpuTime: .seconds(3), waitTime: .milliseconds(5),
    hardAffinity: .of([0, 1, 2, 5]), softAffinity: .all,
    realTime: RealTimeParameters(period: .milliseconds(10), budget: .milliseconds(4), extratime: true),
    scheduling: SchedulingCounters(
      switches: 9, migrations: 2, wakeLatency: .init(p50: .microseconds(20), p99: .microseconds(90)),
      lastSwitch: .heldBack, isHeldBack: true, share: 0.5, waiting: 0.25))

  private static let traffic = NetworkSnapshot.Traffic(bytes: 4000, packets: 40, errors: 1, drops: 2)

  private static func snapshot(_ state: DomainState, _ type: GuestType) -> DomainSnapshot {
    DomainSnapshot(
      reference: domain, name: "web \"ü\"", state: state, cpuTime: .seconds(3), vcpus: [vcpu],
      memory: .mebibytes(64), maxMemory: .mebibytes(96), weight: .default, cap: Cap(clamping: 50), createdAt: 1.7e9,
      type: type,
      networks: [
        NetworkSnapshot(
          id: 0, mac: "00:16:3e:00:00:01", bridge: "br0", backend: .domain0, connection: .connected,
          counters: .init(transmitted: traffic, received: traffic))
      ],
      disks: [
        DiskSnapshot(
          id: 51712, name: "xvda", target: "/d.img", isReadOnly: true, backend: .domain0, connection: .connected,
          counters: .init(reads: 1, writes: 2, readSectors: 3, writtenSectors: 4, outOfRequests: 5))
      ],
      guestMemory: .mebibytes(60), ssid: 3, sedf: SEDFParameters(period: .milliseconds(20), slice: .milliseconds(5)),
      bvt: BVTParameters(advance: 5, isWarped: true, warpValue: .milliseconds(3)))
  }

  static let host = HostSnapshot(
    time: .seconds(100), wallClock: 1.7e9, memory: .mebibytes(8192), freeMemory: .mebibytes(4096),
    pcpus: [
      PCPUSnapshot(id: PCPUID(0), busy: .seconds(9), stolen: .seconds(1)),
      PCPUSnapshot(id: PCPUID(1), busy: nil, stolen: nil, pool: nil),
    ],
    pools: [
      PoolSnapshot(
        scheduler: .arinc653, pcpus: .of([0]), domains: 2,
        parameters: [.timeSlice: 30_000_000, .switchAllowance: 2_000_000],
        frame: FrameTable(
          majorFrame: .milliseconds(10),
          slots: [.init(domain: id, vcpu: VCPUID(0), runtime: .milliseconds(2))])),
      PoolSnapshot(name: "empty", scheduler: .credit2, pcpus: .some([]), domains: 0),
    ],
    domains: [
      snapshot(.running, .pv), snapshot(.shutdown(.crash), .hvm), snapshot(.paused, .pvh), snapshot(.dying, .pv),
      snapshot(.building, .pv), snapshot(.runnable, .pv), snapshot(.blocked, .pv),
    ],
    warnings: ["xenstored does not answer"])

  /// At least one of each operation.
  static let requests: [Request] = {
    let file = ConfigFileText(name: "a.cfg", text: "name = 'a'\n", settings: ["vcpus=2"], directory: "/srv")
    return [
      .creation(.create(source: .config(DomainConfig(name: "a", kernel: .builtin)), paused: true)),
      .creation(.create(source: .file(file), paused: false)),
      .creation(.checkConfig(file: file)), .life(domain, .pause), .life(domain, .unpause), .life(domain, .shutdown),
      .life(domain, .reboot), .life(domain, .destroy),
      .life(domain, .rename(to: "b")), .life(domain, .save(path: "/s", then: .goOn)),
      .life(domain, .dumpCore(path: "/c")),
      .creation(.restore(path: "/s", paused: true)),
      .life(domain, .migrate(host: "root@b")), .life(domain, .snapshot(name: "s")), .guest(domain, .sysrq(key: "h")),
      .guest(domain, .trigger(trigger: .nmi, vcpu: VCPUID(1))), .guest(domain, .showConfig),
      .guest(domain, .resizeConsole(columns: 80, rows: 24)),
      .resources(domain, .setMemory(memory: .mebibytes(64))),
      .resources(domain, .setMaxMemory(memory: .mebibytes(65))),
      .resources(domain, .setVCPUs(count: 2)), .resources(domain, .pinVCPU(vcpu: nil, hard: .of([0, 2]), soft: .all)),
      .devices(domain, .attachNetwork(network: NetworkSpec(bridge: "b"))),
      .devices(domain, .detachNetwork(device: "0")),
      .devices(domain, .attachDisk(disk: DiskSpec(target: "d", device: "xvdb"))),
      .devices(domain, .detachDisk(device: "xvdb")), .scheduling(domain, SchedulingChange(.credit, [.cap: 50])),
      .scheduling(domain, SchedulingChange(.credit2, [.weight: 512])),
      .scheduling(
        domain, SchedulingChange(.rtds, vcpu: VCPUID(0), [.period: 10000000, .budget: 4000000, .extratime: 1])),
      .scheduling(domain, SchedulingChange(.sedf, [.weight: 256, .sedfPeriod: 20000000, .slice: 5000000, .extra: 0])),
      .scheduling(domain, SchedulingChange(.bvt, [.advance: 5, .warpback: 1, .warpValue: 3_000_000])),
      .pools(.setParameters(pool: "p", change: PoolChange([.timeSlice: 5000000, .rateLimit: 0]))),
      .pools(
        .setParameters(
          pool: "p",
          change: PoolChange(
            [.migrationDelay: 0, .switchAllowance: 2000000],
            frame: FrameTable(
              majorFrame: .milliseconds(10), slots: [.init(domain: domain.uuid, runtime: .milliseconds(2))])))),
      .diagnostics(.trace(pool: "p", from: nil)), .diagnostics(.trace(pool: "p", from: 7)),
      .pools(.switchScheduler(pool: "p", to: .credit)), .pools(.create(pool: "p", scheduler: nil, pcpus: .of([3]))),
      .pools(.destroy(pool: "p")), .pools(.rename(pool: "p", to: "q")), .pools(.addPCPUs(pool: "p", pcpus: .of([1]))),
      .pools(.removePCPUs(pool: "p", pcpus: .of([1]))),
      .pools(.move(domain: domain, pool: "p")), .diagnostics(.dmesg), .diagnostics(.clearDmesg),
      .diagnostics(.debugKeys(keys: "r")),
    ]
  }()

  /// One of each kind.
  static let errors: [HypervisorError] = [
    .noSuchDomain("d"), .wrongState(operation: .setCredit2, domain: "d", state: "s"), .invalid("i"),
    .exists("e"), .unavailable(operation: .create, reason: "r"), .noAgent(domain: "d"), .readOnly(operation: .reboot),
    .exhausted("x"), .disconnected("c"), .protocolViolation("p"), .failed("f"),
  ]

  static let events: [HypervisorEvent] = [
    .appeared(domain, name: "web"), .changed(domain, name: "web", state: .paused),
    .gone(domain, name: "web", reason: .crash), .progress(work: "save web", fraction: 0.5),
  ]

  static let replies: [Reply] = [
    .done, .created(domain, warnings: ["w"]), .text("(XEN) t\n"),
    .trace(SchedulingTrace(events: [], next: 7, lost: 1, time: .seconds(9))),
  ]

  static let description = HostDescription(
    host: domain.host, hostname: "lab", engine: "DomusEngine", version: "1", scheduler: .credit2, pcpus: 2,
    memory: .mebibytes(4096), startedAt: 1.7e9, capabilities: "riscv64", domainsOutliveHost: false,
    commandLine: "loglvl=all", details: [.init("machine", "x86_64")],
    operations: [.create: .available, .pause: .unavailable(reason: "not today")])

  static let status = HostStatus(
    pid: 7, uptime: 3.5, version: "1", clients: 2, socketPath: "/run/domus/host.sock", logPath: "/run/domus/host.log")

  static let history = [
    UsageSample(
      time: .seconds(5), cpu: 1.5, usedMemory: .mebibytes(96),
      domains: [.init(reference: domain, cpu: 0.5, memory: .mebibytes(64))])
  ]

  /// One of each call, and one of each request.
  static let calls: [Call] =
    [
      .hello(Hello(protocolVersion: 2, readOnly: true, client: "domus", clientVersion: "1")), .describe, .snapshot,
      .history, .hostStatus, .hostStop, .lossesSeen, .events, .console(ConsoleOpening(domain: domain, credit: 4096)),
      .input(ConsoleInput(console: 3, bytes: Data([104, 105]))), .credit(ConsoleCredit(console: 3, bytes: 5)),
      .cancel(Cancellation(target: 3)),
    ] + requests.map { .perform($0) }
}
