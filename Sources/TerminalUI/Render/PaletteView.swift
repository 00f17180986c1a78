/// The command line, and above it what could be meant.
struct PaletteView {
  let palette: Palette
  let suggestions: [Palette.Suggestion]
  let footer: Int?
  /// Lines right above it that are messages.
  let messages: Int

  private static let shownSuggestions = 10
  private static let wordWidth = 16

  func draw(on canvas: inout Canvas) {
    let row = footer ?? canvas.size.rows - 1
    guard row >= 0 else { return }
    canvas.fill(0..<canvas.size.columns, row: row)
    LineEditorView(prompt: ":", editor: palette.editor).draw(on: &canvas, column: 1, row: row, end: canvas.size.columns)
    let end = row - messages
    let count = min(suggestions.count, Self.shownSuggestions, max(end - 1, 0))
    guard count > 0 else { return }
    let width = min(canvas.size.columns, 80)
    let first = min(max(palette.selected - count + 1, 0), suggestions.count - count)
    for offset in 0..<count {
      let suggestion = suggestions[first + offset]
      let line = end - count + offset
      canvas.fill(0..<width, row: line, " ", .dialog)
      let column = canvas.put(suggestion.word, column: 2, row: line, end: width, .dialogTitle)
      canvas.put(suggestion.help, column: max(column + 2, Self.wordWidth + 2), row: line, end: width, .dialog)
      if first + offset == palette.selected { canvas.grid.select(row: line, columns: 0..<width) }
    }
  }
}
