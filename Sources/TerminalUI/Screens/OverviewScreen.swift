extension ScreenID {
  static let overview = ScreenID("overview")
}

/// All domains, below the host's graphs. The domain that is selected here is the one that every screen is about.
struct OverviewScreen: TableScreen {
  static let id = ScreenID.overview
  static let title = "Domains"
  static let standardColumns = DomainRow.standardColumns
  static let showsMarks = true
  static let hints =
    Hint.general + [
      .console, .pause, .filter, .palette, .destroy, .weight, .undo, .shutdown, .cap, .mark,
    ] + Hint.table

  var table: TableState<DomainRow>

  init(table: TableState<DomainRow>) { self.table = table }

  init(_ options: UIOptions) { self.init(table: TableState(columns: options.columns, sort: options.sort)) }

  /// Those that the filter lets pass.
  func rows(_ state: UIState) -> [DomainRow] {
    guard !state.filter.isEmpty else { return state.allDomains }
    let context = state.context
    return state.allDomains.filter { state.filter.matches($0, context) }
  }

  func columns(named name: String) -> [Column]? { Column.ofDomains(name) }

  func headHeight(_ state: UIState, _ size: Size) -> Int { MetersView.height(of: size) }

  func drawHead(_ state: UIState, in frame: Frame, on canvas: inout Canvas) {
    MetersView(state: state, frame: frame).draw(on: &canvas)
  }
}

extension UIState {
  /// The domains that the filter lets pass, in the operator's order, and which is selected.
  var domains: TableState<DomainRow> {
    get { screens[OverviewScreen.self].table }
    set { screens[OverviewScreen.self].table = newValue }
  }
}
