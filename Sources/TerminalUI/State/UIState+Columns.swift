import VirtualTerminal

/// What has to do with the columns of this view's table.
extension UIState {
  mutating func arrange(_ command: Command) {
    guard var position else { return }
    switch command {
    case .sortLeft: order(position.movedSort(by: -1, specs))
    case .sortRight: order(position.movedSort(by: 1, specs))
    case .reverseOrder: order(position.sort.reversed)
    case .columnsLeft, .columnsRight:
      position.scrollColumns(by: command == .columnsLeft ? -1 : 1, specs, width: mainSize.columns)
      self.position = position
    default: mode = .columns(ColumnChooser(shown: position.columns, all: specs.map(\.column)))
    }
  }

  mutating func order(_ order: SortOrder) {
    position?.sort = order
    refreshTable()
  }

  mutating func choose(_ columns: [Column]) {
    position?.columns = columns
    position?.scrolledColumns = 0
  }

  private mutating func show(_ chooser: ColumnChooser) {
    var chooser = chooser
    chooser.keepSelectionInView(mainSize)
    mode = .columns(chooser)
    choose(chooser.shown)
  }

  /// To the column on that line, and shows or hides it.
  mutating func click(on index: Int, in chooser: ColumnChooser) {
    var chooser = chooser
    chooser.select(by: index - chooser.selected)
    chooser.toggle()
    show(chooser)
  }

  mutating func scroll(by step: Int, in chooser: ColumnChooser) {
    var chooser = chooser
    chooser.select(by: step)
    show(chooser)
  }

  mutating func pressInColumns(_ key: Key, _ chooser: ColumnChooser) -> [UIEffect] {
    var chooser = chooser
    switch key {
    // Its title offers this key, whatever else is the operator's for going back.
    case Key(.escape):
      mode = .command
      return []
    case .character(" "), Key(.enter), .character("x"): chooser.toggle()
    case Key(.left), .character("<"), .character("h"), .character("-"): chooser.move(by: -1)
    case Key(.right), .character(">"), .character("l"), .character("+"): chooser.move(by: 1)
    default:
      switch options.keys.command(for: key) {
      case .up: chooser.select(by: -1)
      case .down: chooser.select(by: 1)
      case .pageUp: chooser.select(by: -10)
      case .pageDown: chooser.select(by: 10)
      case .redraw: return [.redraw]
      case .suspend: return [.suspend]
      case .dismiss, .quit, .chooseColumns:
        mode = .command
        return []
      default: break
      }
    }
    show(chooser)
    return []
  }
}
