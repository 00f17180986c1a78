/// Which part of the main screen stands where; the same for drawing and for scrolling. Small screens lose the parts that
/// say least first, the table stays to the end.
struct Layout {
  struct Table: Hashable {
    var row: Int
    var height: Int
    var rows: Range<Int> { row..<row + height }
  }

  private(set) var title: Int?
  private(set) var tabs: Int?
  private(set) var counts: Int?
  /// What the shown screen has above its table.
  let head: Frame
  private(set) var heading: Int?
  private(set) var table = Table(row: 0, height: 0)
  private(set) var footer: Int?

  init(size: Size, headHeight: Int, hasHeading: Bool) {
    var row = 0
    func next(_ height: Int = 1) -> Int {
      defer { row += height }
      return row
    }
    if size.rows >= 2 { title = next() }
    if size.rows >= 12 { tabs = next() }
    if size.rows >= 8 { counts = next() }
    head = Frame(column: 0, row: next(headHeight), width: size.columns, height: headHeight)
    if size.rows >= 4, hasHeading { heading = next() }
    if size.rows >= 3 { footer = size.rows - 1 }
    table = Table(row: row, height: max(size.rows - row - (footer == nil ? 0 : 1), 0))
  }
}

extension UIState {
  var layout: Layout { layout(mainSize) }

  /// That of the shown screen where it has so much room.
  func layout(_ size: Size) -> Layout {
    let screen = screens[view]
    return Layout(size: size, headHeight: screen.headHeight(self, size), hasHeading: screen.position != nil)
  }

  /// Lines of the screen's table.
  var visibleRows: Int { layout.table.height }
}
