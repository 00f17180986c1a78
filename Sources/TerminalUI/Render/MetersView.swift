import Figures
import HypervisorModel

/// CPU and memory of the host: graphs of the past, meters of now.
struct MetersView {
  let state: UIState
  let frame: Frame

  private static let boxesMinimum = Size(columns: 60, rows: 18)
  private static let lineMinimumRows = 7

  /// Two boxes, one line, or nothing, as the screen has room.
  static func height(of size: Size) -> Int {
    if size.rows >= boxesMinimum.rows, size.columns >= boxesMinimum.columns {
      return min(max(size.rows * 3 / 10, 6), 14)
    }
    return size.rows >= lineMinimumRows ? 1 : 0
  }

  func draw(on canvas: inout Canvas) {
    guard frame.height > 1 else {
      if frame.height == 1 { drawLine(frame, on: &canvas) }
      return
    }
    let width = frame.width * 5 / 8
    drawCPU(Frame(column: 0, row: frame.row, width: width, height: frame.height), on: &canvas)
    drawMemory(
      Frame(column: width, row: frame.row, width: frame.width - width, height: frame.height), on: &canvas)
  }

  private var pcpus: Int { state.host.pcpus }
  private var total: Bytes { state.host.snapshot?.memory ?? .zero }
  private var used: Bytes { state.host.snapshot.map { $0.memory - $0.freeMemory } ?? .zero }
  private var usedFraction: Double { total == .zero ? 0 : Double(used.rawValue) / Double(total.rawValue) }
  private var busyFraction: Double? { state.host.rates.map { $0.totalCPU / Double(pcpus) } }

  private func drawLine(_ frame: Frame, on canvas: inout Canvas) {
    let half = frame.width / 2
    drawMeter("CPU", busyFraction, nil, Frame(column: 1, row: frame.row, width: half - 2, height: 1), on: &canvas)
    let right = Frame(column: half + 1, row: frame.row, width: frame.width - half - 2, height: 1)
    drawMeter("MEM", state.host.snapshot == nil ? nil : usedFraction, .memory, right, on: &canvas)
  }

  /// `label ■■■■····  42%`.
  private func drawMeter(
    _ label: String, _ fraction: Double?, _ role: ThemeRole?, _ frame: Frame, on canvas: inout Canvas
  ) {
    let figure = (fraction.map(Format.percent) ?? canvas.glyphs.none)
    let start = canvas.put(label, column: frame.column, row: frame.row, end: frame.end, .dim) + 1
    let end = frame.end - 5
    if start < end { canvas.meter(fraction ?? 0, columns: start..<end, row: frame.row, role) }
    canvas.put(figure, endingAt: frame.end, row: frame.row, from: start)
  }

  private func drawCPU(_ frame: Frame, on canvas: inout Canvas) {
    canvas.box(frame, border: .border)
    let isHost = state.cpuUnit == .host
    let value = state.host.rates.map { Format.fixed($0.totalCPU * 100 / Double(isHost ? pcpus : 1)) + "%" }
    let unit = isHost ? "100% = whole host" : "100% = one pCPU"
    canvas.title(
      [("CPU ", .boxTitle), (value ?? canvas.glyphs.none, .text), ("  " + unit, .dim)], of: frame)
    let inner = frame.inner
    let meters = meterGrid(in: inner)
    let graph = Frame(
      column: inner.column, row: inner.row, width: inner.width - meters.width - (meters.width > 0 ? 2 : 0),
      height: inner.height)
    let count = Graph.samples(in: graph.width, canvas.charset)
    canvas.graph(state.host.cpuHistory.suffix(count).map { $0 / Double(pcpus) }, in: graph)
    drawPCPUs(meters, at: inner.end - meters.width, inner, on: &canvas)
  }

  private struct MeterGrid {
    var columns: Int
    var cell: Int
    var width: Int { columns * cell }
  }

  /// As many columns of meters as the pCPUs need, as long as half of the box is left for the graph.
  private func meterGrid(in inner: Frame) -> MeterGrid {
    guard inner.height > 0 else { return MeterGrid(columns: 0, cell: 0) }
    let wanted = (pcpus + inner.height - 1) / inner.height
    let room = inner.width / 2
    let widest = 20
    let narrowest = 12
    let columns = min(wanted, max(room / narrowest, 1))
    return MeterGrid(columns: columns, cell: min(room / columns, widest))
  }

  private func drawPCPUs(_ grid: MeterGrid, at start: Int, _ inner: Frame, on canvas: inout Canvas) {
    let ids = state.host.snapshot?.pcpus.map(\.id) ?? []
    let places = grid.columns * inner.height
    let shown = ids.count > places ? places - 1 : ids.count
    for (index, id) in ids.prefix(max(shown, 0)).enumerated() {
      let column = start + index / inner.height * grid.cell
      let cell = Frame(column: column, row: inner.row + index % inner.height, width: grid.cell - 1, height: 1)
      drawMeter(
        String(id.rawValue).leftPadded(to: ids.count > 10 ? 2 : 1), state.host.rates?.pcpus[id], nil, cell, on: &canvas)
    }
    if shown < ids.count, places > 0 {
      canvas.put("+\(ids.count - shown) more", endingAt: inner.end, row: inner.row + inner.height - 1, .dim)
    }
  }

  private func drawMemory(_ frame: Frame, on canvas: inout Canvas) {
    canvas.box(frame, border: .border)
    let figures = state.host.snapshot == nil ? canvas.glyphs.none : "\(Format.bytes(used)) of \(Format.bytes(total))"
    canvas.title([("Memory ", .boxTitle), (figures, .text)], of: frame)
    let inner = frame.inner
    guard inner.height > 0 else { return }
    let graph = Frame(column: inner.column, row: inner.row, width: inner.width, height: inner.height - 1)
    let count = Graph.samples(in: graph.width, canvas.charset)
    let whole = Double(max(total.rawValue, 1))
    canvas.graph(state.host.memoryHistory.suffix(count).map { $0 / whole }, in: graph, .memory)
    let line = Frame(column: inner.column, row: inner.row + inner.height - 1, width: inner.width, height: 1)
    drawMeter("used", state.host.snapshot == nil ? nil : usedFraction, .memory, line, on: &canvas)
  }
}
