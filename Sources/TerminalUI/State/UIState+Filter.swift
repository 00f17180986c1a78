import VirtualTerminal

extension UIState {
  mutating func beginFilter() { mode = .filter(FilterEditor(editor: LineEditor(filter.text), before: filter.text)) }

  mutating func pressInFilter(_ key: Key, _ typed: FilterEditor) -> [UIEffect] {
    var typed = typed
    switch key {
    case Key(.enter): return enter(typed)
    case Key(.escape), .control("c"):
      filterHistory.stop()
      mode = .command
      apply(filter: typed.before)
      return []
    case Key(.up), .control("p"): recallFilter(1, &typed)
    case Key(.down), .control("n"): recallFilter(-1, &typed)
    default: _ = typed.editor.press(key)
    }
    mode = .filter(typed)
    apply(filter: typed.editor.text)
    return []
  }

  /// What is wrong with it stays on the screen, to be corrected.
  private mutating func enter(_ typed: FilterEditor) -> [UIEffect] {
    // Names that came since it was typed may take too many steps.
    filterFault = filterFault ?? filter.giveUp
    guard filterFault == nil else { return [] }
    filterHistory.add(filter.text)
    mode = .command
    return []
  }

  private mutating func recallFilter(_ step: Int, _ typed: inout FilterEditor) {
    guard let line = filterHistory.recall(step, current: typed.editor.text) else { return }
    typed.editor = LineEditor(line)
  }

  /// While a filter can't be understood (yet), the one before goes on.
  mutating func apply(filter text: String) {
    let new = Filter(text)
    filterFault = new.fault
    guard new.fault == nil, new.text != filter.text else { return }
    filter = new
    refreshTable()
    filterFault = filter.giveUp
  }
}
