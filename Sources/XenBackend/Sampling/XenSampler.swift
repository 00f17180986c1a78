import FoundationEssentials
import HypervisorModel

/// Makes snapshots: of what Xen says, of what xenstore says, and of the device backends' counters.
///
/// Belongs to one thread.
struct XenSampler {
  private let host: HostID
  private let counters: DeviceCounters
  /// xenstored is known to have gone.
  var isStoreLost = false
  private var stored: [Key: StoredDomain] = [:]
  private var busy: [Int: (time: Nanoseconds, idle: UInt64, total: Nanoseconds)] = [:]

  private struct Key: Hashable {
    var id: UInt32
    var uuid: UUID
  }

  /// When a reading was made.
  struct Moment {
    /// The monotonic clock.
    var time: Nanoseconds
    /// Seconds since 1970.
    var wallClock: Double
    /// Seconds since 1970 at which dom0 was booted.
    var bootedAt: Double
  }

  init(host: HostID, counters: DeviceCounters = DeviceCounters()) {
    self.host = host
    self.counters = counters
  }

  /// Read again what xenstore says of a domain, or of all with nil.
  mutating func forget(_ domain: UInt32? = nil) {
    stored = domain.map { id in stored.filter { $0.key.id != id } } ?? [:]
  }

  mutating func snapshot(_ sample: XenSample, _ store: some XenStore, at moment: Moment) -> HostSnapshot {
    let failure = isStoreLost ? "connection refused" : readStore(sample, store)
    let warnings = failure.map { [Self.warning($0)] } ?? []
    let pools = Dictionary(sample.pools.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
    let networks = stored.values.contains { !$0.networks.isEmpty } ? counters.networks() : [:]
    let domains = sample.domains.sorted { $0.id < $1.id }.map { domain in
      snapshot(domain, pool: pools[domain.pool]?.name ?? "Pool-\(domain.pool)", networks, bootedAt: moment.bootedAt)
    }
    return HostSnapshot(
      time: moment.time, wallClock: moment.wallClock, memory: Bytes(sample.memory),
      freeMemory: Bytes(sample.freeMemory), pcpus: pcpus(sample, at: moment.time),
      pools: sample.pools.map { pool in
        PoolSnapshot(
          name: pool.name, scheduler: pool.scheduler, pcpus: pool.pcpus,
          domains: sample.domains.count { $0.pool == pool.id }, parameters: pool.parameters)
      }, domains: domains, warnings: warnings)
  }

  private static func warning(_ reason: String) -> String {
    "xenstored does not answer (\(reason)): only CPU, memory and weights go on; reboot Domain-0 for the rest"
  }

  /// Reads what is not known yet, and answers what kept it from that. Then the picture goes on with what was known.
  private mutating func readStore(_ sample: XenSample, _ store: some XenStore) -> String? {
    let present = Set(sample.domains.map { Key(id: $0.id, uuid: $0.uuid) })
    stored = stored.filter { present.contains($0.key) }
    for domain in sample.domains {
      let key = Key(id: domain.id, uuid: domain.uuid)
      guard stored[key] == nil else { continue }
      do throws(StoreError) {
        let found = try StoredDomain(domain.id, store)
        // A domain that is being made has no name yet: look again next time.
        if found.name != nil { stored[key] = found }
      } catch {
        return error.text
      }
    }
    return nil
  }

  // MARK: Domains

  private func snapshot(
    _ domain: XenSample.Domain, pool: String, _ networks: [String: NetworkSnapshot.Counters], bootedAt: Double
  ) -> DomainSnapshot {
    let known = stored[Key(id: domain.id, uuid: domain.uuid)]
    let reference = DomainReference(host: host, uuid: domain.uuid, id: DomainID(domain.id))
    return DomainSnapshot(
      reference: reference, name: known?.name ?? (domain.id == 0 ? "Domain-0" : "(domain \(domain.id))"),
      state: Self.state(of: domain), cpuTime: Nanoseconds(domain.cpuTime),
      vcpus: domain.vcpus.map(snapshot), memory: Bytes(domain.memory),
      maxMemory: domain.maximumMemory.map { Bytes($0) },
      weight: domain.weight.flatMap { Weight(rawValue: Int($0)) }, cap: domain.cap.flatMap { Cap(rawValue: Int($0)) },
      pool: pool, createdAt: domain.id == 0 ? bootedAt : known?.startedAt,
      type: known?.type ?? (domain.isHVM ? .hvm : .pv),
      networks: (known?.networks ?? []).map { snapshot($0, networks[$0.interface]) },
      disks: (known?.disks ?? []).map { snapshot($0, of: domain.id) }, ssid: domain.ssid)
  }

  private static func state(of domain: XenSample.Domain) -> DomainState {
    if domain.isDying { return .dying }
    if domain.isShutdown { return .shutdown(ShutdownReason(xen: domain.shutdownReason)) }
    if domain.isPaused { return .paused }
    if domain.isRunning { return .running }
    return domain.isBlocked ? .blocked : .runnable
  }

  private func snapshot(_ vcpu: XenSample.VCPU) -> VCPUSnapshot {
    let state: VCPUSnapshot.State =
      !vcpu.isOnline ? .offline : vcpu.isRunning ? .running : vcpu.isBlocked ? .blocked : .runnable
    return VCPUSnapshot(
      id: VCPUID(vcpu.id), state: state, pcpu: PCPUID(vcpu.pcpu), cpuTime: Nanoseconds(vcpu.cpuTime), waitTime: nil,
      hardAffinity: vcpu.hard, softAffinity: vcpu.soft, realTime: vcpu.realTime)
  }

  private func snapshot(_ network: StoredDomain.Network, _ counters: NetworkSnapshot.Counters?) -> NetworkSnapshot {
    NetworkSnapshot(
      id: network.id, mac: network.mac, bridge: network.bridge, backend: DomainID(network.backend),
      connection: network.connection, counters: network.backend == 0 ? counters : nil)
  }

  private func snapshot(_ disk: StoredDomain.Disk, of domain: UInt32) -> DiskSnapshot {
    DiskSnapshot(
      id: disk.id, name: disk.name, target: disk.target, isReadOnly: disk.isReadOnly,
      backend: DomainID(disk.backend), connection: disk.connection,
      counters: disk.isServedByKernel ? counters.disk(domain: domain, device: disk.id) : nil)
  }

  // MARK: pCPUs

  /// Xen counts idle time; what is not idle between two samples was busy.
  private mutating func pcpus(_ sample: XenSample, at time: Nanoseconds) -> [PCPUSnapshot] {
    var pools: [Int: String] = [:]
    for pool in sample.pools {
      if case .some(let members) = pool.pcpus { for pcpu in members { pools[pcpu.rawValue] = pool.name } }
    }
    return sample.pcpus.map { pcpu in
      var total = Nanoseconds.zero
      if let before = busy[pcpu.id] {
        let idle = Nanoseconds(pcpu.idle >= before.idle ? pcpu.idle - before.idle : 0)
        total = before.total + (time - before.time - idle)
      }
      busy[pcpu.id] = (time, pcpu.idle, total)
      return PCPUSnapshot(id: PCPUID(pcpu.id), busy: total, stolen: nil, pool: pools[pcpu.id])
    }
  }
}

extension ShutdownReason {
  /// SHUTDOWN_* of xen/sched.h.
  init(xen reason: Int32) {
    switch reason {
    case 1: self = .reboot
    case 2: self = .suspend
    case 3: self = .crash
    case 4: self = .watchdog
    default: self = .poweroff
    }
  }
}
