extension UIState {
  /// Lines that the wheel scrolls text by.
  private static let wheelStep = 3

  mutating func handle(_ mouse: MouseEvent) -> [UIEffect] {
    let regions = regions
    if let frame = regions.console, frame.contains(mouse.position) {
      handleInConsole(mouse)
      return []
    }
    guard onlyConsole == nil else { return [] }
    if mouse.kind == .press { consoles.hasFocus = false }
    return handleOnMainScreen(mouse)
  }

  private mutating func handleInConsole(_ mouse: MouseEvent) {
    switch mouse.kind {
    case .wheelUp: consoles.active?.scroll(by: Self.wheelStep)
    case .wheelDown: consoles.active?.scroll(by: -Self.wheelStep)
    // What lies over the main screen wants its answer first.
    case .press: if mode == .command { consoles.focus() }
    }
  }

  private mutating func handleOnMainScreen(_ mouse: MouseEvent) -> [UIEffect] {
    if case .help(let scroll) = mode {
      let moved = scroll + (mouse.kind == .wheelUp ? -Self.wheelStep : Self.wheelStep)
      mode =
        mouse.kind == .press
        ? .command : .help(scroll: min(max(moved, 0), HelpOverlay(options).maximumScroll(mainSize)))
      return []
    }
    guard case .command = mode else { return [] }
    switch mouse.kind {
    case .wheelUp: move(by: -1)
    case .wheelDown: move(by: 1)
    case .press: return click(mouse.position)
    }
    return []
  }

  private mutating func click(_ place: Position) -> [UIEffect] {
    let layout = layout
    if layout.tabs == place.row {
      let tab = TabsView.tabs(view, width: mainSize.columns).first { $0.columns.contains(place.column) }
      return tab.map { run($0.tab.command) } ?? []
    }
    if layout.heading == place.row { return clickOnHeading(place.column) }
    guard view != .domain, layout.table.rows.contains(place.row) else { return [] }
    switch position.shown(at: place.row - layout.table.row) {
    case .row(let index), .detail(_, ofRow: let index): position.select(index, visible: visibleRows)
    case .heading: return clickOnHeading(place.column)
    case nil: break
    }
    return []
  }

  private mutating func clickOnHeading(_ column: Int) -> [UIEffect] {
    let placed = ColumnPlacement.placed(position, specs, width: mainSize.columns)
    if let spec = placed.first(where: { $0.range.contains(column) })?.spec, spec.isSortable {
      order(spec.column == position.sort.column ? position.sort.reversed : spec.naturalOrder)
    }
    return []
  }
}
