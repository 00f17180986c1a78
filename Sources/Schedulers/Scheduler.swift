import HypervisorModel

/// The schedulers that there are, in Xen's words.
package enum Scheduler: String, Sendable, CaseIterable {
  case credit2, credit, rtds, sedf, bvt, null, arinc653

  /// A policy of this kind for these pCPUs, all idle.
  package func policy(pcpus: PCPUSet, _ parameters: PoolParameters = PoolParameters()) -> any SchedulingPolicy {
    switch self {
    case .credit2: Credit2(pcpus: pcpus, parameters)
    case .arinc653: ARINC653(pcpus: pcpus, parameters)
    case .null: Null(pcpus: pcpus, parameters)
    case .credit: Credit(pcpus: pcpus, parameters)
    case .rtds: RTDS(pcpus: pcpus, parameters)
    case .sedf: SEDF(pcpus: pcpus, parameters)
    case .bvt: BVT(pcpus: pcpus, parameters)
    }
  }

  /// Whether a domain's weight means something to it.
  package var hasWeight: Bool { self != .rtds && self != .null }

  /// Whether a domain's cap means something to it.
  package var hasCap: Bool { self == .credit || self == .credit2 }
}
