import Figures
import HypervisorModel

/// Shows a state on a screen of `size`, and says what stands where. Any size will do; what finds no room is left out.
public func render(_ state: UIState, size: Size) -> Drawing {
  let canvas = draw(state, size: size)
  return Drawing(grid: canvas.grid, hits: canvas.hits)
}

private func draw(_ state: UIState, size: Size) -> Canvas {
  let regions = Regions(size: size, state.consoles)
  if regions.console == nil, state.onlyConsole == nil { return drawMain(state, size: size) }
  var canvas = Canvas(size: size, charset: state.options.charset)
  if let frame = regions.main, state.onlyConsole == nil {
    let main = drawMain(state, size: frame.size)
    canvas.put(main, at: Position(column: frame.column, row: frame.row))
    if !state.consoles.hasFocus { canvas.grid.cursor = main.grid.cursor }
  }
  if let column = regions.divider {
    for row in 0..<size.rows { canvas.put(canvas.glyphs.vertical, column: column, row: row, .border) }
  }
  if let frame = regions.console, let pane = state.consoles.active {
    ConsoleView(state: state, pane: pane, frame: frame).draw(on: &canvas)
    canvas.hits.add(.console, at: frame)
  }
  return canvas
}

/// Everything but the consoles.
private func drawMain(_ state: UIState, size: Size) -> Canvas {
  var canvas = Canvas(size: size, charset: state.options.charset)
  let layout = state.layout(size)
  HeaderView(state: state, layout: layout).draw(on: &canvas)
  if let row = layout.tabs {
    TabsView(view: state.view, hasNews: state.consoles.panes.contains(where: \.hasNews)).draw(row: row, on: &canvas)
  }
  state.screens[state.view].draw(state, in: layout, on: &canvas)
  if let age = state.ageOfOldFigures { dim(layout, age, on: &canvas) }
  FooterView(state: state, layout: layout, size: size).draw(on: &canvas)
  drawMode(state, layout, on: &canvas)
  return canvas
}

/// Nobody takes old figures for new ones: they lose their colours, and their age stands above them.
private func dim(_ layout: Layout, _ age: Nanoseconds, on canvas: inout Canvas) {
  for row in layout.head.row..<layout.table.rows.upperBound where row != layout.heading {
    canvas.grid.recolour(row: row, .themed(.dim))
  }
  let text = " \(Format.fixed(age.seconds, decimals: 0)) s old "
  canvas.put(text, endingAt: canvas.size.columns, row: layout.heading ?? layout.table.row, .warning)
}

/// What lies over the main screen, and takes the mouse from it.
private func drawMode(_ state: UIState, _ layout: Layout, on canvas: inout Canvas) {
  if state.mode != .command { canvas.hits.removeAll() }
  switch state.mode {
  case .help(let scroll): HelpOverlay(state.options, scroll: scroll).draw(on: &canvas)
  case .text(let page, let scroll): TextOverlay(page, scroll: scroll).draw(on: &canvas)
  case .confirm(let question): ConfirmationView(question, size: canvas.size).draw(on: &canvas)
  case .trial(let trial): TrialView(trial, now: state.now, size: canvas.size).draw(on: &canvas)
  case .columns(let chooser): ColumnChooserView(chooser, state.specs, size: canvas.size).draw(on: &canvas)
  case .palette(let palette):
    PaletteView(
      palette, state.suggestions(palette), messages: state.messages.count, footer: layout.footer, size: canvas.size
    ).draw(on: &canvas)
  case .command, .filter: break
  }
}

extension DomainState {
  var role: ThemeRole {
    switch self {
    case .running: .running
    case .runnable, .building: .runnable
    case .blocked: .blocked
    case .paused: .paused
    case .shutdown(.crash): .crashed
    case .shutdown: .shutdown
    case .dying: .dying
    }
  }
}

extension ThemeRole {
  /// The part of a meter or graph at a height of 0 to 1.
  static func gauge(_ fraction: Double) -> ThemeRole {
    fraction < 0.5 ? .gaugeLow : fraction < 0.8 ? .gaugeMid : .gaugeHigh
  }
}
