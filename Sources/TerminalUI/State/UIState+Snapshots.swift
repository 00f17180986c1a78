import Figures
import HypervisorModel

extension UIState {
  mutating func receive(_ new: HostSnapshot) -> [UIEffect] {
    let wasLost = host.disconnection != nil && host.snapshot != nil
    let selected = selectedRow
    guard host.receive(new, at: now, interval: interval) else { return [] }
    if wasLost { noteReturn() }
    settleRequested(new)
    marks = marks.filter { $0.host != shownHost || new.contains($0) }
    host.plan = host.plan.filter { new.contains($0.key) }
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

  /// What was asked for is settled when no request is on its way any more: from then on the host's word counts.
  private mutating func settleRequested(_ new: HostSnapshot) {
    let present = Set(new.domains.map(\.reference))
    host.requested = host.requested.filter { present.contains($0.key) && $0.value.pending > 0 }
  }

  /// What figures are seen against.
  var context: TableContext {
    TableContext(
      cpuUnit: cpuUnit, pcpus: host.pcpus, largestWeight: largestWeight, histories: host.domainHistory)
  }

  private var largestWeight: Int { allDomains.lazy.compactMap { $0.weight?.rawValue }.max() ?? 0 }

  /// The host's word with what was asked for on top, and on that what is tried out: a new weight shows at once what it
  /// does to everybody.
  mutating func refreshRows() {
    let host = host
    let snapshot = host.snapshot?.with(host.requested.mapValues(\.edit))
    let entitlement = snapshot.map(Entitlement.init)
    let predicted = host.plan.isEmpty ? nil : snapshot.map { Entitlement($0.with(host.plan)) }
    var schedulers: [String: Scheduler] = [:]
    for pool in snapshot?.pools ?? [] { schedulers[pool.name] = pool.scheduler }
    // A host without cpupools has one scheduler for all.
    let only = schedulers.isEmpty ? host.description?.scheduler : nil
    self.host.entitlement = entitlement
    let facts = host.snapshot.map(DomainSample.Host.init)
    self.host.domains = (host.snapshot?.domains ?? []).compactMap { domain in
      guard let facts else { return nil }
      let reference = domain.reference
      let sample = DomainSample(
        domain, of: facts, cpu: host.rates?.cpu[reference], rates: host.domainRates[reference],
        entitled: entitlement?[reference])
      return DomainRow(
        sample, scheduler: schedulers[domain.pool] ?? only, predicted: predicted?[reference],
        edit: (host.requested[reference]?.edit ?? ShareEdit()).with(host.plan[reference] ?? ShareEdit()))
    }
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
