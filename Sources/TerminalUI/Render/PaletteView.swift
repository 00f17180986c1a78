import VirtualTerminal

/// The command line, and above it what could be meant.
struct PaletteView {
  private let palette: Palette
  private let suggestions: [Palette.Suggestion]
  private let size: Size
  private let row: Int
  /// The lines of the suggestions.
  private let rows: Range<Int>
  /// The suggestion on the first of them.
  private let first: Int

  private static let shownSuggestions = 10
  private static let maximumWidth = 80
  private static let wordWidth = 16

  /// `messages`: lines right above the command line that are messages.
  init(_ palette: Palette, _ suggestions: [Palette.Suggestion], messages: Int, footer: Int?, size: Size) {
    self.palette = palette
    self.suggestions = suggestions
    self.size = size
    row = footer ?? size.rows - 1
    let end = max(row - messages, 0)
    let count = min(suggestions.count, Self.shownSuggestions, max(end - 1, 0))
    rows = end - count..<end
    first = min(max(palette.selected - count + 1, 0), suggestions.count - count)
  }

  private var width: Int { min(size.columns, Self.maximumWidth) }

  func draw(on canvas: inout Canvas) {
    guard row >= 0 else { return }
    canvas.fill(0..<size.columns, row: row)
    LineEditorView(prompt: ":", editor: palette.editor).draw(on: &canvas, column: 1, row: row, end: size.columns)
    for (index, line) in zip(first..., rows) {
      let suggestion = suggestions[index]
      canvas.fill(0..<width, row: line, " ", .dialog)
      canvas.hits.add(.suggestion(index), at: Frame(0..<width, row: line))
      let column = canvas.put(suggestion.word, column: 2, row: line, end: width, .dialogTitle)
      canvas.put(suggestion.help, column: max(column + 2, Self.wordWidth + 2), row: line, end: width, .dialog)
      if index == palette.selected { canvas.grid.select(row: line, columns: 0..<width) }
    }
  }
}
