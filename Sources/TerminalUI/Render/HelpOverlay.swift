import Figures

/// All keys, from the key table.
struct HelpOverlay {
  private let scroll: Int
  private let lines: [Line]

  private static let keyWidth = 11

  private enum Line {
    case title(String)
    case key(String, String)
    case empty
  }

  init(_ options: UIOptions, scroll: Int = 0) {
    self.scroll = scroll
    lines =
      options.keys.groups.flatMap { group in
        [.title(group.title)] + group.bindings.filter { !$0.keys.isEmpty }.map { .key($0.shown, $0.help) } + [.empty]
      } + [.title("In a console")] + options.consoleKeys.table.map { .key($0.shown, $0.help) }
  }

  private static let columnWidth = 74

  /// Columns of lines, and lines in each.
  private func shape(_ size: Size) -> (columns: Int, length: Int) {
    let columns = min(max(size.columns / Self.columnWidth, 1), 2)
    return (columns, (lines.count + columns - 1) / columns)
  }

  func maximumScroll(_ size: Size) -> Int { max(shape(size).length - frame(size).inner.height, 0) }

  private func frame(_ size: Size) -> Frame {
    let (columns, length) = shape(size)
    let width = min(size.columns, columns * Self.columnWidth + 2)
    let height = min(size.rows, length + 2)
    return Frame(centredIn: size, width: width, height: height)
  }

  func draw(on canvas: inout Canvas) {
    let frame = frame(canvas.size)
    canvas.box(frame, border: .dialog, inside: .dialog)
    canvas.hits.add(.overlay, at: Frame(column: 0, row: 0, width: canvas.size.columns, height: canvas.size.rows))
    let more = maximumScroll(canvas.size) > 0 ? "  (up and down scroll, others close)" : "  (any key closes)"
    canvas.title([("Keys", .dialogTitle), (more, .dim)], of: frame)
    let inner = frame.inner
    let (columns, length) = shape(canvas.size)
    for column in 0..<columns {
      let start = inner.column + column * Self.columnWidth
      let end = min(start + Self.columnWidth - 2, inner.end)
      let part = lines.dropFirst(column * length).prefix(length).dropFirst(scroll).prefix(inner.height)
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
      let keyEnd = canvas.put(key, column: column, row: row, end: end, .key)
      canvas.put(help, column: max(column + Self.keyWidth, keyEnd + 1), row: row, end: end, .dialog)
    }
  }

  private static func withoutArrows(_ text: String) -> String {
    let names: [Character: String] = ["↑": "Up", "↓": "Down", "←": "Left", "→": "Right"]
    return text.map { names[$0] ?? String($0) }.joined()
  }
}
