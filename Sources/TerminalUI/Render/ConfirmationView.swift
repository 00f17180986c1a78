/// A question that names the domain, or all of several.
struct ConfirmationView {
  let question: Confirmation

  private static let minimum = Size(columns: 34, rows: 7)

  private var what: String {
    guard question.targets.count != 1 else { return question.targets[0].name }
    return "\(question.targets.count) domains"
  }

  func draw(on canvas: inout Canvas) {
    let size = canvas.size
    let verb = question.verb
    let answer = question.typed == nil ? "y/n" : "type '\(question.password)'"
    guard size.columns >= Self.minimum.columns, size.rows >= Self.minimum.rows else {
      let row = size.rows - 1
      canvas.fill(0..<size.columns, row: row, " ", .dialog)
      canvas.put("\(verb) '\(what)'? \(answer)", column: 0, row: row, .dialogTitle)
      return
    }
    let width = min(size.columns - 4, 60)
    let warning = Self.wrapped(question.warning, to: width - 4).prefix(size.rows - 5)
    let names = question.targets.count > 1 ? Self.wrapped(allNames, to: width - 4).prefix(size.rows / 3) : []
    let height = names.count + warning.count + 5
    let frame = Frame(column: (size.columns - width) / 2, row: (size.rows - height) / 2, width: width, height: height)
    canvas.box(frame, border: .dialog, inside: .dialog)
    canvas.title([(verb.prefix(1).uppercased() + verb.dropFirst(), .dialogTitle)], of: frame)
    let inner = frame.inner
    drawQuestion(inner, on: &canvas)
    for (index, line) in names.enumerated() {
      canvas.put(line, column: inner.column, row: inner.row + 1 + index, end: inner.end, .dialogTitle)
    }
    for (index, line) in warning.enumerated() {
      canvas.put(line, column: inner.column, row: inner.row + 1 + names.count + index, end: inner.end, .warning)
    }
    drawAnswer(Frame(column: inner.column, row: frame.row + height - 2, width: inner.width, height: 1), on: &canvas)
  }

  private var allNames: String { question.targets.map(\.name).joined(separator: " ") }

  private func drawQuestion(_ inner: Frame, on canvas: inout Canvas) {
    let verb = question.verb
    guard question.targets.count == 1 else {
      canvas.put("\(verb) \(what)?", column: inner.column, row: inner.row, end: inner.end, .dialog)
      return
    }
    // The name may be long: the frame's edge cuts it, the sign after it stays.
    let name = DisplayText(what, charset: canvas.charset)
      .truncated(to: max(inner.width - verb.utf8.count - 8, 1), ellipsis: canvas.glyphs.ellipsis)
    var column = canvas.put("\(verb) domain '", column: inner.column, row: inner.row, end: inner.end, .dialog)
    column = canvas.put(name, column: column, row: inner.row, end: inner.end, .dialogTitle)
    canvas.put("'?", column: column, row: inner.row, end: inner.end, .dialog)
  }

  private func drawAnswer(_ line: Frame, on canvas: inout Canvas) {
    guard let typed = question.typed else {
      canvas.put(
        [("y", .key), (" yes, \(question.verb)     ", .dialog), ("n", .key), (" no", .dialog)], column: line.column,
        row: line.row, end: line.end)
      return
    }
    LineEditorView(prompt: "type '\(question.password)' to go on: ", editor: typed)
      .draw(on: &canvas, column: line.column, row: line.row, end: line.end)
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
