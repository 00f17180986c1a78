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
    if mouse.kind == .press, let key = buttons?.key(at: mouse.position) { return press(key) }
    switch mode {
    case .command: return handleInTable(mouse)
    case .help, .text: handleInOverlay(mouse)
    case .columns(let chooser): return handle(mouse, in: chooser)
    case .palette(let palette): return handle(mouse, in: palette)
    // No question is answered by accident.
    case .confirm, .trial, .filter: break
    }
    return []
  }

  /// What takes the place of keys just now.
  private var buttons: ButtonRow? {
    switch mode {
    case .command: FooterView(state: self, layout: layout, size: mainSize).buttons
    case .confirm(let question): ConfirmationView(question, size: mainSize).buttons
    case .trial(let trial): TrialView(trial, now: now, size: mainSize).buttons
    case .columns(let chooser): ColumnChooserView(chooser, specs, size: mainSize).buttons
    case .help, .text, .filter, .palette: nil
    }
  }

  private mutating func handleInOverlay(_ mouse: MouseEvent) {
    switch mouse.kind {
    case .press: mode = .command
    case .wheelUp: scrollOverlay(by: -Self.wheelStep)
    case .wheelDown: scrollOverlay(by: Self.wheelStep)
    }
  }

  private mutating func handleInTable(_ mouse: MouseEvent) -> [UIEffect] {
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
    guard let position, layout.table.rows.contains(place.row) else { return [] }
    switch position.shown(at: place.row - layout.table.row) {
    case .row(let index), .detail(_, ofRow: let index):
      let visible = visibleRows
      self.position?.select(index, visible: visible)
    case .heading: return clickOnHeading(place.column)
    case nil: break
    }
    return []
  }

  private mutating func clickOnHeading(_ column: Int) -> [UIEffect] {
    guard let position else { return [] }
    let placed = ColumnPlacement.placed(position, specs, width: mainSize.columns)
    if let spec = placed.first(where: { $0.range.contains(column) })?.spec, spec.isSortable {
      order(spec.column == position.sort.column ? position.sort.reversed : spec.naturalOrder)
    }
    return []
  }
}
