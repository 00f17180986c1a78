/// Which part of the main screen stands where; the same for drawing, scrolling and the mouse. Small screens lose the
/// parts that say least first, the table stays to the end.
struct Layout {
  enum Meters: Hashable {
    case none
    /// One line with meters of CPU and memory.
    case lines(Frame)
    case boxes(cpu: Frame, memory: Frame)
  }

  struct Table: Hashable {
    var row: Int
    var height: Int
    var rows: Range<Int> { row..<row + height }
  }

  private(set) var title: Int?
  private(set) var tabs: Int?
  private(set) var counts: Int?
  private(set) var meters = Meters.none
  /// A line for each cpupool.
  private(set) var pools = 0..<0
  private(set) var heading: Int?
  private(set) var table = Table(row: 0, height: 0)
  private(set) var footer: Int?

  private static let boxesMinimum = Size(columns: 60, rows: 18)

  init(size: Size, view: View = .overview, pools: Int = 0) {
    var row = 0
    func take(_ height: Int = 1) -> Int {
      defer { row += height }
      return row
    }
    if size.rows >= 2 { title = take() }
    if size.rows >= 12 { tabs = take() }
    if size.rows >= 8 { counts = take() }
    if view == .overview { meters = Self.meters(size, at: row) }
    switch meters {
    case .none: break
    case .lines(let frame): row += frame.height
    case .boxes(let cpu, _): row += cpu.height
    }
    if view == .pcpus {
      let height = min(pools, size.rows / 4)
      self.pools = row..<row + height
      row += height
    }
    if size.rows >= 4, view != .domain { heading = take() }
    if size.rows >= 3 { footer = size.rows - 1 }
    table = Table(row: row, height: max(size.rows - row - (footer == nil ? 0 : 1), 0))
  }

  private static func meters(_ size: Size, at row: Int) -> Meters {
    if size.rows >= boxesMinimum.rows, size.columns >= boxesMinimum.columns {
      let height = min(max(size.rows * 3 / 10, 6), 14)
      let width = size.columns * 5 / 8
      return .boxes(
        cpu: Frame(column: 0, row: row, width: width, height: height),
        memory: Frame(column: width, row: row, width: size.columns - width, height: height))
    }
    guard size.rows >= 7 else { return .none }
    return .lines(Frame(column: 0, row: row, width: size.columns, height: 1))
  }
}
