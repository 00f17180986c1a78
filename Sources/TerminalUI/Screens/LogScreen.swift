import HypervisorModel

extension ScreenID {
  static let log = ScreenID("log")
}

/// What happened, the newest first.
struct LogScreen: TableScreen {
  static let id = ScreenID.log
  static let title = "Log"

  var table: TableState<LogEntry>

  func rows(_ state: UIState) -> [LogEntry] {
    guard !state.filter.isEmpty else { return state.log.entries }
    let context = state.context
    return state.log.entries.filter { state.filter.matches($0, $0.domain.flatMap { state.row(of: $0) }, context) }
  }

  func emptyText(_ state: UIState) -> String {
    state.log.entries.isEmpty ? "nothing has happened since this terminal looks" : "no entry matches the filter"
  }

  /// Whoever opens the log wants to read the newest entry, whatever it is about.
  mutating func select(_ domain: DomainReference?, visible: Int) {}

  /// The newest entry stays selected when another comes.
  mutating func refresh(_ state: UIState, visible: Int) {
    let isAtNewest = table.position.selectedIndex == 0
    table.update(rows(state), state.context, visible: visible)
    if isAtNewest { table.position.select(0, visible: visible) }
  }

  /// The table may have cut it.
  var note: (text: String, role: ThemeRole)? {
    table.selected.flatMap { $0.outcome.isEmpty ? nil : ($0.outcome, $0.kind.role) }
  }
}
