extension ScreenID {
  static let scheduler = ScreenID("scheduler")
}

/// What the schedulers give to each domain, and what they would give with other weights and caps.
struct SchedulerScreen: TableScreen {
  static let id = ScreenID.scheduler
  static let title = "Scheduler"
  static let shortTitle = "Sched"
  static let standardColumns = DomainRow.schedulerColumns
  static let showsMarks = true
  static let triesOut = true
  static let hints = Hint.general + [.weight, .cap, .mark, .undo, .open, .filter, .palette] + Hint.table

  var table: TableState<DomainRow>

  func rows(_ state: UIState) -> [DomainRow] { state.domains.rows }

  func columns(named name: String) -> [Column]? {
    name == "standard" ? Self.standardColumns : Column.ofDomains(name)
  }
}
