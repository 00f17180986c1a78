import Figures

/// A line that is being typed, with the terminal's cursor in it.
struct LineEditorView {
  let prompt: String
  let editor: LineEditor
  var role: ThemeRole?

  /// Draws from `column` to `end`; a long line is cut at its beginning.
  func draw(on canvas: inout Canvas, column: Int, row: Int, end: Int) {
    let start = canvas.put(prompt, column: column, row: row, end: end, role ?? .key)
    let room = max(end - start - 1, 0)
    let before = DisplayText(editor.textBeforeCursor, charset: canvas.charset)
    let shownBefore = before.suffix(of: room)
    var cursor = canvas.put(shownBefore, column: start, row: row, end: end, role ?? .text)
    let rest = String(editor.characters[editor.cursor...])
    canvas.put(rest, column: cursor, row: row, end: end, role ?? .text)
    cursor = min(cursor, max(end - 1, 0))
    if row < canvas.size.rows, cursor < canvas.size.columns {
      canvas.grid.cursor = Position(column: cursor, row: row)
    }
  }
}
