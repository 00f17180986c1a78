import HypervisorModel

/// What a domain did between two snapshots, per second of wall time. A figure is nil where one of the snapshots lacks it
/// or the counter went back.
struct DomainRates: Hashable, Sendable {
  struct VCPU: Hashable, Sendable {
    /// CPU time per wall time.
    var cpu: Double?
    /// Time in which it could have run and had no physical CPU, per wall time.
    var waited: Double?
  }

  /// Bytes per second, as the guest sees them.
  struct Network: Hashable, Sendable {
    var received: Double?
    var transmitted: Double?
  }

  struct Disk: Hashable, Sendable {
    /// Bytes per second.
    var read: Double?
    var written: Double?
    /// Requests per second.
    var requests: Double?
  }

  private(set) var vcpus: [VCPUID: VCPU] = [:]
  private(set) var networks: [Int: Network] = [:]
  private(set) var disks: [Int: Disk] = [:]

  private static let sectorSize = 512.0

  init(from before: DomainSnapshot, to after: DomainSnapshot, over interval: Nanoseconds) {
    let seconds = interval.seconds
    func rate(_ before: UInt64?, _ after: UInt64?, per unit: Double = 1) -> Double? {
      guard let before, let after, after >= before, seconds > 0 else { return nil }
      return Double(after - before) * unit / seconds
    }
    for vcpu in after.vcpus {
      guard let old = before.vcpus.first(where: { $0.id == vcpu.id }) else { continue }
      vcpus[vcpu.id] = VCPU(
        cpu: rate(old.cpuTime.rawValue, vcpu.cpuTime.rawValue, per: 1e-9),
        waited: rate(old.waitTime?.rawValue, vcpu.waitTime?.rawValue, per: 1e-9))
    }
    for network in after.networks {
      guard let old = before.networks.first(where: { $0.id == network.id })?.counters else { continue }
      networks[network.id] = Network(
        received: rate(old.received.bytes, network.counters?.received.bytes),
        transmitted: rate(old.transmitted.bytes, network.counters?.transmitted.bytes))
    }
    for disk in after.disks {
      guard let old = before.disks.first(where: { $0.id == disk.id })?.counters else { continue }
      disks[disk.id] = Disk(
        read: rate(old.readSectors, disk.counters?.readSectors, per: Self.sectorSize),
        written: rate(old.writtenSectors, disk.counters?.writtenSectors, per: Self.sectorSize),
        requests: rate(old.reads &+ old.writes, disk.counters.map { $0.reads &+ $0.writes }))
    }
  }

  /// Of all vCPUs together; 1 is one vCPU that waits all the time.
  var waited: Double? { Self.sum(vcpus.values.map(\.waited)) }
  var received: Double? { Self.sum(networks.values.map(\.received)) }
  var transmitted: Double? { Self.sum(networks.values.map(\.transmitted)) }
  var read: Double? { Self.sum(disks.values.map(\.read)) }
  var written: Double? { Self.sum(disks.values.map(\.written)) }
  var requests: Double? { Self.sum(disks.values.map(\.requests)) }

  /// Nil for nothing at all, and where a part is nil.
  private static func sum(_ parts: [Double?]) -> Double? {
    guard !parts.isEmpty else { return nil }
    var sum = 0.0
    for part in parts {
      guard let part else { return nil }
      sum += part
    }
    return sum
  }
}

/// A domain's past, for its graphs.
struct DomainHistory: Hashable, Sendable {
  /// CPU time per wall time.
  var cpu = Series(limit: Self.samples)
  /// Waiting time of all vCPUs per wall time.
  var waited = Series(limit: Self.samples)
  /// Bytes.
  var memory = Series(limit: Self.samples)
  /// Bytes per second, both ways.
  var network = Series(limit: Self.samples)
  var disk = Series(limit: Self.samples)

  static let samples = 128

  mutating func append(cpu: Double, memory: Bytes, _ rates: DomainRates?, at time: Nanoseconds) {
    self.cpu.append(cpu, at: time)
    self.memory.append(Double(memory.rawValue), at: time)
    if let value = rates?.waited { waited.append(value, at: time) }
    if let received = rates?.received, let sent = rates?.transmitted { network.append(received + sent, at: time) }
    if let read = rates?.read, let written = rates?.written { disk.append(read + written, at: time) }
  }
}
