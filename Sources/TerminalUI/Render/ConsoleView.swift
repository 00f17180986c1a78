import HypervisorModel
import VirtualTerminal

/// A domain's console over the whole screen, under one line that is ours.
struct ConsoleView {
  let state: UIState
  let pane: ConsolePane

  func draw(on canvas: inout Canvas) {
    drawBar(on: &canvas)
    for row in 0..<max(canvas.size.rows - ConsolePane.barRows, 0) {
      drawLine(row, on: &canvas)
    }
    guard pane.phase == .open, pane.scrolledBack == 0, let cursor = pane.screen.cursor else { return }
    let position = Position(column: cursor.column, row: cursor.row + ConsolePane.barRows)
    if position.row < canvas.size.rows, position.column < canvas.size.columns { canvas.grid.cursor = position }
  }

  private func drawLine(_ row: Int, on canvas: inout Canvas) {
    guard row < pane.screen.rows else { return }
    for (column, cell) in pane.screen.line(row, scrolledBack: pane.scrolledBack).enumerated() where cell.width > 0 {
      canvas.grid.set(Self.gridCell(cell, canvas.charset), column: column, row: row + ConsolePane.barRows)
    }
  }

  /// libvterm's idea of a character's width decides about the place; a character that the operator's terminal would
  /// show in another width is replaced.
  private static func gridCell(_ cell: ConsoleCell, _ charset: Charset) -> Cell {
    if cell.text.utf8.count == 1 { return Cell(text: cell.text, width: cell.width, role: .console(cell.style)) }
    let shown = DisplayText(asciiArt(cell.text, charset), charset: charset)
    if shown.width == cell.width, let piece = shown.pieces.first, shown.pieces.count == 1 {
      return Cell(text: piece.text, width: piece.width, role: .console(cell.style))
    }
    return Cell(text: charset.isASCII ? "?" : "\u{FFFD}", width: 1, role: .console(cell.style))
  }

  /// Lines and blocks have something like them in ASCII.
  private static func asciiArt(_ text: String, _ charset: Charset) -> String {
    guard charset.isASCII, let scalar = text.unicodeScalars.first else { return text }
    switch scalar.value {
    case 0x2500, 0x2501, 0x2550: return "-"
    case 0x2502, 0x2503, 0x2551: return "|"
    case 0x250C...0x254B, 0x2552...0x2570: return "+"
    case 0x2580...0x259F: return "#"
    default: return text
    }
  }

  private func drawBar(on canvas: inout Canvas) {
    guard canvas.size.rows > 0 else { return }
    let width = canvas.size.columns
    canvas.fill(0..<width, row: 0, " ", .consoleBar)
    let keys = hints.first { DisplayText($0, charset: canvas.charset).width + 12 <= width }
    let keysWidth = keys.map { DisplayText($0, charset: canvas.charset).width + 2 } ?? 0
    let end = max(width - keysWidth, 0)
    let column = canvas.put(pane.name, column: 1, row: 0, end: end, .consoleBar)
    canvas.put("  " + status, column: column, row: 0, end: end, .consoleBar)
    if let keys { canvas.put(keys, endingAt: width - 1, row: 0, .consoleBar) }
  }

  private var status: String {
    switch pane.phase {
    case .opening: return "opening"
    case .closed(let reason): return reason ?? "closed: the domain has gone"
    case .open:
      if pane.scrolledBack > 0 { return "\(pane.scrolledBack) lines back" }
      return state.rows.first { $0.reference == pane.id.domain }?.state.word ?? ""
    }
  }

  /// The longest that fits is shown; the key that leaves is in all of them.
  private var hints: [String] {
    if case .closed = pane.phase { return ["Esc or ^] leaves", "^] leaves"] }
    if pane.isPrefixed { return ["d leaves  a types ^a  PgUp PgDn scroll", "d leaves  a ^a"] }
    return ["^] or ^a d leaves  PgUp scrolls", "^] or ^a d leaves", "^] leaves"]
  }
}
