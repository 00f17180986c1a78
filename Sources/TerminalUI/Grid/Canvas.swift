import Figures

/// A part of a grid to draw in: what reaches beyond it is cut off.
struct Canvas {
  var grid: Grid
  /// What the mouse finds on it.
  var hits = HitMap()
  let glyphs: Glyphs
  let charset: Charset

  init(size: Size, charset: Charset) {
    grid = Grid(size: size)
    glyphs = Glyphs.of(charset)
    self.charset = charset
  }

  var size: Size { grid.size }

  /// Writes `text` from `column` on, at most up to `end`. Returns the column after it.
  @discardableResult
  mutating func put(_ text: String, column: Int, row: Int, end: Int? = nil, _ role: ThemeRole = .text) -> Int {
    guard Self.isPlain(text) else {
      return put(DisplayText(text, charset: charset), column: column, row: row, end: end, role)
    }
    let end = min(end ?? size.columns, size.columns)
    var column = column
    for byte in text.utf8 {
      guard column < end else { break }
      if column >= 0 {
        let sign = Self.plainSigns[Int(byte - Self.firstPlain)]
        grid.set(Cell(text: sign, width: 1, role: .themed(role)), column: column, row: row)
      }
      column += 1
    }
    return column
  }

  private static let firstPlain: UInt8 = 0x20
  private static let lastPlain: UInt8 = 0x7E
  private static let plainSigns = (firstPlain...lastPlain).map { String(Unicode.Scalar($0)) }

  /// Most text is: each byte of it is a sign of one column.
  private static func isPlain(_ text: String) -> Bool {
    text.utf8.allSatisfy { (firstPlain...lastPlain).contains($0) }
  }

  @discardableResult
  mutating func put(_ text: DisplayText, column: Int, row: Int, end: Int? = nil, _ role: ThemeRole = .text) -> Int {
    let end = min(end ?? size.columns, size.columns)
    var column = column
    for piece in text.pieces {
      guard column + piece.width <= end else { break }
      if column >= 0 {
        grid.set(Cell(text: piece.text, width: piece.width, role: .themed(role)), column: column, row: row)
      }
      column += piece.width
    }
    return column
  }

  /// Writes `text` so that it ends before `end`.
  mutating func put(_ text: String, endingAt end: Int, row: Int, from start: Int = 0, _ role: ThemeRole = .text) {
    if Self.isPlain(text) {
      let column = end - text.utf8.count
      if column >= start { put(text, column: column, row: row, end: end, role) }
      return
    }
    let display = DisplayText(text, charset: charset)
    guard end - display.width >= start else { return }
    put(display, column: end - display.width, row: row, end: end, role)
  }

  /// Writes pieces of different roles one after the other.
  @discardableResult
  mutating func put(_ runs: [(String, ThemeRole)], column: Int, row: Int, end: Int? = nil) -> Int {
    var column = column
    for (text, role) in runs { column = put(text, column: column, row: row, end: end, role) }
    return column
  }

  mutating func fill(_ columns: Range<Int>, row: Int, _ text: String = " ", _ role: ThemeRole = .text) {
    for column in columns { grid.set(Cell(text: text, width: 1, role: .themed(role)), column: column, row: row) }
  }

  /// Puts all of another one in a part of this one.
  mutating func put(_ other: Canvas, at place: Position) {
    for row in 0..<other.size.rows {
      grid.copy(row: row, of: other.grid, to: Position(column: place.column, row: place.row + row))
    }
    hits.add(other.hits, at: place)
  }

  /// A frame with a title in its upper edge, blank inside.
  mutating func box(_ frame: Frame, border: ThemeRole, inside: ThemeRole = .text) {
    guard frame.width >= 2, frame.height >= 2 else { return }
    let right = frame.column + frame.width - 1
    let bottom = frame.row + frame.height - 1
    for row in frame.row + 1..<bottom {
      put(glyphs.vertical, column: frame.column, row: row, border)
      fill(frame.column + 1..<right, row: row, " ", inside)
      put(glyphs.vertical, column: right, row: row, border)
    }
    for row in [frame.row, bottom] { fill(frame.column + 1..<right, row: row, glyphs.horizontal, border) }
    put(glyphs.corners.topLeft, column: frame.column, row: frame.row, border)
    put(glyphs.corners.topRight, column: right, row: frame.row, border)
    put(glyphs.corners.bottomLeft, column: frame.column, row: bottom, border)
    put(glyphs.corners.bottomRight, column: right, row: bottom, border)
  }

  /// Puts runs into a frame's upper edge.
  mutating func title(_ runs: [(String, ThemeRole)], of frame: Frame) {
    put([(" ", .border)] + runs + [(" ", .border)], column: frame.column + 2, row: frame.row, end: frame.end - 2)
  }
}

/// A rectangle on the screen.
struct Frame: Hashable {
  var column: Int
  var row: Int
  var width: Int
  var height: Int

  /// The column after its last.
  var end: Int { column + width }
  var columns: Range<Int> { column..<end }
  var rows: Range<Int> { row..<row + height }
  /// What a border around it leaves, with a column of air on either side.
  var inner: Frame { Frame(column: column + 2, row: row + 1, width: max(width - 4, 0), height: max(height - 2, 0)) }
}

extension Frame {
  /// A part of a line.
  init(_ columns: Range<Int>, row: Int) {
    self.init(column: columns.lowerBound, row: row, width: columns.count, height: 1)
  }

  /// In the middle of a screen.
  init(centredIn size: Size, width: Int, height: Int) {
    self.init(column: (size.columns - width) / 2, row: (size.rows - height) / 2, width: width, height: height)
  }
}
