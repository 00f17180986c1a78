import VirtualTerminal

extension UIState {
  mutating func beginFilter() { mode = .filter(FilterEditor(editor: LineEditor(filter.text), before: filter.text)) }

  mutating func pressInFilter(_ key: Key, _ typed: FilterEditor) -> [UIEffect] {
    var typed = typed
    switch key {
    case Key(.enter):
      filterHistory.add(typed.editor.text)
      mode = .command
      return []
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
