import VirtualTerminal

/// The columns of a table, to choose from.
struct ColumnChooserView {
  private let chooser: ColumnChooser
  private let specs: [ColumnSpec]
  private let frame: Frame
  private let buttons: ButtonRow

  private static let title = "Columns"
  private static let titleWidth = 11

  init(_ chooser: ColumnChooser, _ specs: [ColumnSpec], size: Size) {
    self.chooser = chooser
    self.specs = specs
    let frame = Frame(centredIn: size, width: min(size.columns, 72), height: chooser.shownLines(size) + 2)
    let start = frame.column + 3 + Self.title.utf8.count + 2
    buttons = ButtonRow(
      all: [
        Button(" ", word: "shows or hides"), Button(keys: [.character("<"), .character(">")], word: "moves"),
        Button(Key(.escape), word: "closes"),
      ], row: frame.row, in: start..<max(frame.end - 3, start))
    self.frame = frame
  }

  func draw(on canvas: inout Canvas) {
    canvas.box(frame, border: .dialog, inside: .dialog)
    let air = String(repeating: " ", count: 2 + buttons.columns.count)
    canvas.title([(Self.title, .dialogTitle), (air, .dim)], of: frame)
    buttons.draw(on: &canvas, word: .dim)
    let inner = frame.inner
    for (offset, column) in chooser.columns.dropFirst(chooser.top).prefix(inner.height).enumerated() {
      guard let spec = specs.first(where: { $0.column == column }) else { continue }
      let index = chooser.top + offset
      let row = inner.row + offset
      canvas.hits.add(.choice(index), at: Frame(frame.columns, row: row))
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
