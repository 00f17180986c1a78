extension Request {
  /// What is wrong with it, as far as a snapshot of the host tells, and what would be right; nil where nothing is. The host
  /// looks for itself: this is to say it while the operator still types.
  public func fault(on host: HostSnapshot) -> String? {
    do throws(HypervisorError) {
      switch self {
      case .scheduling(let reference, let change): try Self.check(change, for: reference, on: host)
      case .pools(.setParameters(_, let change)): return change.fault
      case .creation, .life, .resources, .devices, .pools, .guest, .diagnostics: break
      }
      return nil
    } catch {
      return error.description
    }
  }

  private static func check(
    _ change: SchedulingChange, for reference: DomainReference, on host: HostSnapshot
  ) throws(HypervisorError) {
    try host.check(reference, isScheduledBy: change.scheduler, change.operation)
    guard let domain = host[reference] else { return }
    if let chosen = change.vcpu, !domain.vcpus.contains(where: { $0.id == chosen }) {
      throw .invalid("\(domain.name) has no vCPU \(chosen.rawValue); it has 0 to \(domain.vcpus.count - 1)")
    }
    for vcpu in domain.vcpus(of: change) {
      do throws(HypervisorError) {
        _ = try change.applied(to: SchedulingParameters(domain, vcpu: vcpu))
      } catch {
        throw change.scheduler.isPerVCPU ? .invalid("vCPU \(vcpu.id.rawValue): \(error)") : error
      }
    }
  }
}

extension DomainSnapshot {
  /// The vCPUs that a change is about: any one where the parameters are the whole domain's.
  public func vcpus(of change: SchedulingChange) -> [VCPUSnapshot] {
    guard change.scheduler.isPerVCPU else { return Array(vcpus.prefix(1)) }
    return vcpus.filter { change.vcpu == nil || $0.id == change.vcpu }
  }
}
