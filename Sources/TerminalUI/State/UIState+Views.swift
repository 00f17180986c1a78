import HypervisorModel

/// The tables of the views; `overview` and `scheduler` are of the same rows.
struct Tables {
  var domains: TableState<DomainRow>
  var vcpus = TableState<VCPURow>(columns: VCPURow.standardColumns, sort: .natural)
  var pcpus = TableState<PCPURow>(columns: PCPURow.standardColumns, sort: .natural)
  var disks = TableState<DiskRow>(columns: DiskRow.standardColumns, sort: .natural)
  var networks = TableState<NetworkRow>(columns: NetworkRow.standardColumns, sort: .natural)
  var scheduler = TableState<DomainRow>(columns: DomainRow.schedulerColumns, sort: .natural)
  var log = TableState<LogEntry>(columns: LogEntry.standardColumns, sort: .natural)
}

extension SortOrder {
  /// The rows' own order.
  static let natural = SortOrder(column: Column(""), isDescending: false)
}

extension UIState {
  /// Where the operator stands in the table of this view; a domain's view scrolls, but has no table of its own.
  var position: TablePosition {
    get {
      switch view {
      case .overview, .domain: tables.domains.position
      case .vcpus: tables.vcpus.position
      case .pcpus: tables.pcpus.position
      case .disks: tables.disks.position
      case .networks: tables.networks.position
      case .scheduler: tables.scheduler.position
      case .log: tables.log.position
      }
    }
    set {
      switch view {
      case .overview, .domain: tables.domains.position = newValue
      case .vcpus: tables.vcpus.position = newValue
      case .pcpus: tables.pcpus.position = newValue
      case .disks: tables.disks.position = newValue
      case .networks: tables.networks.position = newValue
      case .scheduler: tables.scheduler.position = newValue
      case .log: tables.log.position = newValue
      }
    }
  }

  /// The columns that this view's table can have.
  var specs: [ColumnSpec] {
    switch view {
    case .overview, .domain, .scheduler: TableState<DomainRow>.specs
    case .vcpus: TableState<VCPURow>.specs
    case .pcpus: TableState<PCPURow>.specs
    case .disks: TableState<DiskRow>.specs
    case .networks: TableState<NetworkRow>.specs
    case .log: TableState<LogEntry>.specs
    }
  }

  /// The domain that the selected row of this view is about.
  var selection: DomainReference? {
    switch view {
    case .overview, .domain: tables.domains.selected?.reference
    case .vcpus: tables.vcpus.selected?.domain
    case .pcpus: nil
    case .disks: tables.disks.selected?.domain
    case .networks: tables.networks.selected?.domain
    case .scheduler: tables.scheduler.selected?.reference
    case .log: tables.log.selected?.domain
    }
  }

  var selectedRow: DomainRow? { selection.flatMap { row(of: $0) } }

  func row(of domain: DomainReference) -> DomainRow? { allDomains.first { $0.reference == domain } }

  var layout: Layout { Layout(size: mainSize, view: view, pools: host.snapshot?.pools.count ?? 0) }
  var visibleRows: Int { layout.table.height }

  /// Goes over to another view; what is selected there is about the same domain.
  mutating func show(_ new: View) {
    if new != .scheduler { discardPlan() }
    // Views that are about no domain pass on the one before.
    tables.domains.select(selection, visible: visibleRows)
    let domain = tables.domains.selected?.reference
    view = new
    detailScroll = 0
    refreshTable()
    let visible = visibleRows
    switch new {
    case .vcpus: tables.vcpus.select(domain, visible: visible)
    case .disks: tables.disks.select(domain, visible: visible)
    case .networks: tables.networks.select(domain, visible: visible)
    case .scheduler: tables.scheduler.select(domain, visible: visible)
    case .overview, .domain, .pcpus, .log: break
    }
    position.keepSelectionInView(visible)
  }

  /// The rows of this view's table; those of the others wait until they are looked at.
  mutating func refreshTable() {
    let context = context
    let visible = visibleRows
    let shown = filter.isEmpty ? allDomains : allDomains.filter { filter.matches($0, context) }
    // The selected domain is the overview's, whichever view is shown.
    tables.domains.update(shown, context, visible: visible)
    switch view {
    case .overview, .domain: break
    case .vcpus: tables.vcpus.update(shown.flatMap { VCPURow.rows(of: $0, entitlement) }, context, visible: visible)
    case .pcpus: tables.pcpus.update(PCPURow.rows(of: host), context, visible: visible)
    case .disks: tables.disks.update(shown.flatMap(DiskRow.rows), context, visible: visible)
    case .networks: tables.networks.update(shown.flatMap(NetworkRow.rows), context, visible: visible)
    case .scheduler: tables.scheduler.update(shown, context, visible: visible)
    case .log:
      let isAtNewest = tables.log.position.selectedIndex == 0
      tables.log.update(log.entries, context, visible: visible)
      if isAtNewest { tables.log.position.select(0, visible: visible) }
    }
  }

  // MARK: The log

  /// Seconds since 1970 on the host's clock, in the operator's time zone.
  var timeOfDay: Double {
    guard let snapshot = host.snapshot, let updatedAt = host.updatedAt else { return 0 }
    return snapshot.wallClock + (now - updatedAt).seconds + Double(options.secondsFromUTC)
  }

  @discardableResult
  mutating func record(_ entry: LogEntry) -> Int {
    let serial = log.add(entry)
    if view == .log { refreshTable() }
    return serial
  }

  mutating func take(_ event: HypervisorEvent) {
    switch event {
    case .appeared(let domain, let name): note(domain, name, "appeared")
    case .changed(let domain, let name, let state):
      let before = row(of: domain)?.state
      switch state {
      case .running, .runnable, .blocked: if before == .paused { note(domain, name, "goes on") }
      case .shutdown(.crash): alarm(domain, name)
      case .shutdown(let reason): note(domain, name, "shut down: \(reason.rawValue)")
      case .paused, .building, .dying: note(domain, name, state.word)
      }
    case .gone(let domain, let name, .crash): alarm(domain, name)
    case .gone(let domain, let name, let reason):
      note(domain, name, reason.map { "has gone: \($0.rawValue)" } ?? "has gone")
    case .progress(let work, let fraction):
      progress = fraction < 1 ? Progress(work: work, fraction: fraction) : nil
    }
  }

  private mutating func note(_ domain: DomainReference, _ name: String, _ text: String) {
    record(LogEntry(time: timeOfDay, domain: domain, name: name, text: text))
  }

  /// What happens meanwhile nobody tells.
  mutating func noteOutage(_ reason: String) {
    record(LogEntry(time: timeOfDay, text: "the host is out of reach", kind: .failure, outcome: reason))
  }

  mutating func noteReturn() { record(LogEntry(time: timeOfDay, text: "the host is there again")) }

  private mutating func alarm(_ domain: DomainReference, _ name: String) {
    record(LogEntry(time: timeOfDay, domain: domain, name: name, text: "crashed", kind: .failure))
    show(.failure, "domain '\(name)' crashed")
  }
}

/// Long work on the host.
struct Progress: Hashable {
  var work: String
  /// 0 to 1.
  var fraction: Double
}
