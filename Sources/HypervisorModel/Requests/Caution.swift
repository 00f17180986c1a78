/// Requests that can take from Domain-0 what it needs to serve everybody's devices and the operator.
extension HostSnapshot {
  /// With less, dom0's Linux runs short of memory: the OOM killer takes xenstored or the toolstack.
  public static let domain0Memory = Bytes.mebibytes(256)

  /// What speaks against a request, in one sentence; nil where nothing does.
  public func warning(before request: Request) -> String? {
    guard let domain0 = domains.first(where: { $0.reference.id == .domain0 }) else { return nil }
    if case .pools(.removePCPUs(domain0.pool, let removed)) = request {
      let left = pools.first { $0.name == domain0.pool }.map { Set($0.pcpus.numbers).subtracting(removed.numbers) }
      return left?.count == 1 && domain0.vcpus.count > 1 ? Self.singlePCPU : nil
    }
    guard request.domain == domain0.reference else { return nil }
    switch request {
    case .resources(_, .setMemory(let memory)), .resources(_, .setMaxMemory(let memory)):
      if memory < Self.domain0Memory {
        return
          "with \(memory.mebibytes) MiB, Domain-0 has less than the \(Self.domain0Memory.mebibytes) MiB that it needs"
      }
      if memory.rawValue < domain0.memory.rawValue / 2 {
        return "\(memory.mebibytes) MiB is less than half of the \(domain0.memory.mebibytes) MiB that Domain-0 has now"
      }
    case .resources(_, .pinVCPU(_, let hard?, _)) where hard != .all && domain0.vcpus.count > 1:
      if case .some(let pcpus) = hard, pcpus.count < 2 { return Self.singlePCPU }
    case .scheduling(_, let change) where change.scheduler == .rtds:
      return domain0.vcpus(of: change).lazy.compactMap { Self.warning(before: change, domain0, $0) }.first
    case .scheduling(_, let change):
      // Where no scheduler has it, there is nothing to set.
      guard let present = domain0.weight else { return nil }
      if let weight = change.weight, weight < .default, weight < present {
        return
          "with a weight of \(weight.rawValue), busy guests can leave Domain-0 too little CPU time for their devices"
      }
      if let cap = change.cap, cap != .none {
        return "a cap of \(cap.rawValue) % slows all guests' devices, which Domain-0 serves"
      }
    default: break
    }
    return nil
  }

  private static let singlePCPU = "Domain-0 would have to do with a single pCPU"

  private static func warning(
    before change: SchedulingChange, _ domain0: DomainSnapshot, _ vcpu: VCPUSnapshot
  ) -> String? {
    guard let old = vcpu.realTime,
      let new = try? change.applied(to: SchedulingParameters(domain0, vcpu: vcpu)).realTime
    else { return nil }
    let reserved = "\(new.budget.milliseconds) ms in every \(new.period.milliseconds) ms"
    if old.extratime, !new.extratime { return "without extra time, Domain-0's vCPUs get \(reserved) and no more" }
    guard new.share < old.share else { return nil }
    return "with \(reserved), busy guests can leave Domain-0 too little CPU time for their devices"
  }
}
