/// All keys, from the key table.
struct HelpOverlay {
  let scroll: Int

  private static let keyWidth = 11
  private static let margin = 2

  private enum Line {
    case title(String)
    case key(String, String)
    case empty
  }

  private static let lines: [Line] =
    KeyBinding.all.map { .key($0.shown, $0.help) }
    + [.empty, .title("In a console")] + KeyBinding.console.map { .key($0.shown, $0.help) }

  static func maximumScroll(_ size: Size) -> Int { max(lines.count - frame(size).inner.height, 0) }

  private static func frame(_ size: Size) -> Frame {
    let width = min(size.columns, 66)
    let height = min(size.rows, lines.count + 2)
    return Frame(column: (size.columns - width) / 2, row: (size.rows - height) / 2, width: width, height: height)
  }

  func draw(on canvas: inout Canvas) {
    let frame = Self.frame(canvas.size)
    canvas.box(frame, border: .dialog, inside: .dialog)
    let more = Self.maximumScroll(canvas.size) > 0 ? "  (up and down scroll, others close)" : "  (any key closes)"
    canvas.title([("Keys", .dialogTitle), (more, .dim)], of: frame)
    let inner = frame.inner
    for (offset, line) in Self.lines.dropFirst(scroll).prefix(inner.height).enumerated() {
      let row = inner.row + offset
      switch line {
      case .empty: break
      case .title(let text): canvas.put(text, column: inner.column, row: row, end: inner.end, .dialogTitle)
      case .key(let shown, let help):
        let key = canvas.charset.isASCII ? Self.withoutArrows(shown) : shown
        canvas.put(key, column: inner.column, row: row, end: inner.end, .key)
        canvas.put(help, column: inner.column + Self.keyWidth, row: row, end: inner.end, .dialog)
      }
    }
  }

  private static func withoutArrows(_ text: String) -> String {
    let names: [Character: String] = ["↑": "Up", "↓": "Down", "←": "Left", "→": "Right"]
    return text.map { names[$0] ?? String($0) }.joined()
  }
}
