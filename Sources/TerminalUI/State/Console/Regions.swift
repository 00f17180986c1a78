/// How the screen is divided between the main screen and the active console.
struct Regions: Hashable {
  /// Nil: it can't be seen.
  var main: Frame?
  /// Nil: it can't be seen.
  var console: Frame?
  /// Where a line parts them.
  var divider: Int?

  /// As wide as this, they stand side by side, else one above the other.
  private static let sideBySide = 120
  private static let stackedRows = 14

  init(size: Size, _ consoles: Consoles) {
    let whole = Frame(column: 0, row: 0, width: size.columns, height: size.rows)
    guard !consoles.isEmpty else {
      main = whole
      return
    }
    let isSplit = consoles.placement == .split && (size.columns >= Self.sideBySide || size.rows >= Self.stackedRows)
    guard isSplit else {
      if consoles.hasFocus { console = whole } else { main = whole }
      return
    }
    if size.columns >= Self.sideBySide {
      let left = size.columns / 2
      main = Frame(column: 0, row: 0, width: left, height: size.rows)
      divider = left
      console = Frame(column: left + 1, row: 0, width: size.columns - left - 1, height: size.rows)
    } else {
      let upper = size.rows / 2
      main = Frame(column: 0, row: 0, width: size.columns, height: upper)
      console = Frame(column: 0, row: upper, width: size.columns, height: size.rows - upper)
    }
  }
}

extension Frame {
  var size: Size { Size(columns: width, rows: height) }

  func contains(_ position: Position) -> Bool {
    (column..<column + width).contains(position.column) && (row..<row + height).contains(position.row)
  }
}
