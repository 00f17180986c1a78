/// One place of the screen.
public struct Cell: Hashable, Sendable {
  /// What stands here: a base scalar with its combining marks. Empty behind the left half of a wide one.
  public var text: String
  /// Columns that it takes: 1 or 2; 0 behind the left half of a wide one.
  public var width: Int
  public var role: Role
  /// It belongs to the selected row: `ThemeRole.selection` is laid over its role.
  public var isSelected: Bool

  public init(text: String, width: Int, role: Role, isSelected: Bool = false) {
    self.text = text
    self.width = width
    self.role = role
    self.isSelected = isSelected
  }

  public static let blank = Cell(text: " ", width: 1, role: .themed(.text))
}

/// A screen as values. Writing outside of it does nothing; a wide character of which one half is overwritten or does not
/// fit becomes spaces.
public struct Grid: Hashable, Sendable {
  public let size: Size
  private var cells: [Cell]
  /// Where the terminal's cursor stands; nil hides it.
  public var cursor: Position?

  public init(size: Size) {
    self.size = size
    cells = Array(repeating: .blank, count: size.columns * size.rows)
  }

  /// Precondition: the position lies inside.
  public subscript(column: Int, row: Int) -> Cell { cells[row * size.columns + column] }

  public func row(_ row: Int) -> ArraySlice<Cell> {
    guard (0..<size.rows).contains(row) else { return [] }
    return cells[row * size.columns..<(row + 1) * size.columns]
  }

  /// The characters of a row, without trailing spaces.
  public func text(row number: Int) -> String {
    var text = row(number).map(\.text).joined()
    while text.last == " " { text.removeLast() }
    return text
  }

  /// Puts one cell, and the empty one behind it if it is wide.
  public mutating func set(_ cell: Cell, column: Int, row: Int) {
    guard (0..<size.rows).contains(row), (0..<size.columns).contains(column), cell.width > 0 else { return }
    guard column + cell.width <= size.columns else {
      return set(
        Cell(text: " ", width: 1, role: cell.role, isSelected: cell.isSelected), column: column, row: row)
    }
    let index = row * size.columns + column
    if cells[index].width == 0 { blankOut(index - 1) }
    let last = index + cell.width - 1
    if cells[last].width == 2 { blankOut(last + 1) }
    cells[index] = cell
    if cell.width == 2 {
      if cells[last].width == 2 { blankOut(last + 1) }
      cells[last] = Cell(text: "", width: 0, role: cell.role, isSelected: cell.isSelected)
    }
  }

  private mutating func blankOut(_ index: Int) {
    guard cells.indices.contains(index) else { return }
    cells[index].text = " "
    cells[index].width = 1
  }

  /// Copies a row of another grid, as far as it fits.
  mutating func copy(row: Int, of other: Grid, to place: Position) {
    for (offset, cell) in other.row(row).enumerated() where cell.width > 0 {
      set(cell, column: place.column + offset, row: place.row)
    }
  }

  /// Gives all of a row one role; the selection stays.
  mutating func recolour(row: Int, _ role: Role) {
    guard (0..<size.rows).contains(row) else { return }
    for column in 0..<size.columns { cells[row * size.columns + column].role = role }
  }

  /// Lays the selection over a part of a row.
  mutating func select(row: Int, columns: Range<Int>) {
    guard (0..<size.rows).contains(row) else { return }
    for column in columns.clamped(to: 0..<size.columns) { cells[row * size.columns + column].isSelected = true }
  }
}
