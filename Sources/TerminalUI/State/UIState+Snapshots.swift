import HypervisorModel

extension UIState {
  mutating func take(_ new: HostSnapshot) -> [UIEffect] {
    if let snapshot, new.time < snapshot.time {
      // Two snapshots may overtake each other on their way. Further back it is another host process, whose clock and
      // counters are its own.
      guard disconnection != nil || snapshot.time - new.time > Self.overtaking else { return [] }
      forgetCounters()
    }
    disconnection = nil
    snapshot = new
    updatedAt = now
    sample(new)
    settleWishes(new)
    refreshRows()
    closeDialogOfGoneDomain()
    return followRebootInConsole(new)
  }

  private static let overtaking = Nanoseconds.seconds(1)

  private mutating func forgetCounters() {
    baseline = nil
    rates = nil
    cpuHistory = Series(limit: Self.hostSamples)
    memoryHistory = Series(limit: Self.hostSamples)
    domainHistory = [:]
  }

  /// Takes rates and history when a whole interval has passed; a little less counts, timers are not exact.
  private mutating func sample(_ new: HostSnapshot) {
    guard let before = baseline else {
      baseline = new
      return
    }
    let passed = (new.time - before.time).rawValue
    guard passed >= options.interval.rawValue / 4 &* 3, let rates = Rates(from: before, to: new) else { return }
    baseline = new
    self.rates = rates
    cpuHistory.append(rates.totalCPU, at: new.time)
    memoryHistory.append(Double((new.memory - new.freeMemory).rawValue), at: new.time)
    for (domain, cpu) in rates.cpu {
      domainHistory[domain, default: Series(limit: Self.domainSamples)].append(cpu, at: new.time)
    }
    let present = Set(new.domains.map(\.reference))
    domainHistory = domainHistory.filter { present.contains($0.key) }
  }

  /// What the host kept goes before what was sampled since the start.
  mutating func take(_ samples: [UsageSample]) {
    cpuHistory.prepend(samples.map { Series.Point(time: $0.time, value: $0.cpu) })
    memoryHistory.prepend(samples.map { Series.Point(time: $0.time, value: Double($0.usedMemory.rawValue)) })
    var older: [DomainReference: [Series.Point]] = [:]
    for sample in samples.suffix(Self.domainSamples) {
      for domain in sample.domains {
        older[domain.reference, default: []].append(Series.Point(time: sample.time, value: domain.cpu))
      }
    }
    for (domain, points) in older {
      domainHistory[domain, default: Series(limit: Self.domainSamples)].prepend(points)
    }
  }

  /// A wish is settled when no request is on its way any more: from then on the host's word counts.
  private mutating func settleWishes(_ new: HostSnapshot) {
    let present = Set(new.domains.map(\.reference))
    wanted = wanted.filter { present.contains($0.key) && $0.value.pending > 0 }
  }

  mutating func refreshRows() {
    let oldRows = rows
    let pools = snapshot?.pools ?? []
    rows = sort.sorted(
      (snapshot?.domains ?? []).map { domain in
        DomainRow(
          domain, cpu: rates?.cpu[domain.reference], scheduler: pools.first { $0.name == domain.pool }?.scheduler,
          wanted: wanted[domain.reference])
      })
    followSelection(from: oldRows)
    keepSelectionInView()
  }

  /// The selection stays with its domain. If that has gone: with its next life after a reboot, else with its neighbour.
  private mutating func followSelection(from oldRows: [DomainRow]) {
    guard !rows.isEmpty else {
      selection = nil
      return
    }
    guard let selected = selection else {
      selection = rows.first?.reference
      return
    }
    if rows.contains(where: { $0.reference == selected }) { return }
    if let reborn = successor(of: selected) {
      selection = reborn.reference
      return
    }
    let present = Set(rows.map(\.reference))
    let place = oldRows.firstIndex { $0.reference == selected } ?? 0
    let neighbour =
      oldRows.dropFirst(place).first { present.contains($0.reference) }
      ?? oldRows.prefix(place).last { present.contains($0.reference) }
    selection = neighbour?.reference ?? rows.first?.reference
  }

  /// The domain that took over the UUID under a new id. Domain-0's UUID says nothing.
  func successor(of domain: DomainReference) -> DomainRow? {
    guard domain.uuid != .zero else { return nil }
    return rows.first {
      $0.reference.host == domain.host && $0.reference.uuid == domain.uuid && $0.reference.id != domain.id
    }
  }

  private mutating func closeDialogOfGoneDomain() {
    guard case .confirm(let question) = dialog, !rows.contains(where: { $0.reference == question.domain }) else {
      return
    }
    dialog = nil
    show(.warning, "domain '\(question.name)' has gone in the meantime; nothing was done")
  }

  var selectedIndex: Int? {
    guard let selection else { return nil }
    return rows.firstIndex { $0.reference == selection }
  }

  var selectedRow: DomainRow? { selectedIndex.map { rows[$0] } }

  /// Scrolls as little as needed.
  mutating func keepSelectionInView() {
    top = Self.top(showing: selectedIndex, from: top, visible: Layout(size: size).table.height, rows.count)
  }

  static func top(showing index: Int?, from top: Int, visible: Int, _ count: Int) -> Int {
    var top = min(max(top, 0), max(count - visible, 0))
    guard let index, visible > 0 else { return top }
    if index < top { top = index }
    if index >= top + visible { top = index - visible + 1 }
    return top
  }
}
