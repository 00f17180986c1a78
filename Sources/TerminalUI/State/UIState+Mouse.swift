import VirtualTerminal

/// The mouse does what keys do, to what stands under it.
extension UIState {
  /// Lines that the wheel scrolls text by.
  private static let wheelStep = 3

  mutating func handle(_ mouse: MouseEvent) -> [UIEffect] {
    let target = drawn.target(at: mouse.position)
    switch mouse.kind {
    case .wheelUp: wheel(-1, over: target)
    case .wheelDown: wheel(1, over: target)
    case .press: return press(on: target)
    }
    return []
  }

  private mutating func wheel(_ step: Int, over target: Target?) {
    guard target != .console else {
      consoles.active?.scroll(by: -step * Self.wheelStep)
      return
    }
    guard onlyConsole == nil else { return }
    switch mode {
    case .command: move(by: step)
    case .help, .text: scrollOverlay(by: step * Self.wheelStep)
    case .columns(let chooser): scroll(by: step, in: chooser)
    case .palette(let palette): scroll(by: step, in: palette)
    case .confirm, .trial, .filter: break
    }
  }

  private mutating func press(on target: Target?) -> [UIEffect] {
    if target == .console {
      // What lies over the main screen wants its answer first.
      if mode == .command { consoles.focus() }
      return []
    }
    guard onlyConsole == nil else { return [] }
    consoles.hasFocus = false
    switch target {
    case .key(let key): return press(key)
    case .command(let command): return run(command)
    case .row(let index):
      let visible = visibleRows
      position?.select(index, visible: visible)
    case .heading(let column): sort(by: column)
    case .suggestion(let index):
      if case .palette(let palette) = mode { return click(onSuggestion: index, in: palette) }
    case .choice(let index): if case .columns(let chooser) = mode { click(on: index, in: chooser) }
    case .overlay: mode = .command
    case .console, nil: break
    }
    return []
  }

  /// By this column, or the other way round if it is the one already.
  private mutating func sort(by column: Column) {
    guard let sort = position?.sort, let spec = specs.first(where: { $0.column == column }) else { return }
    order(column == sort.column ? sort.reversed : spec.naturalOrder)
  }
}
