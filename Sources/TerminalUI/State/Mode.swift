/// What takes the keys; each case owns what lives in it.
enum Mode: Hashable {
  /// Keys are commands.
  case command
  /// The key table, scrolled down by so many lines.
  case help(scroll: Int)
  /// A text that the host answered, scrolled down by so many lines.
  case text(TextPage, scroll: Int)
  case confirm(Confirmation)
  /// A change that endangers the host waits for being kept.
  case trial(Trial)
  case columns(ColumnChooser)
  case filter(FilterEditor)
  case palette(Palette)
}

/// Which columns a table has, and in which order.
struct ColumnChooser: Hashable {
  /// Those that are shown, in the order of the screen, then the others.
  private(set) var columns: [Column]
  /// How many of them are shown.
  private(set) var shownCount: Int
  private(set) var selected = 0
  /// The first that is on the screen.
  private(set) var top = 0

  init(shown: [Column], all: [Column]) {
    columns = shown + all.filter { !shown.contains($0) }
    shownCount = shown.count
  }

  var shown: [Column] { Array(columns.prefix(shownCount)) }

  /// Lines of the list on a screen of `size`, between the upper and the lower edge of its frame.
  func shownLines(_ size: Size) -> Int { max(min(size.rows - 2, columns.count), 0) }

  /// Scrolls as little as needed, so that what is clicked on stays under the mouse.
  mutating func keepSelectionInView(_ size: Size) {
    let height = shownLines(size)
    let least = max(selected - height + 1, 0)
    top = min(max(top, least), selected, max(columns.count - height, 0))
  }

  mutating func select(by step: Int) { selected = min(max(selected + step, 0), max(columns.count - 1, 0)) }

  /// Shows the selected column, as the last one, or hides it; one stays.
  mutating func toggle() {
    guard columns.indices.contains(selected) else { return }
    let column = columns.remove(at: selected)
    if selected < shownCount, shownCount > 1 {
      shownCount -= 1
      columns.insert(column, at: shownCount)
    } else {
      let wasHidden = selected >= shownCount
      columns.insert(column, at: wasHidden ? shownCount : selected)
      if wasHidden { shownCount += 1 }
    }
  }

  /// Moves the selected column among those that are shown.
  mutating func move(by step: Int) {
    let place = selected + step
    guard selected < shownCount, (0..<shownCount).contains(place) else { return }
    columns.swapAt(selected, place)
    selected = place
  }
}
