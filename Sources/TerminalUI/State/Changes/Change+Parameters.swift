import HypervisorModel

/// Changes of schedulers' parameters, and of cpupools.
extension Change {
  /// Of a domain's parameters for its scheduler.
  mutating func readParameters(_ change: SchedulingChange, for domain: DomainReference, of row: DomainRow) {
    let vcpus = row.snapshot.vcpus(of: change)
    let before = vcpus.map { change.values(before: row.parameters(of: $0)) }
    what = change.parameters.map(\.title).joined(separator: ", ")
    old = Set(before).count == 1 ? before.first.map { Self.text(of: change.parameters, $0) } : "various"
    new = Self.text(of: change.parameters, change.values)
    inverse = zip(vcpus, before).map { vcpu, values in
      .scheduling(
        domain, SchedulingChange(change.scheduler, vcpu: change.scheduler.isPerVCPU ? vcpu.id : nil, values))
    }
  }

  private static func text(of parameters: [SchedulerParameter], _ values: ParameterValues) -> String {
    parameters.compactMap { parameter in values[parameter].map(parameter.shown) }.joined(separator: ", ")
  }

  /// Of what is about no domain.
  mutating func readValues(of host: HostSnapshot?) {
    guard case .pools(let request) = request else { return }
    let pool = host?.pools.first { $0.name == request.pool }
    switch request {
    case .switchScheduler(let name, let scheduler):
      new = scheduler.rawValue
      old = pool?.schedulerName
      inverse = pool?.scheduler.map { [.pools(.switchScheduler(pool: name, to: $0))] } ?? []
    case .setParameters(let name, let change): read(change, of: name, pool)
    case .create(let name, _, let pcpus):
      new = pcpus.description
      inverse = [.pools(.destroy(pool: name))]
    case .destroy: old = pool?.pcpus.description
    case .rename(let name, let newName):
      (old, new) = (name, newName)
      inverse = [.pools(.rename(pool: newName, to: name))]
    case .addPCPUs(let name, let pcpus):
      (old, new) = (pool?.pcpus.description, "+ \(pcpus)")
      inverse = pcpus == .all ? [] : [.pools(.removePCPUs(pool: name, pcpus: pcpus))]
    case .removePCPUs(let name, let pcpus):
      (old, new) = (pool?.pcpus.description, "- \(pcpus)")
      inverse = pcpus == .all ? [] : [.pools(.addPCPUs(pool: name, pcpus: pcpus))]
    case .move: break
    }
  }

  private mutating func read(_ change: PoolChange, of name: String, _ pool: PoolSnapshot?) {
    what = (change.parameters.map(\.title) + (change.frame == nil ? [] : ["frame table"])).joined(separator: ", ")
    new = Self.text(of: change)
    guard let pool else { return }
    var before = PoolChange(frame: change.frame.flatMap { _ in pool.frame })
    for parameter in change.parameters { before.values[parameter] = pool.parameters[parameter] }
    old = Self.text(of: before)
    // A pool that had no table can't be given none.
    if (change.frame == nil) == (before.frame == nil) {
      inverse = [.pools(.setParameters(pool: name, change: before))]
    }
  }

  private static func text(of change: PoolChange) -> String {
    let values = text(of: change.parameters, change.values)
    let slots = change.frame.map { "\($0.slots.count) slots" }
    return [values.isEmpty ? nil : values, slots].compactMap { $0 }.joined(separator: ", ")
  }
}
