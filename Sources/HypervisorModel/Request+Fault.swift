extension Request {
  /// What is wrong with it, as far as a snapshot of the host tells, and what would be right; nil where nothing is. The host
  /// looks for itself: this is to say it while the operator still types.
  public func fault(on host: HostSnapshot) -> String? {
    if let fault = schedulerFault(on: host) { return fault }
    switch self {
    case .setRTDS(let reference, let chosen, let period, let budget, let extratime):
      guard let domain = host[reference] else { return nil }
      if let chosen, !domain.vcpus.contains(where: { $0.id == chosen }) {
        return "there is no vCPU \(chosen.rawValue); \(domain.name) has 0 to \(domain.vcpus.count - 1)"
      }
      return domain.vcpus.filter { chosen == nil || $0.id == chosen }.lazy.compactMap { vcpu in
        vcpu.realTime?.changed(period: period, budget: budget, extratime: extratime).fault.map {
          "vCPU \(vcpu.id.rawValue): " + $0
        }
      }.first
    case .setSEDF(let reference, _, let period, let slice, let extratime):
      return host[reference]?.sedf?.changed(period: period, slice: slice, extratime: extratime).fault
    case .setBVT(_, let parameters): return parameters.fault
    case .setPoolParameters(_, let change): return change.fault
    default: return nil
    }
  }

  /// Another scheduler than it is for has the domain.
  private func schedulerFault(on host: HostSnapshot) -> String? {
    guard let domain, let scheduler else { return nil }
    do throws(HypervisorError) {
      try host.check(domain, isScheduledBy: scheduler, operation)
      return nil
    } catch {
      return error.description
    }
  }

  /// The one scheduler whose domains it is for.
  private var scheduler: String? {
    switch self {
    case .setCredit: "credit"
    case .setCredit2: "credit2"
    case .setRTDS: "rtds"
    case .setSEDF: "sedf"
    case .setBVT: "bvt"
    default: nil
    }
  }
}
