import FoundationEssentials

/// CPU shares over the interval between two snapshots of one host.
///
/// Domains are matched by their whole reference, so a reused id never inherits another domain's counters.
public struct Rates: Sendable {
  /// Wall time between the two snapshots.
  public let interval: Nanoseconds
  /// CPU time per wall time of each domain in both snapshots; 1 is one physical CPU.
  public let cpu: [DomainReference: Double]
  /// Busy part of each physical CPU, 0 to 1.
  public let pcpus: [PCPUID: Double]

  /// Nil unless `current` is later than `previous`.
  public init?(from previous: HostSnapshot, to current: HostSnapshot) {
    guard current.time > previous.time else { return nil }
    interval = current.time - previous.time
    let wall = Double(interval.rawValue)

    var before: [DomainReference: Nanoseconds] = [:]
    for domain in previous.domains { before[domain.reference] = domain.cpuTime }
    var cpu: [DomainReference: Double] = [:]
    for domain in current.domains {
      guard let start = before[domain.reference], domain.cpuTime >= start else { continue }
      cpu[domain.reference] = Double((domain.cpuTime - start).rawValue) / wall
    }
    self.cpu = cpu

    var busyBefore: [PCPUID: Nanoseconds] = [:]
    for pcpu in previous.pcpus { busyBefore[pcpu.id] = pcpu.busy }
    var pcpus: [PCPUID: Double] = [:]
    for pcpu in current.pcpus {
      guard let start = busyBefore[pcpu.id], let busy = pcpu.busy else { continue }
      pcpus[pcpu.id] = min(Double((busy - start).rawValue) / wall, 1)
    }
    self.pcpus = pcpus
  }

  /// CPU time of all domains per wall time.
  public var totalCPU: Double { cpu.values.reduce(0, +) }
}
