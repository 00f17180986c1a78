import Figures

/// Where the operator stands in a table, without its rows: all tables obey the same keys.
///
/// A row takes its own line, those of its details, and where headings are repeated one for the heading of the row after it:
/// so the first heading always stands right above the first row that is shown. The screen begins with a row's own line,
/// unless the selected row is taller than the screen: then its lines are scrolled.
struct TablePosition: Hashable, Sendable {
  /// The columns that are wanted, in the order of the screen.
  var columns: [Column]
  var sort: SortOrder
  /// Columns after the first that are scrolled out to the left.
  var scrolledColumns = 0
  /// What is shown below each row.
  var details: DomainDetails = []
  private(set) var selectedIndex: Int?
  /// The first row that is shown.
  private(set) var top = 0
  /// Lines of that row above the screen.
  private(set) var scrolledLines = 0
  /// The line after each row's last one, counted from the table's first.
  private var ends: [Int] = []

  init(columns: [Column], sort: SortOrder) {
    self.columns = columns
    self.sort = sort
  }

  var count: Int { ends.count }

  // MARK: Lines

  /// Is about other rows from now on: the lines of each, with its details, and which one is selected now.
  mutating func update(_ heights: some Sequence<Int>, selected: Int?, visible: Int) {
    let heading = details.contains(.repeatedHeading) ? 1 : 0
    var end = 0
    ends = heights.map { height in
      end += height + heading
      return end
    }
    // Below the last row there is no other.
    if let last = ends.indices.last { ends[last] -= heading }
    selectedIndex = selected
    keepSelectionInView(visible)
  }

  /// A row's own line and its details.
  private func lines(of row: Int) -> Range<Int> {
    let hasHeadingBelow = details.contains(.repeatedHeading) && row < count - 1
    return (row == 0 ? 0 : ends[row - 1])..<ends[row] - (hasHeadingBelow ? 1 : 0)
  }

  /// The row that has a line; `count` for those after the last. O(log n).
  private func row(at line: Int) -> Int {
    var (low, high) = (0, count)
    while low < high {
      let middle = (low + high) / 2
      if ends[middle] <= line { low = middle + 1 } else { high = middle }
    }
    return low
  }

  /// The first row that begins at a line or after it.
  private func row(from line: Int) -> Int { row(at: line - 1) + (line > 0 ? 1 : 0) }

  /// What a line of the screen shows.
  enum Line: Hashable {
    case row(Int)
    case detail(Int, ofRow: Int)
    case heading
  }

  /// What is shown on a line, counted from the first on the screen; nil: nothing. O(log n).
  func shown(at line: Int) -> Line? {
    guard line >= 0, count > 0 else { return nil }
    let line = lines(of: top).lowerBound + scrolledLines + line
    let row = row(at: line)
    guard row < count else { return nil }
    let lines = lines(of: row)
    guard lines.contains(line) else { return .heading }
    return line == lines.lowerBound ? .row(row) : .detail(line - lines.lowerBound - 1, ofRow: row)
  }

  // MARK: The selection

  mutating func select(_ index: Int?, visible: Int) {
    let new = index.flatMap { count == 0 ? nil : min(max($0, 0), count - 1) }
    if new != selectedIndex { scrolledLines = 0 }
    selectedIndex = new
    keepSelectionInView(visible)
  }

  /// So many rows on or back.
  mutating func select(by step: Int, visible: Int) { select((selectedIndex ?? 0) + step, visible: visible) }

  /// The same, but through the lines of a row that is taller than the screen.
  mutating func move(by step: Int, visible: Int) {
    select(by: step - scrollRow(by: step, visible: visible), visible: visible)
  }

  /// A screen on (1) or back (-1), with one line of overlap, and a row at least.
  mutating func movePage(_ direction: Int, visible: Int) {
    let step = direction * max(visible - 1, 1)
    guard let index = selectedIndex, scrollRow(by: step, visible: visible) == 0 else { return }
    let line = lines(of: index).lowerBound + step
    select(direction > 0 ? max(row(at: line), index + 1) : min(row(from: line), index - 1), visible: visible)
  }

  /// Scrolls in the selected row as far as it has lines; returns by how many.
  private mutating func scrollRow(by step: Int, visible: Int) -> Int {
    guard let index = selectedIndex, index == top else { return 0 }
    let before = scrolledLines
    scrolledLines = min(max(before + step, 0), max(lines(of: index).count - visible, 0))
    return scrolledLines - before
  }

  /// Scrolls as little as needed to show all of the selected row; of one that is taller than the screen, as many lines as
  /// there is room for.
  mutating func keepSelectionInView(_ visible: Int) {
    top = min(max(top, 0), max(min(row(from: (ends.last ?? 0) - visible), count - 1), 0))
    guard let index = selectedIndex, visible > 0 else {
      scrolledLines = 0
      return
    }
    let lines = lines(of: index)
    if index < top {
      top = index
    } else if lines.upperBound > self.lines(of: top).lowerBound + visible {
      top = min(row(from: lines.upperBound - visible), index)
    }
    scrolledLines = top == index ? min(scrolledLines, max(lines.count - visible, 0)) : 0
  }

  // MARK: Columns

  /// The order by the next sortable column to the right or left.
  func movedSort(by step: Int, _ specs: [ColumnSpec]) -> SortOrder {
    let sortable = columns.compactMap { column in specs.first { $0.column == column && $0.isSortable } }
    guard !sortable.isEmpty else { return sort }
    let index = sortable.firstIndex { $0.column == sort.column } ?? (step > 0 ? -1 : 0)
    return sortable[((index + step) % sortable.count + sortable.count) % sortable.count].naturalOrder
  }

  /// Scrolls the columns, as long as that shows others.
  mutating func scrollColumns(by step: Int, _ specs: [ColumnSpec], width: Int) {
    guard step > 0 else {
      scrolledColumns = max(scrolledColumns + step, 0)
      return
    }
    let shown = ColumnPlacement.placed(self, specs, width: width)
    let hasMore =
      scrolledColumns == 0 ? shown.count < columns.count : shown.last?.spec.column != columns.last
    if hasMore { scrolledColumns = min(scrolledColumns + step, max(columns.count - 2, 0)) }
  }
}
