/// A question that names the domain.
struct ConfirmationView {
  let question: Confirmation

  private static let minimum = Size(columns: 34, rows: 7)

  func draw(on canvas: inout Canvas) {
    let size = canvas.size
    let verb = question.request.operation.rawValue
    guard size.columns >= Self.minimum.columns, size.rows >= Self.minimum.rows else {
      let row = size.rows - 1
      canvas.fill(0..<size.columns, row: row, " ", .dialog)
      canvas.put("\(verb) '\(question.name)'? y/n", column: 0, row: row, .dialogTitle)
      return
    }
    let width = min(size.columns - 4, 60)
    let frame = Frame(column: (size.columns - width) / 2, row: (size.rows - 6) / 2, width: width, height: 6)
    canvas.box(frame, border: .dialog, inside: .dialog)
    let inner = frame.inner
    // The name may be long: the frame's edge cuts it, the sign after it stays.
    let name = DisplayText(question.name, charset: canvas.charset)
      .truncated(to: max(inner.width - verb.utf8.count - 8, 1), ellipsis: canvas.glyphs.ellipsis)
    canvas.title([(verb.prefix(1).uppercased() + verb.dropFirst(), .dialogTitle)], of: frame)
    var column = canvas.put("\(verb) domain '", column: inner.column, row: inner.row, end: inner.end, .dialog)
    column = canvas.put(name, column: column, row: inner.row, end: inner.end, .dialogTitle)
    canvas.put("'?", column: column, row: inner.row, end: inner.end, .dialog)
    canvas.put(question.warning, column: inner.column, row: inner.row + 1, end: inner.end, .warning)
    canvas.put(
      [("y", .key), (" yes, \(verb)     ", .dialog), ("n", .key), (" no", .dialog)], column: inner.column,
      row: inner.row + 3, end: inner.end)
  }
}
