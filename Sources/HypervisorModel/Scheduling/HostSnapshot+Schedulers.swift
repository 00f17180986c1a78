extension HostSnapshot {
  /// The scheduler of a domain's pool; nil where it is not known.
  public func scheduler(of domain: DomainSnapshot) -> Scheduler? {
    pools.first { $0.name == domain.pool }?.scheduler
  }

  /// Throws where another scheduler than the named one schedules the domain, so that `operation` means nothing to it.
  public func check(
    _ reference: DomainReference, isScheduledBy scheduler: Scheduler, _ operation: Operation
  ) throws(HypervisorError) {
    guard let domain = self[reference],
      let other = self.scheduler(of: domain), other != scheduler
    else { return }
    throw .unavailable(
      operation: operation,
      reason: "domain '\(domain.name)' is in cpupool '\(domain.pool)', which \(other.rawValue) schedules")
  }
}
