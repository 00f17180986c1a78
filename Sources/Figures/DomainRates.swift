import HypervisorModel

/// What a domain did between two snapshots, per second of wall time. A figure is nil where one of the snapshots lacks it
/// or the counter went back.
package struct DomainRates: Hashable, Sendable {
  package struct VCPU: Hashable, Sendable {
    /// CPU time per wall time.
    package var cpu: Double?
    /// Time in which it could have run and had no physical CPU, per wall time.
    package var waited: Double?
  }

  /// Bytes per second, as the guest sees them.
  package struct Network: Hashable, Sendable {
    package var received: Double?
    package var transmitted: Double?
  }

  package struct Disk: Hashable, Sendable {
    /// Bytes per second.
    package var read: Double?
    package var written: Double?
    /// Requests per second.
    package var requests: Double?
  }

  package private(set) var vcpus: [VCPUID: VCPU] = [:]
  package private(set) var networks: [Int: Network] = [:]
  package private(set) var disks: [Int: Disk] = [:]

  private static let sectorSize = 512.0

  package init(from before: DomainSnapshot, to after: DomainSnapshot, over interval: Nanoseconds) {
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

  /// Of all domains in both snapshots.
  package static func all(from before: HostSnapshot, to after: HostSnapshot) -> [DomainReference: DomainRates] {
    var old: [DomainReference: DomainSnapshot] = [:]
    for domain in before.domains { old[domain.reference] = domain }
    var rates: [DomainReference: DomainRates] = [:]
    for domain in after.domains {
      guard let start = old[domain.reference] else { continue }
      rates[domain.reference] = DomainRates(from: start, to: domain, over: after.time - before.time)
    }
    return rates
  }

  /// Of all vCPUs together; 1 is one vCPU that waits all the time.
  package var waited: Double? { Self.sum(vcpus.values.map(\.waited)) }
  package var received: Double? { Self.sum(networks.values.map(\.received)) }
  package var transmitted: Double? { Self.sum(networks.values.map(\.transmitted)) }
  package var read: Double? { Self.sum(disks.values.map(\.read)) }
  package var written: Double? { Self.sum(disks.values.map(\.written)) }
  package var requests: Double? { Self.sum(disks.values.map(\.requests)) }

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
