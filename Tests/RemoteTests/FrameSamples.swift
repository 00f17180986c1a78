import FoundationEssentials
import HypervisorModel

/// A snapshot with every field set.
enum FrameSamples {
  private static let id = UUID(uuidString: "6A2B3C4D-0001-4002-8003-000000000004") ?? .zero
  private static let domain = DomainReference(host: HostID(rawValue: "host"), uuid: id, id: DomainID(7))

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
}
