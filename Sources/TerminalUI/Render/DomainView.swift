import Figures
import HypervisorModel

/// One domain: its facts, graphs of its past, its vCPUs, devices and events.
struct DomainView {
  let state: UIState
  let row: DomainRow
  /// Lines that it is scrolled down.
  let scroll: Int

  private static let graphWidth = 26
  private static let shownEvents = 100

  /// Rows of all that can be scrolled.
  static func contentHeight(_ row: DomainRow, _ state: UIState) -> Int {
    DomainView(state: state, row: row, scroll: 0).sections.reduce(0) { $0 + $1.height }
  }

  /// Rows that the screen has for it, below the facts and graphs.
  static func scrollHeight(_ size: Size, _ body: Layout.Table) -> Int {
    max(body.height - factRows - graphRows(size, body) * graphHeight(body), 0)
  }

  private static let factRows = 2
  private static func graphHeight(_ body: Layout.Table) -> Int { min(max(body.height / 5, 6), 12) }

  private static func graphRows(_ size: Size, _ body: Layout.Table) -> Int {
    let perRow = max(size.columns / graphWidth, 1)
    let wanted = (GraphSpec.all.count + perRow - 1) / perRow
    // The half of the screen stays for the tables.
    return max(min(wanted, (body.height - factRows) / 2 / graphHeight(body)), 0)
  }

  func draw(in body: Layout.Table, on canvas: inout Canvas) {
    drawFacts(body.row, until: body.row + body.height, on: &canvas)
    let graphRows = Self.graphRows(canvas.size, body)
    drawGraphs(graphRows, of: Self.graphHeight(body), from: body.row + Self.factRows, on: &canvas)
    let top = body.row + Self.factRows + graphRows * Self.graphHeight(body)
    let height = Self.scrollHeight(canvas.size, body)
    // Drawn as a whole elsewhere, of which the screen shows a window.
    var content = Canvas(
      size: Size(columns: canvas.size.columns, rows: sections.reduce(0) { $0 + $1.height }), charset: canvas.charset)
    var row = 0
    for section in sections {
      section.draw(row, &content)
      row += section.height
    }
    for offset in 0..<height {
      canvas.grid.copy(row: scroll + offset, of: content.grid, to: Position(column: 0, row: top + offset))
    }
  }

  // MARK: Facts

  private func drawFacts(_ row: Int, until end: Int, on canvas: inout Canvas) {
    for (index, facts) in [identity, resources].enumerated() where row + index < end {
      var column = 1
      for (label, value, role) in facts {
        let width = DisplayText(label + value, charset: canvas.charset).width + 1
        guard column + width <= canvas.size.columns || column == 1 else { break }
        column = canvas.put(label.isEmpty ? "" : label + " ", column: column, row: row + index, .dim)
        column = canvas.put(value, column: column, row: row + index, role) + 2
      }
    }
  }

  private typealias Fact = (label: String, value: String, role: ThemeRole)

  private var identity: [Fact] {
    var facts: [Fact] = [
      ("", row.name, .boxTitle), ("", row.state.word, row.state.role), ("id", "\(row.reference.id)", .text),
      ("", row.snapshot.type.rawValue, .text),
    ]
    if row.snapshot.createdAt != nil { facts.append(("up", text(.uptime), .text)) }
    facts.append(("uuid", text(.uuid), .dim))
    return facts
  }

  private var resources: [Fact] {
    var facts: [Fact] = []
    if row.weight != nil {
      facts.append(("weight", text(.weight), row.isWeightPending ? .pending : .text))
    }
    if let cap = row.cap {
      facts.append(("cap", cap == .none ? "none" : "\(cap.rawValue)%", row.isCapPending ? .pending : .text))
    }
    facts.append(("pool", row.snapshot.pool + (row.scheduler.map { " (\($0.rawValue))" } ?? ""), .text))
    facts.append(("memory", memory, .text))
    facts.append(("CPU", text(.cpuSeconds) + " s", .text))
    return facts
  }

  private func text(_ figure: DomainFigure) -> String { figure.value(row.sample).text(none: "") }

  private var memory: String {
    let most = row.snapshot.maxMemory.map { " of \(Format.bytes($0))" } ?? ""
    return Format.bytes(row.snapshot.memory) + most
  }

  // MARK: Graphs

  private struct GraphSpec {
    let title: String
    let role: ThemeRole?
    let series: @Sendable (DomainHistory) -> Series
    /// What fills the graph, if not the highest value in it.
    let full: @Sendable (DomainRow) -> Double?
    let figure: @Sendable (Double) -> String

    static let all = [
      GraphSpec(
        title: "CPU", role: nil, series: { $0.cpu }, full: { Double(max($0.snapshot.vcpus.count, 1)) },
        figure: { Format.fixed($0 * 100) + "%" }),
      GraphSpec(
        title: "Waited", role: nil, series: { $0.waited }, full: { Double(max($0.snapshot.vcpus.count, 1)) },
        figure: { Format.fixed($0 * 100) + "%" }),
      GraphSpec(
        title: "Memory", role: .memory, series: { $0.memory },
        full: { $0.snapshot.maxMemory.map { Double($0.rawValue) } },
        figure: { Format.bytes(Bytes(UInt64(min(max($0, 0), 1e18)))) }),
      GraphSpec(
        title: "Network", role: .graph, series: { $0.network }, full: { _ in nil },
        figure: { Format.rate($0) + "/s" }),
      GraphSpec(
        title: "Disk", role: .graph, series: { $0.disk }, full: { _ in nil }, figure: { Format.rate($0) + "/s" }),
    ]
  }

  private func drawGraphs(_ rows: Int, of height: Int, from top: Int, on canvas: inout Canvas) {
    guard rows > 0 else { return }
    let perRow = min(max(canvas.size.columns / Self.graphWidth, 1), GraphSpec.all.count)
    let history = state.host.domainHistory[row.reference] ?? DomainHistory()
    for (index, spec) in GraphSpec.all.prefix(perRow * rows).enumerated() {
      let (line, place) = index.quotientAndRemainder(dividingBy: perRow)
      let start = canvas.size.columns * place / perRow
      let end = canvas.size.columns * (place + 1) / perRow
      let frame = Frame(
        column: start, row: top + line * height, width: end - start, height: height)
      draw(spec, spec.series(history), in: frame, on: &canvas)
    }
  }

  private func draw(_ spec: GraphSpec, _ series: Series, in frame: Frame, on canvas: inout Canvas) {
    canvas.box(frame, border: .border)
    let inner = frame.inner
    let values = series.suffix(Graph.samples(in: inner.width, canvas.charset))
    let highest = values.max() ?? 0
    let full = spec.full(row) ?? highest
    var title: [(String, ThemeRole)] = [
      (spec.title + " ", .boxTitle), (values.last.map(spec.figure) ?? canvas.glyphs.none, .text),
    ]
    // Without a fixed scale the graph says what its height is.
    if spec.full(row) == nil, highest > 0 { title.append(("  peak " + spec.figure(highest), .dim)) }
    canvas.title(title, of: frame)
    canvas.graph(full > 0 ? values.map { $0 / full } : values.map { _ in 0 }, in: inner, spec.role)
  }

  // MARK: Tables

  private struct Section {
    let height: Int
    let draw: (Int, inout Canvas) -> Void
  }

  private var sections: [Section] {
    let events = state.log.entries.reversed().filter { $0.domain == row.reference }.prefix(Self.shownEvents)
    return [
      section(VCPURow.rows(of: row, state.host.entitlement), without: VCPURow.standardColumns, "no vCPUs"),
      section(NetworkRow.rows(of: row), without: NetworkRow.standardColumns, "no network interface"),
      section(DiskRow.rows(of: row), without: DiskRow.standardColumns, "no disk"),
      section(Array(events), without: LogEntry.standardColumns, "nothing has happened since this terminal looks"),
      configSection,
    ]
  }

  private var configSection: Section {
    let lines = state.config?.domain == row.reference ? state.config?.text.shown ?? [] : []
    return Section(height: lines.count + 1) { row, canvas in
      canvas.fill(0..<canvas.size.columns, row: row, " ", .heading)
      canvas.put("CONFIG", column: ColumnPlacement.margin, row: row, .heading)
      for (index, line) in lines.enumerated() {
        canvas.put(line, column: ColumnPlacement.margin, row: row + 1 + index)
      }
    }
  }

  /// A table of what is all about this domain, so without its name.
  private func section<Row: TableRow>(_ rows: [Row], without columns: [Column], _ emptyText: String) -> Section {
    var table = TableState<Row>(columns: columns.filter { $0 != .name }, sort: .natural)
    table.update(rows, state.context, visible: rows.count)
    table.position.select(nil, visible: rows.count)
    let height = max(rows.count, 1)
    let drawn = table
    return Section(height: height + 1) { row, canvas in
      TableView(
        table: drawn, context: state.context, heading: row, body: Layout.Table(row: row + 1, height: height),
        emptyText: emptyText
      ).draw(on: &canvas)
    }
  }
}
