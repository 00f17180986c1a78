/// The name of a table's column, as the configuration has it.
public struct Column: RawRepresentable, Hashable, Sendable {
  public let rawValue: String

  public init(rawValue: String) { self.rawValue = rawValue }
  public init(_ rawValue: String) { self.rawValue = rawValue }

  static let name = Column("name")
  static let id = Column("id")
  static let state = Column("state")
}

/// What `CPU %` counts.
public enum CPUUnit: Hashable, Sendable {
  /// 100 % is one pCPU, as in xentop.
  case pcpu
  /// 100 % is all pCPUs of the host.
  case host
}

/// A table's order.
public struct SortOrder: Hashable, Sendable {
  public var column: Column
  public var isDescending: Bool

  public init(column: Column, isDescending: Bool) {
    self.column = column
    self.isDescending = isDescending
  }

  var reversed: SortOrder { SortOrder(column: column, isDescending: !isDescending) }
}

/// How a column looks, whatever the rows are.
struct ColumnSpec: Sendable {
  let column: Column
  let title: String
  /// Where the CPU unit is the whole host.
  var hostTitle: String?
  let width: Int
  /// The column takes its part of what is left over, up to this width.
  let maximumWidth: Int
  let isLeftAligned: Bool
  /// When columns don't fit, the highest number goes first; 0 never goes.
  let sacrifice: Int
  /// Figures start with the largest, names with A.
  let startsDescending: Bool
  /// Graphs have no order.
  let isSortable: Bool
  /// For the chooser of columns.
  let help: String

  func title(_ unit: CPUUnit) -> String { unit == .host ? hostTitle ?? title : title }

  /// The natural order by this column.
  var naturalOrder: SortOrder { SortOrder(column: column, isDescending: startsDescending) }
}

/// A column of a table of `Row`s: how it looks, and what it says of a row. Another column is one more of these in the
/// row type's `columns`.
struct TableColumn<Row>: Sendable {
  let spec: ColumnSpec
  let figure: @Sendable (Row, TableContext) -> Figure

  /// `upTo`: the column may grow to that width. `left`: left-aligned, and sorted from A first.
  init(
    _ name: String, _ title: String, orOfHost hostTitle: String? = nil, _ width: Int, upTo maximumWidth: Int? = nil,
    left: Bool = false, ascending: Bool = false, sorts: Bool = true, sacrifice: Int, _ help: String,
    _ figure: @escaping @Sendable (Row, TableContext) -> Figure
  ) {
    spec = ColumnSpec(
      column: Column(name), title: title, hostTitle: hostTitle, width: width, maximumWidth: maximumWidth ?? width,
      isLeftAligned: left, sacrifice: sacrifice, startsDescending: !(left || ascending), isSortable: sorts, help: help)
    self.figure = figure
  }
}
