import HypervisorModel

/// The table of domains.
struct TableView {
  let state: UIState
  let layout: Layout

  /// A column and where it stands.
  struct Placed {
    let spec: ColumnSpec
    let range: Range<Int>
  }

  /// Room for the mark of the selected row.
  private static let margin = 2
  private static let gap = 1
  private static let comfortableName = 14

  /// The columns that fit, the most important first come first served, and their places.
  static func columns(width: Int) -> [Placed] {
    var room = width - margin
    var chosen: Set<Column> = []
    for spec in ColumnSpec.all.sorted(by: { $0.sacrifice < $1.sacrifice }) {
      let needed = spec.width + (chosen.isEmpty ? 0 : gap)
      guard needed <= room || chosen.isEmpty else { continue }
      chosen.insert(spec.column)
      room -= needed
    }
    var column = margin
    let extra = extraWidths(room: max(room, 0), chosen)
    return ColumnSpec.all.filter { chosen.contains($0.column) }.map { spec in
      let start = column
      column += spec.width + (extra[spec.column] ?? 0) + gap
      return Placed(spec: spec, range: start..<column - gap)
    }
  }

  /// What is left over: a readable name first, then a long history, then a long name.
  private static func extraWidths(room: Int, _ chosen: Set<Column>) -> [Column: Int] {
    var room = room
    var extra: [Column: Int] = [:]
    func give(_ column: Column, upTo width: Int) {
      guard chosen.contains(column), let spec = ColumnSpec.all.first(where: { $0.column == column }) else { return }
      let part = min(max(width - spec.width - (extra[column] ?? 0), 0), room)
      extra[column, default: 0] += part
      room -= part
    }
    give(.name, upTo: comfortableName)
    for spec in ColumnSpec.all.reversed() { give(spec.column, upTo: spec.maximumWidth) }
    return extra
  }

  func draw(on canvas: inout Canvas) {
    let columns = Self.columns(width: canvas.size.columns)
    if let row = layout.heading { drawHeading(row, columns, on: &canvas) }
    guard !state.rows.isEmpty else {
      let text = state.snapshot == nil ? "waiting for the host" : "no domains: 'domus create FILE' makes one"
      if layout.table.height > 0 { canvas.put(text, column: Self.margin, row: layout.table.row, .dim) }
      return
    }
    let top = UIState.top(
      showing: state.selectedIndex, from: state.top, visible: layout.table.height, state.rows.count)
    for (offset, row) in state.rows.dropFirst(top).prefix(layout.table.height).enumerated() {
      draw(row, at: layout.table.row + offset, columns, on: &canvas)
    }
  }

  private func drawHeading(_ row: Int, _ columns: [Placed], on canvas: inout Canvas) {
    canvas.fill(0..<canvas.size.columns, row: row, " ", .heading)
    for column in columns {
      let isSorted = column.spec.column == state.sort.column
      let title = column.spec.title(state.cpuUnit)
      let role: ThemeRole = isSorted ? .headingSorted : .heading
      let arrow = state.sort.isDescending ? canvas.glyphs.descending : canvas.glyphs.ascending
      if column.spec.isLeftAligned {
        let end = canvas.put(title, column: column.range.lowerBound, row: row, end: column.range.upperBound, role)
        if isSorted { canvas.put(arrow, column: end, row: row, role) }
      } else {
        // The arrow may stand in the gap before the column.
        let text = isSorted ? arrow + title : title
        canvas.put(text, endingAt: column.range.upperBound, row: row, role)
      }
    }
  }

  private func draw(_ domain: DomainRow, at row: Int, _ columns: [Placed], on canvas: inout Canvas) {
    let isSelected = domain.reference == state.selection
    if isSelected { canvas.put(canvas.glyphs.marker, column: 0, row: row, .key) }
    for column in columns {
      let range = column.range
      switch column.spec.column {
      case .name:
        let name = DisplayText(domain.name, charset: canvas.charset)
          .truncated(to: range.count, ellipsis: canvas.glyphs.ellipsis)
        canvas.put(name, column: range.lowerBound, row: row, end: range.upperBound)
      case .history:
        let count = Graph.samples(in: range.count, canvas.charset)
        let full = Double(max(domain.vcpus, 1))
        let values = state.domainHistory[domain.reference]?.suffix(count).map { $0 / full } ?? []
        canvas.graph(values, in: Frame(column: range.lowerBound, row: row, width: range.count, height: 1), .graph)
      default:
        let (text, role) = figure(column.spec.column, domain, width: range.count, canvas.glyphs)
        if column.spec.isLeftAligned {
          canvas.put(text, column: range.lowerBound, row: row, end: range.upperBound, role)
        } else {
          canvas.put(text, endingAt: range.upperBound, row: row, from: range.lowerBound, role)
        }
      }
    }
    if isSelected { canvas.grid.select(row: row, columns: 0..<canvas.size.columns) }
  }

  private func figure(_ column: Column, _ domain: DomainRow, width: Int, _ glyphs: Glyphs) -> (String, ThemeRole) {
    switch column {
    case .id: return (String(domain.reference.id.rawValue), .text)
    case .state: return (domain.state.flags, domain.state.role)
    case .vcpus: return (String(domain.vcpus), .text)
    case .cpu: return cpu(domain, glyphs)
    case .cpuTime: return (seconds(domain.cpuTime, width: width), .text)
    case .memory: return (kibibytes(domain.memory, width: width), .text)
    case .maxMemory: return (domain.maxMemory.map { kibibytes($0, width: width) } ?? "no limit", .dim)
    case .weight:
      return (domain.weight.map { String($0.rawValue) } ?? glyphs.none, domain.isWeightPending ? .pending : .text)
    case .cap:
      guard let cap = domain.cap else { return (glyphs.none, .dim) }
      return (String(cap.rawValue), domain.isCapPending ? .pending : cap == .none ? .dim : .text)
    case .name, .history: return ("", .text)
    }
  }

  private func cpu(_ domain: DomainRow, _ glyphs: Glyphs) -> (String, ThemeRole) {
    guard let cpu = domain.cpu else { return (glyphs.none, .dim) }
    let whole = state.cpuUnit == .pcpu ? 1 : Double(max(state.snapshot?.pcpus.count ?? 1, 1))
    return (Format.fixed(cpu * 100 / whole), cpu < 0.0005 ? .dim : .gauge(cpu / Double(max(domain.vcpus, 1))))
  }

  private func seconds(_ time: Nanoseconds, width: Int) -> String {
    let text = Format.fixed(time.seconds)
    return text.utf8.count <= width ? text : Format.fixed(time.seconds, decimals: 0)
  }

  private func kibibytes(_ bytes: Bytes, width: Int) -> String {
    let text = String(bytes.kibibytes)
    return text.utf8.count <= width ? text : Format.bytes(bytes)
  }
}
