import HypervisorModel

/// A screen that is a table.
protocol TableScreen: Screen {
  associatedtype Row: TableRow

  /// What is shown unless the operator chooses.
  static var standardColumns: [Column] { get }

  var table: TableState<Row> { get set }
  init(table: TableState<Row>)

  /// All rows, in any order.
  func rows(_ state: UIState) -> [Row]
  /// What is said instead of rows where there are none.
  func emptyText(_ state: UIState) -> String
  /// Draws what stands above the table.
  func drawHead(_ state: UIState, in frame: Frame, on canvas: inout Canvas)
}

extension TableScreen {
  static var standardColumns: [Column] { Row.columns.map(\.spec.column) }

  /// For a table with rows about domains.
  static var hints: [Hint] { Hint.general + [.open, .filter, .palette] + Hint.table }

  init(_ options: UIOptions) { self.init(table: TableState(columns: Self.standardColumns, sort: .natural)) }

  func emptyText(_ state: UIState) -> String { state.emptyText() }
  func drawHead(_ state: UIState, in frame: Frame, on canvas: inout Canvas) {}

  // MARK: A table as a screen

  var position: TablePosition? {
    get { table.position }
    set { if let newValue { table.position = newValue } }
  }

  var specs: [ColumnSpec] { TableState<Row>.specs }

  func columns(named name: String) -> [Column]? {
    switch name {
    case "standard": Self.standardColumns
    case "all": specs.map(\.column)
    default: nil
    }
  }

  func selectedDomain(_ state: UIState) -> DomainReference? { table.selected?.domain }

  mutating func select(_ domain: DomainReference?, visible: Int) { table.select(domain, visible: visible) }

  mutating func move(by step: Int, in state: UIState) { table.position.move(by: step, visible: state.visibleRows) }

  mutating func movePage(_ direction: Int, in state: UIState) {
    table.position.movePage(direction, visible: state.visibleRows)
  }

  mutating func refresh(_ state: UIState, visible: Int) { table.update(rows(state), state.context, visible: visible) }

  func draw(_ state: UIState, in layout: Layout, on canvas: inout Canvas) {
    drawHead(state, in: layout.head, on: &canvas)
    TableView(
      table: table, context: state.context, heading: layout.heading, body: layout.table, emptyText: emptyText(state),
      marks: Self.showsMarks ? state.marks : []
    ).draw(on: &canvas)
  }

  /// The columns that are wanted, all rows (RFC 4180, with line feeds).
  func csv(_ state: UIState) -> String? { table.csv(state.context) }
}

extension SortOrder {
  /// The rows' own order.
  static let natural = SortOrder(column: Column(""), isDescending: false)
}

extension UIState {
  /// What a table says while it is empty; `what` has none.
  func emptyText(_ what: String = "") -> String {
    if host.snapshot == nil { return "waiting for the host" }
    if !what.isEmpty { return filter.isEmpty ? what : what + ", as far as the filter lets domains pass" }
    return allDomains.isEmpty ? "no domains: 'domus create FILE' makes one" : "the filter lets no domain pass"
  }
}
