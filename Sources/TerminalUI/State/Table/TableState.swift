import Figures
import HypervisorModel

/// What the figures of all rows are seen against.
struct TableContext {
  var cpuUnit = CPUUnit.pcpu
  var pcpus = 1
  /// Of all domains; 0 where none has one.
  var largestWeight = 0
  var histories: [DomainReference: DomainHistory] = [:]

  /// Per cent of what the CPU unit says.
  func cpuShare(_ cpu: Double) -> Double { cpuUnit == .pcpu ? cpu : cpu / Double(max(pcpus, 1)) }
}

/// A row of a table.
protocol TableRow {
  associatedtype Key: Hashable

  /// What it is about, in all snapshots alike.
  var key: Key { get }
  var domain: DomainReference? { get }
  /// It is what another row has become: a domain after its reboot.
  func isSuccessor(of key: Key) -> Bool
  /// The order of rows that are equal in the column that sorts.
  static func precedes(_ a: Self, _ b: Self) -> Bool
  /// All columns that there are.
  static var columns: [TableColumn<Self>] { get }
  /// How many lines stand below its own.
  func detailCount(_ wanted: DomainDetails) -> Int
  /// One of these lines; `none`, one column wide, is for figures that the host does not have.
  func detail(_ index: Int, _ wanted: DomainDetails, none: String) -> String
}

extension TableRow {
  func isSuccessor(of key: Key) -> Bool { false }
  func detailCount(_ wanted: DomainDetails) -> Int { 0 }
  func detail(_ index: Int, _ wanted: DomainDetails, none: String) -> String { "" }

  static func column(_ column: Column) -> TableColumn<Self>? { columns.first { $0.spec.column == column } }
}

/// A table: its rows in order, and where the operator stands in it. The selection stays with what it is on.
struct TableState<Row: TableRow> {
  var position: TablePosition
  private(set) var rows: [Row] = []

  static var specs: [ColumnSpec] { Row.columns.map(\.spec) }

  init(columns: [Column], sort: SortOrder) {
    position = TablePosition(columns: columns, sort: sort)
  }

  var selected: Row? { position.selectedIndex.flatMap { rows.indices.contains($0) ? rows[$0] : nil } }

  mutating func update(_ new: [Row], _ context: TableContext, visible: Int) {
    let old = rows
    let selection = selected?.key
    rows = Self.sorted(new, by: position.sort, context)
    position.update(
      rows.map { [details = position.details] in $0.detailCount(details) + 1 },
      selected: rows.isEmpty ? nil : place(of: selection, in: old) ?? 0, visible: visible)
  }

  /// Takes each row's key once: figures cost more than comparing them.
  private static func sorted(_ rows: [Row], by order: SortOrder, _ context: TableContext) -> [Row] {
    guard let column = Row.column(order.column), column.spec.isSortable else { return rows.sorted(by: Row.precedes) }
    let keyed = rows.map { (key: column.figure($0, context).value.key, row: $0) }
    return keyed.sorted { a, b in
      FigureValue.Key.precedes(a.key, b.key, descending: order.isDescending) ?? Row.precedes(a.row, b.row)
    }.map(\.row)
  }

  /// The selection stays; if it has gone: its successor, else its neighbour.
  private func place(of selection: Row.Key?, in old: [Row]) -> Int? {
    guard let selection else { return nil }
    if let index = rows.firstIndex(where: { $0.key == selection }) { return index }
    if let index = rows.firstIndex(where: { $0.isSuccessor(of: selection) }) { return index }
    var places: [Row.Key: Int] = [:]
    for (index, row) in rows.enumerated() { places[row.key] = index }
    let gone = old.firstIndex { $0.key == selection } ?? 0
    for row in old.dropFirst(gone) + old.prefix(gone).reversed() {
      if let index = places[row.key] { return index }
    }
    return nil
  }

  /// Selects the first row about a domain; leaves the selection where it is if there is none, or if it is about it already.
  mutating func select(_ domain: DomainReference?, visible: Int) {
    guard let domain, selected?.domain != domain, let index = rows.firstIndex(where: { $0.domain == domain }) else {
      return
    }
    position.select(index, visible: visible)
  }
}
