import HypervisorModel
import VirtualTerminal

extension UIState {
  mutating func stepIntoConsole() -> [UIEffect] {
    guard let row = selectedRow else {
      show(.warning, "no domain is selected")
      return []
    }
    guard row.reference.id != .domain0 else {
      show(.warning, "\(row.name) is the host itself: it has no console")
      return []
    }
    return openConsole(of: row.reference, name: row.name)
  }

  mutating func openConsole(of domain: DomainReference, name: String) -> [UIEffect] {
    consoleSerial += 1
    let id = ConsoleID(domain: domain, serial: consoleSerial)
    guard let pane = ConsolePane(id: id, name: name, size: size) else {
      show(.failure, "no memory for the console of '\(name)'")
      return []
    }
    console = pane
    return [.openConsole(id)]
  }

  private mutating func leaveConsole() -> [UIEffect] {
    guard let pane = console else { return [] }
    console = nil
    return onlyConsole == nil ? [.closeConsole(pane.id)] : [.closeConsole(pane.id), .quit(ExitReport())]
  }

  mutating func consoleOpened(_ id: ConsoleID) {
    guard console?.id == id else { return }
    console?.phase = .open
    console?.openedAt = now
  }

  mutating func consoleOutput(_ id: ConsoleID, _ bytes: [UInt8]) -> [UIEffect] {
    guard let pane = console, pane.id == id else { return [] }
    let before = pane.screen.scrollbackCount
    let answers = pane.screen.feed(bytes)
    // Who reads further up keeps reading the same lines.
    if pane.scrolledBack > 0 { console?.scroll(by: pane.screen.scrollbackCount - before) }
    guard !answers.isEmpty, !pane.isReplay(at: now) else { return [] }
    return [.sendConsole(id, answers)]
  }

  mutating func consoleClosed(_ id: ConsoleID, _ reason: String?) -> [UIEffect] {
    guard let pane = console, pane.id == id else { return [] }
    guard onlyConsole != nil else {
      console?.phase = .closed(reason)
      return []
    }
    let neverOpened = pane.phase == .opening
    let text = reason ?? "the console of domain '\(pane.name)' was closed: the domain has gone"
    return [.quit(ExitReport(message: text, failed: neverOpened))]
  }

  /// A domain that restarts gets a new id and a new console: the pane goes over to it.
  mutating func followRebootInConsole(_ snapshot: HostSnapshot) -> [UIEffect] {
    guard let pane = console, case .closed = pane.phase, let reborn = successor(of: pane.id.domain) else { return [] }
    consoleSerial += 1
    let id = ConsoleID(domain: reborn.reference, serial: consoleSerial)
    console?.id = id
    console?.phase = .opening
    console?.openedAt = nil
    console?.hasTyped = false
    return [.openConsole(id)]
  }

  // MARK: Keys

  /// Ctrl-] as in xl, and Ctrl-a as in screen, which every keyboard can type.
  private static let detach = Key.control("]")
  private static let prefix = Key.control("a")

  mutating func pressInConsole(_ key: Key) -> [UIEffect] {
    guard let pane = console else { return [] }
    if key == Self.detach { return leaveConsole() }
    if case .closed = pane.phase, [Key(.escape), Key(.enter), .character("q"), .control("c")].contains(key) {
      return leaveConsole()
    }
    if pane.isPrefixed {
      console?.isPrefixed = false
      return pressAfterPrefix(key, pane)
    }
    if key == Self.prefix {
      console?.isPrefixed = true
      return []
    }
    if let lines = scrollStep(key, pane) {
      console?.scroll(by: lines)
      return []
    }
    return type(pane.screen.encode(key))
  }

  private mutating func pressAfterPrefix(_ key: Key, _ pane: ConsolePane) -> [UIEffect] {
    switch key {
    case .character("d"), .control("d"), .character("q"): return leaveConsole()
    case .character("a"), Self.prefix: return type(pane.screen.encode(Self.prefix))
    case Key(.pageUp), .character("["): scrollConsole(by: consolePage)
    case Key(.pageDown), .character("]"): scrollConsole(by: -consolePage)
    case .character("l"), .control("l"): return [.redraw]
    case .control("z"): return [.suspend]
    default: break
    }
    return []
  }

  private mutating func scrollConsole(by lines: Int) { console?.scroll(by: lines) }

  private var consolePage: Int { max(size.rows - ConsolePane.barRows - 1, 1) }

  /// The lines to scroll by; nil: the key is the guest's.
  private func scrollStep(_ key: Key, _ pane: ConsolePane) -> Int? {
    let isOurs = key.modifiers == .shift || (key.modifiers.isEmpty && !pane.screen.isAlternate)
    switch key.code {
    case .pageUp where isOurs: return consolePage
    case .pageDown where isOurs: return -consolePage
    default: return nil
    }
  }

  mutating func paste(_ text: String) -> [UIEffect] {
    // On the main screen keys are commands: a paste must not run any.
    guard let pane = console else { return [] }
    return type(pane.screen.encode(paste: text))
  }

  private mutating func type(_ bytes: [UInt8]) -> [UIEffect] {
    guard let pane = console, !bytes.isEmpty else { return [] }
    if case .closed = pane.phase { return [] }
    console?.scrolledBack = 0
    if pane.phase == .open { console?.hasTyped = true }
    return [.sendConsole(pane.id, bytes)]
  }
}
