import Figures
import HypervisorModel
import VirtualTerminal

/// The active console in its part of the screen, under one line that is ours.
struct ConsoleView {
  let state: UIState
  let pane: ConsolePane
  let frame: Frame

  func draw(on canvas: inout Canvas) {
    for row in 0..<max(frame.height - ConsolePane.barRows, 0) { drawLine(row, on: &canvas) }
    drawBar(on: &canvas)
    guard state.consoles.hasFocus, pane.phase == .open, pane.scrolledBack == 0, canvas.grid.cursor == nil,
      let cursor = pane.screen.cursor
    else { return }
    let position = Position(
      column: frame.column + cursor.column, row: frame.row + cursor.row + ConsolePane.barRows)
    if frame.contains(position) { canvas.grid.cursor = position }
  }

  private func drawLine(_ row: Int, on canvas: inout Canvas) {
    guard row < pane.screen.rows else { return }
    let cells = pane.screen.line(row, scrolledBack: pane.scrolledBack)
    let line = frame.row + row + ConsolePane.barRows
    for (column, cell) in cells.prefix(frame.width).enumerated() where cell.width > 0 {
      let shown = column + cell.width <= frame.width ? Self.gridCell(cell, canvas.charset) : .blank
      canvas.grid.set(shown, column: frame.column + column, row: line)
    }
    guard case .browsing(let browsing) = pane.mode else { return }
    for match in ConsoleScreen.matches(of: browsing.query, in: cells) {
      let columns = match.clamped(to: 0..<frame.width)
      canvas.grid.select(row: line, columns: frame.column + columns.lowerBound..<frame.column + columns.upperBound)
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

  // MARK: The bar

  private func drawBar(on canvas: inout Canvas) {
    guard frame.height > 0 else { return }
    canvas.fill(frame.column..<frame.end, row: frame.row, " ", .consoleBar)
    switch pane.mode {
    case .searching(let editor): drawLine("search up: ", editor, on: &canvas)
    case .logging(let editor): drawLine("write to the file: ", editor, on: &canvas)
    case .guest, .prefixed, .browsing: drawStatus(on: &canvas)
    }
  }

  private func drawLine(_ prompt: String, _ editor: LineEditor, on canvas: inout Canvas) {
    LineEditorView(prompt: prompt, editor: editor, role: .consoleBar)
      .draw(on: &canvas, column: frame.column + 1, row: frame.row, end: frame.end)
  }

  private func drawStatus(on canvas: inout Canvas) {
    let charset = canvas.charset
    // A message has to be read; for what leaves there is room beside it.
    let offered = message == nil ? hints[...] : hints.suffix(1)
    let keys = offered.first { DisplayText($0, charset: charset).width + 12 <= frame.width }
    let keysWidth = keys.map { DisplayText($0, charset: charset).width + 2 } ?? 0
    let end = max(frame.end - keysWidth, frame.column)
    var column = frame.column + 1
    for other in state.consoles.panes {
      let isActive = other.id == pane.id && state.consoles.panes.count > 1
      let name = other.name + (other.hasNews ? "*" : "")
      column = canvas.put(name, column: column, row: frame.row, end: end, isActive ? .headingSorted : .consoleBar) + 2
    }
    canvas.put(status, column: column, row: frame.row, end: end, .consoleBar)
    if let keys { canvas.put(keys, endingAt: frame.end - 1, row: frame.row, .consoleBar) }
  }

  /// Over the whole screen there is no other place for it.
  private var message: String? { state.consoles.placement == .full ? state.messages.last?.text : nil }

  private var status: String {
    if let message { return message }
    switch pane.phase {
    case .opening: return "opening"
    case .closed(let reason): return reason ?? "closed: the domain has gone"
    case .open:
      if pane.scrolledBack > 0 { return "\(pane.scrolledBack) lines back" }
      let word = state.row(of: pane.id.domain)?.state.word ?? ""
      return pane.logPath.map { word + ", written to " + $0 } ?? word
    }
  }

  private var hintsFromOutside: [String] {
    let there = (Tab.consoles.key.map(String.init) ?? "") + " goes there"
    let another = state.options.keys.shown(.console).map { ["\(there)  \($0) opens another"] } ?? []
    return another + [there]
  }

  /// The longest that fits is shown; the key that leaves is in all of them.
  private var hints: [String] {
    let (detach, prefix) = (state.options.consoleKeys.detach.name, state.options.consoleKeys.prefix.name)
    guard state.consoles.hasFocus else { return hintsFromOutside }
    if case .closed = pane.phase { return ["Esc or \(detach) leaves", "\(detach) leaves"] }
    switch pane.mode {
    case .prefixed:
      return [
        "d leaves  o other screen  s split  n p consoles  / search  L log  a types \(prefix)",
        "d leaves  o other  s split  / search  L log", "d leaves  a types \(prefix)", "d leaves",
      ]
    case .browsing(let browsing):
      return browsing.query.isEmpty
        ? ["Esc returns  / searches  PgUp PgDn g G", "Esc returns"] : ["Esc returns  n N next match", "Esc returns"]
    default:
      return [
        "\(detach) or \(prefix) d leaves  \(prefix) shows more", "\(detach) or \(prefix) d leaves", "\(detach) leaves",
      ]
    }
  }
}
