/// A question that names the domain.
struct ConfirmationView {
  let question: Confirmation

  private static let minimum = Size(columns: 34, rows: 7)

  func draw(on canvas: inout Canvas) {
    let size = canvas.size
    let verb = question.verb
    guard size.columns >= Self.minimum.columns, size.rows >= Self.minimum.rows else {
      let row = size.rows - 1
      canvas.fill(0..<size.columns, row: row, " ", .dialog)
      canvas.put("\(verb) '\(question.name)'? y/n", column: 0, row: row, .dialogTitle)
      return
    }
    let width = min(size.columns - 4, 60)
    let warning = Self.wrapped(question.warning, to: width - 4).prefix(size.rows - 5)
    let height = warning.count + 5
    let frame = Frame(column: (size.columns - width) / 2, row: (size.rows - height) / 2, width: width, height: height)
    canvas.box(frame, border: .dialog, inside: .dialog)
    let inner = frame.inner
    // The name may be long: the frame's edge cuts it, the sign after it stays.
    let name = DisplayText(question.name, charset: canvas.charset)
      .truncated(to: max(inner.width - verb.utf8.count - 8, 1), ellipsis: canvas.glyphs.ellipsis)
    canvas.title([(verb.prefix(1).uppercased() + verb.dropFirst(), .dialogTitle)], of: frame)
    var column = canvas.put("\(verb) domain '", column: inner.column, row: inner.row, end: inner.end, .dialog)
    column = canvas.put(name, column: column, row: inner.row, end: inner.end, .dialogTitle)
    canvas.put("'?", column: column, row: inner.row, end: inner.end, .dialog)
    for (index, line) in warning.enumerated() {
      canvas.put(line, column: inner.column, row: inner.row + 1 + index, end: inner.end, .warning)
    }
    canvas.put(
      [("y", .key), (" yes, \(verb)     ", .dialog), ("n", .key), (" no", .dialog)], column: inner.column,
      row: inner.row + warning.count + 2, end: inner.end)
  }

  /// A sentence in lines of at most so many columns, broken between words.
  private static func wrapped(_ sentence: String, to width: Int) -> [String] {
    var lines: [String] = []
    for word in sentence.split(separator: " ") {
      if let last = lines.last, last.count + 1 + word.count <= width {
        lines[lines.count - 1] = last + " " + word
      } else {
        lines.append(String(word))
      }
    }
    return lines
  }
}
