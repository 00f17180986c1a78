import VirtualTerminal

/// A text of many lines.
struct TextPage: Hashable {
  let title: String
  let lines: [String]

  init(_ title: String, _ text: String) {
    self.title = title
    var end = text[...]
    while end.last?.isWhitespace == true { end.removeLast() }
    lines = end.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).map { line in
      line.split(separator: "\t", omittingEmptySubsequences: false).joined(separator: "    ")
    }
  }
}

/// What lies over the screen and is scrolled: the help, and texts.
extension UIState {
  /// A text starts at its end, where the newest stands. What the operator is in the middle of goes before it.
  mutating func open(_ page: TextPage) {
    guard case .command = mode else { return show(.success, "\(page.title) has answered; ask again to see it") }
    mode = .text(page, scroll: TextOverlay(page).maximumScroll(mainSize))
  }

  mutating func pressInOverlay(_ key: Key) -> [UIEffect] {
    switch options.keys.command(for: key) {
    case .up: scrollOverlay(by: -1)
    case .down: scrollOverlay(by: 1)
    case .pageUp: scrollOverlay(by: -10)
    case .pageDown: scrollOverlay(by: 10)
    case .first: scrollOverlay(by: -Self.far)
    case .last: scrollOverlay(by: Self.far)
    case .redraw: return [.redraw]
    case .suspend: return [.suspend]
    default: mode = .command
    }
    return []
  }

  mutating func scrollOverlay(by step: Int) {
    func moved(_ scroll: Int, _ limit: Int) -> Int { min(max(scroll + step, 0), limit) }
    switch mode {
    case .help(let scroll): mode = .help(scroll: moved(scroll, HelpOverlay(options).maximumScroll(mainSize)))
    case .text(let page, let scroll):
      mode = .text(page, scroll: moved(scroll, TextOverlay(page).maximumScroll(mainSize)))
    default: break
    }
  }
}
