/// The screens by name and number, this one marked.
struct TabsView {
  let view: ScreenID
  /// A console that can't be seen has printed something.
  let hasNews: Bool

  private struct Placed {
    let tab: Tab
    let columns: Range<Int>
    let name: String
  }

  private static let gap = 1

  /// Full names where they fit, else short ones, else only this one's.
  private func placed(width: Int) -> [Placed] {
    let choices = [placed { $0.title }, placed { $0.shortTitle }]
    return choices.first { ($0.last?.columns.upperBound ?? 0) <= width }
      ?? placed { $0 == .screen(view) ? $0.title : "" }
  }

  private func placed(_ name: (Tab) -> String) -> [Placed] {
    var column = 1
    return Tab.all.map { tab in
      let name = name(tab)
      let width = 1 + (name.isEmpty ? 0 : 1 + name.utf8.count)
      defer { column += width + Self.gap }
      return Placed(tab: tab, columns: column..<column + width, name: name)
    }
  }

  func draw(row: Int, on canvas: inout Canvas) {
    for place in placed(width: canvas.size.columns) {
      let isCurrent = place.tab == .screen(view)
      let hasNews = place.tab == .consoles && hasNews
      let end = canvas.put(
        place.tab.key.map(String.init) ?? canvas.glyphs.none, column: place.columns.lowerBound, row: row, .key)
      canvas.put(
        place.name, column: end + 1, row: row, isCurrent ? .boxTitle : hasNews ? .warning : .dim)
      if isCurrent { canvas.grid.select(row: row, columns: place.columns) }
      canvas.hits.add(.command(place.tab.command), at: Frame(place.columns, row: row))
    }
  }
}
