/// What each domain and each vCPU of a host is entitled to: the CPU that the scheduler of its pool grants it when all who
/// are online want to run all the time. 1 is one physical CPU.
///
/// Computed from a snapshot alone, so it is the same for every hypervisor, and it answers "what if": change the snapshot and
/// compute it again.
public struct Entitlement: Hashable, Sendable {
  private struct Share: Hashable {
    var total = 0.0
    var vcpus: [VCPUID: Double] = [:]
  }

  private var shares: [DomainReference: Share] = [:]

  /// Linear in the number of domains, unless their affinities and caps make them meet limits one by one.
  public init(_ snapshot: HostSnapshot) {
    for pool in snapshot.pools {
      let domains = snapshot.domains.filter { $0.pool == pool.name && !$0.isHostProcess }
      let competition = Competition(domains, in: pool, pcpus: Self.pcpus(of: pool, snapshot))
      for (domain, rates) in zip(domains, competition.rates()) {
        guard let rates else { continue }
        shares[domain.reference] = Share(
          total: rates.reduce(0, +),
          vcpus: Dictionary(zip(domain.vcpus.map(\.id), rates), uniquingKeysWith: { first, _ in first }))
      }
    }
  }

  private static func pcpus(of pool: PoolSnapshot, _ snapshot: HostSnapshot) -> [Int] {
    pool.pcpus == .all ? snapshot.pcpus.map(\.id.rawValue) : pool.pcpus.numbers
  }

  /// A domain's entitlement; zero while it is paused or has ended. Nil where it isn't known: the scheduler or its parameters
  /// are not, or the domain isn't scheduled at all (Domain-0 where it is the host process).
  public subscript(domain: DomainReference) -> Double? { shares[domain]?.total }

  /// A vCPU's entitlement; zero while it is offline. Nil where its domain's isn't known.
  public func vcpu(_ id: VCPUID, of domain: DomainReference) -> Double? { shares[domain]?.vcpus[id] }
}

extension HostSnapshot {
  /// The snapshot as if a domain had another weight or cap, to see what would come of it. Nil leaves one as it is.
  public func with(weight: Weight? = nil, cap: Cap? = nil, for domain: DomainReference) -> HostSnapshot {
    guard let index = domains.firstIndex(where: { $0.reference == domain }) else { return self }
    var changed = self
    if let weight { changed.domains[index].weight = weight }
    if let cap { changed.domains[index].cap = cap }
    return changed
  }
}

extension DomainSnapshot {
  /// Domain-0 of a hypervisor that is an ordinary program: no scheduler of its own runs it.
  fileprivate var isHostProcess: Bool {
    reference.id == .domain0 && weight == nil && vcpus.allSatisfy { $0.pcpu == nil }
  }
}
