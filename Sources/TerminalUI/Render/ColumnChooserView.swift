/// The columns of a table, to choose from.
struct ColumnChooserView {
  let chooser: ColumnChooser
  let specs: [ColumnSpec]

  private static let titleWidth = 11

  func draw(on canvas: inout Canvas) {
    let width = min(canvas.size.columns, 72)
    let height = min(canvas.size.rows, chooser.columns.count + 2)
    let frame = Frame(
      column: (canvas.size.columns - width) / 2, row: (canvas.size.rows - height) / 2, width: width, height: height)
    canvas.box(frame, border: .dialog, inside: .dialog)
    canvas.title(
      [("Columns", .dialogTitle), ("  Space shows or hides  ", .dim), ("< >", .key), (" moves  Esc closes", .dim)],
      of: frame)
    let inner = frame.inner
    let top = min(max(chooser.selected - inner.height / 2, 0), max(chooser.columns.count - inner.height, 0))
    for (offset, column) in chooser.columns.dropFirst(top).prefix(inner.height).enumerated() {
      guard let spec = specs.first(where: { $0.column == column }) else { continue }
      let index = top + offset
      let row = inner.row + offset
      let isShown = index < chooser.shownCount
      let mark = isShown ? "[x] " : "[ ] "
      let end = canvas.put(mark, column: inner.column, row: row, end: inner.end, isShown ? .key : .dim)
      canvas.put(spec.title, column: end, row: row, end: inner.end, isShown ? .dialogTitle : .dialog)
      canvas.put(spec.help, column: end + Self.titleWidth, row: row, end: inner.end, .dialog)
      if index == chooser.selected {
        canvas.grid.select(row: row, columns: frame.column + 1..<frame.end - 1)
      }
    }
  }
}
