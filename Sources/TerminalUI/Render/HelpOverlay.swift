/// All keys, from the key table.
struct HelpOverlay {
  let scroll: Int
  let consoleKeys: ConsoleKeys

  private static let keyWidth = 11

  private enum Line {
    case title(String)
    case key(String, String)
    case empty
  }

  private static func lines(_ keys: ConsoleKeys) -> [Line] {
    KeyBinding.groups.flatMap { group in
      [.title(group.title)] + group.bindings.map { .key($0.shown, $0.help) } + [.empty]
    } + [.title("In a console")] + keys.table.map { .key($0.shown, $0.help) }
  }

  private static let lineCount = lines(ConsoleKeys()).count

  private static let columnWidth = 74

  /// Columns of lines, and lines in each.
  private static func shape(_ size: Size) -> (columns: Int, lines: Int) {
    let columns = min(max(size.columns / columnWidth, 1), 2)
    return (columns, (lineCount + columns - 1) / columns)
  }

  static func maximumScroll(_ size: Size) -> Int { max(shape(size).lines - frame(size).inner.height, 0) }

  private static func frame(_ size: Size) -> Frame {
    let (columns, lines) = shape(size)
    let width = min(size.columns, columns * columnWidth + 2)
    let height = min(size.rows, lines + 2)
    return Frame(column: (size.columns - width) / 2, row: (size.rows - height) / 2, width: width, height: height)
  }

  func draw(on canvas: inout Canvas) {
    let frame = Self.frame(canvas.size)
    canvas.box(frame, border: .dialog, inside: .dialog)
    let more = Self.maximumScroll(canvas.size) > 0 ? "  (up and down scroll, others close)" : "  (any key closes)"
    canvas.title([("Keys", .dialogTitle), (more, .dim)], of: frame)
    let inner = frame.inner
    let (columns, lines) = Self.shape(canvas.size)
    for column in 0..<columns {
      let start = inner.column + column * Self.columnWidth
      let end = min(start + Self.columnWidth - 2, inner.end)
      let part = Self.lines(consoleKeys).dropFirst(column * lines).prefix(lines).dropFirst(scroll).prefix(inner.height)
      for (offset, line) in part.enumerated() {
        draw(line, column: start, row: inner.row + offset, end: end, on: &canvas)
      }
    }
  }

  private func draw(_ line: Line, column: Int, row: Int, end: Int, on canvas: inout Canvas) {
    switch line {
    case .empty: break
    case .title(let text): canvas.put(text, column: column, row: row, end: end, .dialogTitle)
    case .key(let shown, let help):
      let key = canvas.charset.isASCII ? Self.withoutArrows(shown) : shown
      canvas.put(key, column: column, row: row, end: end, .key)
      canvas.put(help, column: column + Self.keyWidth, row: row, end: end, .dialog)
    }
  }

  private static func withoutArrows(_ text: String) -> String {
    let names: [Character: String] = ["↑": "Up", "↓": "Down", "←": "Left", "→": "Right"]
    return text.map { names[$0] ?? String($0) }.joined()
  }
}
