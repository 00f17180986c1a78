import Figures
import HypervisorModel

/// A table: its heading and the rows that find room.
struct TableView<Row: TableRow> {
  let table: TableState<Row>
  let context: TableContext
  let heading: Int?
  let body: Layout.Table
  /// What is said instead of rows where there are none.
  let emptyText: String
  var marks: Set<DomainReference> = []

  func draw(on canvas: inout Canvas) {
    let placed = ColumnPlacement.placed(table.position, TableState<Row>.specs, width: canvas.size.columns)
    if let row = heading { drawHeading(row, placed, on: &canvas) }
    guard !table.rows.isEmpty else {
      if body.height > 0 {
        canvas.put(emptyText, column: ColumnPlacement.margin, row: body.row, .dim)
      }
      return
    }
    let columns = placed.compactMap { place in Row.column(place.spec.column).map { (place.range, $0) } }
    var position = table.position
    position.keepSelectionInView(body.height)
    for offset in 0..<body.height {
      let line = body.row + offset
      switch position.shown(at: offset) {
      case .row(let index):
        draw(table.rows[index], isSelected: index == position.selectedIndex, at: line, columns, on: &canvas)
        canvas.hits.add(.row(index), at: Frame(0..<canvas.size.columns, row: line))
      case .detail(let detail, ofRow: let index):
        let text = table.rows[index].detail(detail, position.details, none: canvas.glyphs.none)
        drawDetail(text, at: line, on: &canvas)
        canvas.hits.add(.row(index), at: Frame(0..<canvas.size.columns, row: line))
      case .heading: drawHeading(line, placed, on: &canvas)
      case nil: return
      }
    }
  }

  /// Cut at the edge, with a mark, so that nobody takes the rest of a figure for all of it.
  private func drawDetail(_ text: String, at row: Int, on canvas: inout Canvas) {
    let room = max(canvas.size.columns - ColumnPlacement.margin, 0)
    let shown = DisplayText(text, charset: canvas.charset).truncated(to: room, ellipsis: canvas.glyphs.ellipsis)
    canvas.put(shown, column: ColumnPlacement.margin, row: row, .dim)
  }

  private func drawHeading(_ row: Int, _ placed: [ColumnPlacement.Placed], on canvas: inout Canvas) {
    canvas.fill(0..<canvas.size.columns, row: row, " ", .heading)
    if table.position.scrolledColumns > 0 { canvas.put(canvas.glyphs.moreLeft, column: 0, row: row, .headingSorted) }
    let sort = table.position.sort
    for place in placed {
      if place.spec.isSortable { canvas.hits.add(.heading(place.spec.column), at: Frame(place.range, row: row)) }
      let isSorted = place.spec.column == sort.column
      let title = place.spec.title(context.cpuUnit)
      let role: ThemeRole = isSorted ? .headingSorted : .heading
      let arrow = sort.isDescending ? canvas.glyphs.descending : canvas.glyphs.ascending
      if place.spec.isLeftAligned {
        let end = canvas.put(title, column: place.range.lowerBound, row: row, end: place.range.upperBound, role)
        if isSorted { canvas.put(arrow, column: end, row: row, role) }
      } else {
        // The arrow may stand in the gap before the column.
        canvas.put(isSorted ? arrow + title : title, endingAt: place.range.upperBound, row: row, role)
      }
    }
  }

  private func draw(
    _ content: Row, isSelected: Bool, at row: Int, _ columns: [(Range<Int>, TableColumn<Row>)],
    on canvas: inout Canvas
  ) {
    if isSelected { canvas.put(canvas.glyphs.marker, column: 0, row: row, .key) }
    if let domain = content.domain, marks.contains(domain) {
      canvas.put(canvas.glyphs.mark, column: 1, row: row, .pending)
    }
    for (range, column) in columns {
      canvas.put(column.figure(content, context), in: range, row: row, left: column.spec.isLeftAligned)
    }
    if isSelected { canvas.grid.select(row: row, columns: 0..<canvas.size.columns) }
  }
}

extension Canvas {
  /// A figure in its column: names are cut where they are too long, figures never.
  mutating func put(_ figure: Figure, in range: Range<Int>, row: Int, left: Bool) {
    let frame = Frame(column: range.lowerBound, row: row, width: range.count, height: 1)
    switch figure.value {
    case .graph(let values): graph(values.suffix(Graph.samples(in: range.count, charset)), in: frame, figure.role)
    case .bar(let fraction): meter(fraction, columns: range, row: row, figure.role)
    default:
      let text = figure.value.text(width: range.count, none: glyphs.none)
      if left {
        let shown = DisplayText(text, charset: charset).truncated(to: range.count, ellipsis: glyphs.ellipsis)
        put(shown, column: range.lowerBound, row: row, end: range.upperBound, figure.role)
      } else {
        put(text, endingAt: range.upperBound, row: row, from: range.lowerBound, figure.role)
      }
    }
  }
}
