import HypervisorModel

/// Changes of schedulers' parameters, and of cpupools.
extension Change {
  /// Of a domain.
  mutating func takeParameters(of row: DomainRow) {
    let snapshot = row.snapshot
    switch request {
    case .setRTDS(let domain, let chosen, let period, let budget, let extratime):
      take(snapshot.vcpus.filter { chosen == nil || $0.id == chosen }, domain, period, budget, extratime)
    case .setSEDF(let domain, let weight, let period, let slice, let extratime):
      guard let sedf = snapshot.sedf else { break }
      inverse = [
        .setSEDF(
          domain, weight: weight.flatMap { _ in row.weight }, period: period.map { _ in sedf.period },
          slice: slice.map { _ in sedf.slice }, extratime: extratime.map { _ in sedf.extratime })
      ]
      guard period != nil || slice != nil || extratime != nil else { return takeShare(of: row, weight, nil) }
      (old, new) = (sedf.text, sedf.changed(period: period, slice: slice, extratime: extratime).text)
    case .setBVT(let domain, let bvt):
      guard let before = snapshot.bvt else { break }
      inverse = [.setBVT(domain, before)]
      var withAdvance = before
      withAdvance.advance = bvt.advance
      guard bvt != withAdvance else { return takeShare(of: row, bvt.advance.map(BVTParameters.weight(for:)), nil) }
      (old, new) = (before.text, bvt.text)
    default: break
    }
  }

  private mutating func take(
    _ vcpus: [VCPUSnapshot], _ domain: DomainReference, _ period: Nanoseconds?, _ budget: Nanoseconds?,
    _ extratime: Bool?
  ) {
    let parameters = vcpus.compactMap(\.realTime)
    let changed = parameters.map { $0.changed(period: period, budget: budget, extratime: extratime) }
    old = Set(parameters).count == 1 ? parameters.first?.text : "various"
    new = Set(changed).count == 1 ? changed.first?.text : "various"
    inverse = vcpus.compactMap { vcpu in
      guard let before = vcpu.realTime else { return nil }
      return .setRTDS(
        domain, vcpu.id, period: period.map { _ in before.period }, budget: budget.map { _ in before.budget },
        extratime: extratime.map { _ in before.extratime })
    }
  }

  /// Of what is about no domain.
  mutating func takeValues(of host: HostSnapshot?) {
    let pool = host?.pools.first { $0.name == request.pool }
    switch request {
    case .switchScheduler(let name, let scheduler):
      new = scheduler
      old = pool?.scheduler
      inverse = pool.map { [.switchScheduler(pool: name, to: $0.scheduler)] } ?? []
    case .setPoolParameters(let name, let change):
      new = change.text
      guard let before = pool.map({ change.before(in: $0) }) else { break }
      old = before.text
      // A pool that had no table can't be given none.
      if (change.frame == nil) == (before.frame == nil) { inverse = [.setPoolParameters(pool: name, before)] }
    case .createPool(let name, _, let pcpus):
      new = pcpus.description
      inverse = [.destroyPool(name)]
    case .destroyPool: old = pool?.pcpus.description
    case .renamePool(let name, let newName):
      (old, new) = (name, newName)
      inverse = [.renamePool(newName, to: name)]
    case .addToPool(let name, let pcpus):
      (old, new) = (pool?.pcpus.description, "+ \(pcpus)")
      inverse = pcpus == .all ? [] : [.removeFromPool(name, pcpus)]
    case .removeFromPool(let name, let pcpus):
      (old, new) = (pool?.pcpus.description, "- \(pcpus)")
      inverse = pcpus == .all ? [] : [.addToPool(name, pcpus)]
    default: break
    }
  }
}

extension RealTimeParameters {
  fileprivate var text: String { "\(budget.milliseconds)/\(period.milliseconds) ms" + (extratime ? " +" : "") }
}

extension SEDFParameters {
  fileprivate var text: String { "\(slice.milliseconds)/\(period.milliseconds) ms" + (extratime ? " +" : "") }
}

extension BVTParameters {
  fileprivate var text: String { isWarped ? "warp \(warpValue.milliseconds) ms" : "no warp" }
}

extension PoolChange {
  /// What the pool has of that which is changed.
  fileprivate func before(in pool: PoolSnapshot) -> PoolChange {
    PoolChange(
      timeSlice: timeSlice.flatMap { _ in pool.timeSlice }, rateLimit: rateLimit.flatMap { _ in pool.rateLimit },
      migrationDelay: migrationDelay.flatMap { _ in pool.migrationDelay },
      switchAllowance: switchAllowance.flatMap { _ in pool.switchAllowance }, frame: frame.flatMap { _ in pool.frame })
  }

  fileprivate var text: String {
    let times = [timeSlice, rateLimit, migrationDelay, switchAllowance].compactMap {
      $0.map { "\($0.milliseconds) ms" }
    }
    return (times + (frame.map { ["\($0.slots.count) slots"] } ?? [])).joined(separator: ", ")
  }
}
