import VirtualTerminal

/// Looking at what a console's screen has lost, searching it, and writing it down.
extension UIState {
  mutating func browse(by lines: Int) {
    consoles.active?.scroll(by: lines)
    consoles.active?.mode = .browsing(.init())
  }

  mutating func pressWhileBrowsing(_ key: Key, _ browsing: ConsolePane.Browsing) -> [UIEffect] {
    guard var pane = consoles.active else { return [] }
    switch key {
    case Key(.up), .character("k"): pane.scroll(by: 1)
    case Key(.down), .character("j"): pane.scroll(by: -1)
    case Key(.pageUp), .character("["): pane.scroll(by: consolePage)
    case Key(.pageDown), .character("]"), .character(" "): pane.scroll(by: -consolePage)
    case Key(.home), .character("g"): pane.scroll(by: pane.screen.scrollbackCount)
    case Key(.end), .character("G"): pane.scrolledBack = 0
    case .character("/"), .character("?"): pane.mode = .searching(LineEditor())
    case .character("n") where !browsing.query.isEmpty: look(for: browsing.query, upward: true, &pane)
    case .character("N") where !browsing.query.isEmpty: look(for: browsing.query, upward: false, &pane)
    case Key(.escape), Key(.enter), .character("q"), .control("c"), options.consoleKeys.detach:
      pane.mode = .guest
      pane.scrolledBack = 0
    default: break
    }
    consoles.active = pane
    return []
  }

  private mutating func look(for query: String, upward: Bool, _ pane: inout ConsolePane) {
    if !pane.search(query, upward: upward) {
      show(.info, "'\(query)' is not found further \(upward ? "up" : "down")")
    }
  }

  mutating func pressInSearch(_ key: Key, _ typed: LineEditor) -> [UIEffect] {
    guard var pane = consoles.active else { return [] }
    var typed = typed
    switch key {
    case Key(.enter) where !typed.text.isEmpty: look(for: typed.text, upward: true, &pane)
    case Key(.escape), .control("c"), Key(.enter): pane.mode = .guest
    default:
      _ = typed.press(key)
      pane.mode = .searching(typed)
    }
    consoles.active = pane
    return []
  }

  // MARK: The log

  /// Ends the log, or asks for the name of a file.
  mutating func toggleLog(_ pane: ConsolePane) -> [UIEffect] {
    guard pane.logPath != nil else {
      consoles.active?.mode = .logging(LineEditor(Self.fileName(pane.name)))
      return []
    }
    consoles.active?.logPath = nil
    show(.info, "the console of \(pane.name) is written down no more")
    return [.stopConsoleLog(pane.id)]
  }

  /// A guest's name chooses no directory.
  private static func fileName(_ name: String) -> String {
    String(name.map { $0.isLetter || $0.isNumber || "._-".contains($0) ? $0 : "_" }) + ".log"
  }

  mutating func pressInLogName(_ key: Key, _ typed: LineEditor) -> [UIEffect] {
    guard var pane = consoles.active else { return [] }
    var typed = typed
    var effects: [UIEffect] = []
    switch key {
    case Key(.enter) where !typed.text.isEmpty:
      pane.mode = .guest
      pane.logPath = typed.text
      effects = [.startConsoleLog(pane.id, path: typed.text)]
    case Key(.escape), .control("c"), Key(.enter): pane.mode = .guest
    default:
      _ = typed.press(key)
      pane.mode = .logging(typed)
    }
    consoles.active = pane
    return effects
  }
}
