import HypervisorModel

/// Shows a state on a screen of `size`. Any size will do; what finds no room is left out.
public func render(_ state: UIState, size: Size) -> Grid {
  var canvas = Canvas(size: size, charset: state.options.charset)
  if let pane = state.console {
    ConsoleView(state: state, pane: pane).draw(on: &canvas)
    return canvas.grid
  }
  if state.onlyConsole != nil { return canvas.grid }
  let layout = Layout(size: size)
  HeaderView(state: state, layout: layout).draw(on: &canvas)
  MetersView(state: state, layout: layout).draw(on: &canvas)
  TableView(state: state, layout: layout).draw(on: &canvas)
  FooterView(state: state, layout: layout).draw(on: &canvas)
  switch state.dialog {
  case .help(let scroll): HelpOverlay(scroll: scroll).draw(on: &canvas)
  case .confirm(let question): ConfirmationView(question: question).draw(on: &canvas)
  case nil: break
  }
  return canvas.grid
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
