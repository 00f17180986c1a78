import HypervisorModel

extension Scheduler {
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
}
