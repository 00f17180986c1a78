import HypervisorModel

extension UIState {
  mutating func take(_ new: HostSnapshot) -> [UIEffect] {
    let wasLost = host.disconnection != nil && host.snapshot != nil
    let selected = selectedRow
    guard host.take(new, at: now, interval: interval) else { return [] }
    if wasLost { noteReturn() }
    settleWishes(new)
    marks.formIntersection(new.domains.map(\.reference))
    plan = plan.filter { new.contains($0.key) }
    refreshRows()
    warnOfMovedSelection(from: selected)
    closeQuestionAboutGoneDomain()
    return reopenConsoles(new)
  }

  /// The next key would be for another domain than the operator saw under the cursor.
  private mutating func warnOfMovedSelection(from old: DomainRow?) {
    guard !consoles.hasFocus, let old, let new = selectedRow, row(of: old.reference) == nil,
      !new.isSuccessor(of: old.key)
    else { return }
    show(.warning, "'\(old.name)' has gone: '\(new.name)' is selected now")
  }

  /// A wish is settled when no request is on its way any more: from then on the host's word counts.
  private mutating func settleWishes(_ new: HostSnapshot) {
    let present = Set(new.domains.map(\.reference))
    wanted = wanted.filter { present.contains($0.key) && $0.value.pending > 0 }
  }

  /// What figures are seen against.
  var context: TableContext {
    TableContext(
      cpuUnit: cpuUnit, pcpus: host.pcpus, memory: host.snapshot?.memory ?? .zero,
      wallClock: host.snapshot?.wallClock ?? 0, largestWeight: largestWeight, histories: host.domainHistory)
  }

  private var largestWeight: Int { allDomains.lazy.compactMap { $0.weight?.rawValue }.max() ?? 0 }

  /// What everybody is entitled to with what was asked for, and what it would be with what is tried out: so a new weight
  /// shows at once what it does.
  private mutating func refreshEntitlement() {
    guard var snapshot = host.snapshot else { return }
    snapshot.domains = allDomains.map(\.snapshot)
    let shares = Entitlement(snapshot)
    entitlement = shares
    for index in allDomains.indices { allDomains[index].entitled = shares[allDomains[index].reference] }
    guard !plan.isEmpty else { return }
    for index in allDomains.indices {
      if let share = plan[allDomains[index].reference] { allDomains[index].show(share) }
    }
    snapshot.domains = allDomains.map(\.snapshot)
    let predicted = Entitlement(snapshot)
    for index in allDomains.indices { allDomains[index].predicted = predicted[allDomains[index].reference] }
  }

  mutating func refreshRows() {
    var schedulers: [String: String] = [:]
    for pool in host.snapshot?.pools ?? [] { schedulers[pool.name] = pool.scheduler }
    allDomains = (host.snapshot?.domains ?? []).map { domain in
      DomainRow(
        domain, cpu: host.rates?.cpu[domain.reference], rates: host.domainRates[domain.reference],
        scheduler: schedulers[domain.pool], wanted: wanted[domain.reference])
    }
    refreshEntitlement()
    refreshTable()
  }
}

extension HostSnapshot {
  func contains(_ domain: DomainReference) -> Bool { self[domain] != nil }

  /// The domain that took over the UUID under a new id.
  func successor(of domain: DomainReference) -> DomainReference? {
    guard domain.uuid != .zero else { return nil }
    return domains.lazy.map(\.reference).first {
      $0.host == domain.host && $0.uuid == domain.uuid && $0.id != domain.id
    }
  }
}
