extension HostSnapshot {
  /// The scheduler of a domain's pool, in Xen's word.
  public func scheduler(of domain: DomainSnapshot) -> String? {
    pools.first { $0.name == domain.pool }?.scheduler
  }

  /// Throws where another scheduler than the named one schedules the domain, so that `operation` means nothing to it.
  public func check(
    _ reference: DomainReference, isScheduledBy scheduler: String, _ operation: Operation
  ) throws(HypervisorError) {
    guard let domain = self[reference],
      let other = self.scheduler(of: domain), other != scheduler
    else { return }
    throw .unavailable(
      operation: operation, reason: "domain '\(domain.name)' is in cpupool '\(domain.pool)', which \(other) schedules")
  }
}

extension Request {
  /// Gives a domain another weight or cap, in the way of the scheduler that it is under; nil leaves one as it is. Nil
  /// where that scheduler has no weight, or no cap though one is wanted.
  public static func setShare(
    of domain: DomainSnapshot, under scheduler: String, weight: Weight?, cap: Cap?
  ) -> Request? {
    switch scheduler {
    case "credit": return .setCredit(domain.reference, weight: weight, cap: cap)
    case "credit2": return .setCredit2(domain.reference, weight: weight, cap: cap)
    case "sedf" where cap == nil:
      return .setSEDF(domain.reference, weight: weight, period: nil, slice: nil, extratime: nil)
    case "bvt" where cap == nil:
      guard let weight, var parameters = domain.bvt else { return nil }
      parameters.advance = BVTParameters.advance(for: weight)
      return .setBVT(domain.reference, parameters)
    default: return nil
    }
  }
}
