import HypervisorModel

/// All that figures of a domain are computed from: what the host says of it now, what it did since the sample before, and
/// what it is entitled to.
package struct DomainSample: Sendable {
  /// What figures are seen against.
  package struct Host: Hashable, Sendable {
    package let memory: Bytes
    /// Seconds since 1970.
    package let wallClock: Double

    package init(_ snapshot: HostSnapshot) {
      memory = snapshot.memory
      wallClock = snapshot.wallClock
    }
  }

  package let snapshot: DomainSnapshot
  package let host: Host
  /// CPU time per wall time, 1 is one pCPU. Before there are two samples, the engine's own figure for the last second.
  package let cpu: Double?
  package let rates: DomainRates?
  /// CPU that its scheduler grants it; 1 is one pCPU.
  package let entitled: Double?
  /// What it has, or is to have where somebody has just asked for it.
  package var weight: Weight?
  package var cap: Cap?

  /// Time that its vCPUs waited for a pCPU, per wall time. Before there is a rate, the engine's own over the last second.
  package var waiting: Double? { rates?.waited ?? snapshot.waiting }

  package init(_ snapshot: DomainSnapshot, of host: Host, cpu: Double?, rates: DomainRates?, entitled: Double?) {
    self.snapshot = snapshot
    self.host = host
    self.cpu = cpu ?? snapshot.share
    self.rates = rates
    self.entitled = entitled
    weight = snapshot.weight
    cap = snapshot.cap
  }
}

/// Samples of the domains of one host, each seen against the one before.
package struct DomainSampler {
  private var previous: HostSnapshot?

  package init() {}

  /// The first samples have no rates.
  package mutating func samples(of snapshot: HostSnapshot) -> [DomainSample] {
    let before = previous
    previous = snapshot
    let rates = before.flatMap { Rates(from: $0, to: snapshot) }
    let domainRates = before.map { DomainRates.all(from: $0, to: snapshot) } ?? [:]
    let entitlement = Entitlement(snapshot)
    let host = DomainSample.Host(snapshot)
    return snapshot.domains.map { domain in
      DomainSample(
        domain, of: host, cpu: rates?.cpu[domain.reference], rates: domainRates[domain.reference],
        entitled: entitlement[domain.reference])
    }
  }
}
