import HypervisorModel

extension ScreenID {
  static let domain = ScreenID("domain")
}

/// Everything about the selected domain. It scrolls; its tables have no selection of their own.
struct DomainScreen: Screen {
  static let id = ScreenID.domain
  static let title = "Domain"
  static let enter = Command.console
  static let hints =
    Hint.general + [
      Hint([.dismiss], "back"), .console, Hint([.nextDomain, .previousDomain], "other domain"), .pause, .palette,
      .destroy, .weight, .undo, .shutdown, .cap,
    ]

  /// Lines that it is scrolled down.
  private(set) var scroll = 0

  init(_ options: UIOptions) {}

  var position: TablePosition? {
    get { nil }
    set {}
  }

  var specs: [ColumnSpec] { [] }
  func columns(named name: String) -> [Column]? { nil }

  func selectedDomain(_ state: UIState) -> DomainReference? { state.domains.selected?.reference }

  mutating func select(_ domain: DomainReference?, visible: Int) { scroll = 0 }

  mutating func move(by step: Int, in state: UIState) {
    guard let row = state.selectedRow else { return }
    let height = DomainView.scrollHeight(state.mainSize, state.layout.table)
    scroll = min(max(scroll + step, 0), max(DomainView.contentHeight(row, state) - height, 0))
  }

  mutating func movePage(_ direction: Int, in state: UIState) {
    move(by: direction * max(DomainView.scrollHeight(state.mainSize, state.layout.table) - 1, 1), in: state)
  }

  /// What is shown may have become shorter.
  mutating func refresh(_ state: UIState, visible: Int) { move(by: 0, in: state) }

  func draw(_ state: UIState, in layout: Layout, on canvas: inout Canvas) {
    guard let row = state.selectedRow else {
      canvas.put(state.emptyText(), column: ColumnPlacement.margin, row: layout.table.row, .dim)
      return
    }
    DomainView(state: state, row: row, scroll: scroll).draw(in: layout.table, on: &canvas)
  }

  func csv(_ state: UIState) -> String? { nil }
}
