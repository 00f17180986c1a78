import HypervisorModel
import VirtualTerminal

extension UIState {
  var regions: Regions { Regions(size: size, consoles) }

  /// The size of the main screen, which a console beside it takes a part of.
  var mainSize: Size { (regions.main ?? Frame(column: 0, row: 0, width: size.columns, height: size.rows)).size }

  /// The console of a domain, else of the selected one: the one that is open, else a new one.
  mutating func stepIntoConsole(of row: DomainRow? = nil) -> [UIEffect] {
    guard let row = row ?? selectedRow else {
      show(.warning, "no domain is selected")
      return []
    }
    guard !row.isDomain0 else {
      show(.warning, "\(row.name) is the host itself: it has no console")
      return []
    }
    if let index = consoles.panes.firstIndex(where: { $0.id.domain == row.reference }) {
      consoles.activate(index)
      arrangeScreens()
      return []
    }
    return openConsole(of: row.reference, name: row.name)
  }

  /// To the consoles that are open; if there are none, the selected domain's is opened.
  mutating func focusConsoles() -> [UIEffect] {
    guard !consoles.isEmpty else { return stepIntoConsole() }
    consoles.focus()
    arrangeScreens()
    return []
  }

  mutating func openConsole(of domain: DomainReference, name: String) -> [UIEffect] {
    consoleSerial += 1
    let id = ConsoleID(domain: domain, serial: consoleSerial)
    guard let pane = ConsolePane(id: id, name: name, size: size) else {
      show(.failure, "no memory for the console of '\(name)'")
      return []
    }
    consoles.add(pane)
    arrangeScreens()
    return [.openConsole(id)]
  }

  /// After a change of size or place.
  mutating func arrangeScreens() {
    if let frame = regions.console {
      consoles.changeAll { $0.resize(frame.size) }
      consoles.active?.hasNews = false
    }
    refreshTable()
    if case .columns(var chooser) = mode {
      chooser.keepSelectionInView(mainSize)
      mode = .columns(chooser)
    }
  }

  /// What has to be told to guests whose consoles have got another size.
  mutating func tellConsoleSizes() -> [UIEffect] {
    guard !options.isReadOnly, host.description?.operations[.resizeConsole] == .available else { return [] }
    var effects: [UIEffect] = []
    consoles.changeAll { pane in
      guard pane.phase == .open, pane.toldSize != pane.screenSize else { return }
      pane.toldSize = pane.screenSize
      effects.append(.resizeConsole(pane.id, pane.screenSize))
    }
    return effects
  }

  mutating func toggleSplit() {
    consoles.placement = consoles.placement == .split ? .full : .split
    if consoles.isEmpty {
      show(.info, "a console will stand " + (consoles.placement == .split ? "beside this screen" : "over all of it"))
    }
    arrangeScreens()
  }

  private mutating func leaveConsole() -> [UIEffect] {
    guard let pane = consoles.active else { return [] }
    consoles[pane.id] = nil
    consoles.hasFocus = false
    arrangeScreens()
    return onlyConsole == nil ? [.closeConsole(pane.id)] : [.closeConsole(pane.id), .quit(ExitReport())]
  }

  // MARK: Events

  mutating func consoleOpened(_ id: ConsoleID) {
    consoles[id]?.phase = .open
    consoles[id]?.openedAt = now
  }

  mutating func consoleOutput(_ id: ConsoleID, _ bytes: [UInt8]) -> [UIEffect] {
    guard var pane = consoles[id] else { return [] }
    let answers = pane.feed(bytes)
    if pane.id != consoles.active?.id || regions.console == nil { pane.hasNews = true }
    consoles[id] = pane
    guard !answers.isEmpty, !pane.isReplay(at: now), !options.isReadOnly else { return [] }
    return [.sendConsole(id, answers)]
  }

  mutating func consoleClosed(_ id: ConsoleID, _ reason: String?) -> [UIEffect] {
    guard let pane = consoles[id] else { return [] }
    let wasOpen = pane.phase == .open
    if onlyConsole != nil, !wasOpen { return [.quit(ExitReport(message: reason, failed: true))] }
    consoles[id]?.phase = .closed(reason)
    consoles[id]?.reopensAt = wasOpen ? now + ConsolePane.reopeningTime : nil
    return []
  }

  mutating func consoleLogFailed(_ id: ConsoleID, _ reason: String) {
    consoles[id]?.logPath = nil
    show(.failure, reason)
  }

  /// A domain that restarts gets a new id and a new console: the pane goes over to it. And a console that ended although its
  /// domain is still there, because the host was out of reach say, is opened again.
  mutating func reopenConsoles(_ snapshot: HostSnapshot) -> [UIEffect] {
    var effects: [UIEffect] = []
    for old in consoles.panes {
      guard case .closed = old.phase else { continue }
      let isDue = old.reopensAt.map { $0 <= now } ?? false
      let same = snapshot.contains(old.id.domain) ? old.id.domain : nil
      guard let reborn = snapshot.successor(of: old.id.domain) ?? (isDue ? same : nil) else {
        if onlyConsole != nil, isDue { return [.quit(ExitReport(message: Self.farewell(old.name)))] }
        continue
      }
      consoleSerial += 1
      let id = ConsoleID(domain: reborn, serial: consoleSerial)
      guard let pane = old.reopened(id) else { continue }
      consoles[old.id] = pane
      effects.append(.openConsole(id))
      if let path = pane.logPath { effects.append(.startConsoleLog(id, path: path)) }
    }
    return effects
  }

  private static func farewell(_ name: String) -> String {
    "the console of domain '\(name)' was closed: the domain has gone"
  }

  // MARK: Keys

  mutating func pressInConsole(_ key: Key) -> [UIEffect] {
    guard let pane = consoles.active else { return [] }
    switch pane.mode {
    case .guest: return pressForGuest(key, pane)
    case .prefixed:
      consoles.active?.mode = .guest
      return pressAfterPrefix(key, pane)
    case .browsing(let browsing): return pressWhileBrowsing(key, browsing)
    case .searching(let editor): return pressInSearch(key, editor)
    case .logging(let editor): return pressInLogName(key, editor)
    }
  }

  private mutating func pressForGuest(_ key: Key, _ pane: ConsolePane) -> [UIEffect] {
    if key == options.consoleKeys.detach { return leaveConsole() }
    if case .closed = pane.phase, [Key(.escape), Key(.enter), .character("q"), .control("c")].contains(key) {
      return leaveConsole()
    }
    if key == options.consoleKeys.prefix {
      consoles.active?.mode = .prefixed
      return []
    }
    if let lines = scrollStep(key, pane) {
      scrollConsole(by: lines)
      return []
    }
    return type(pane.screen.encode(key))
  }

  private mutating func pressAfterPrefix(_ key: Key, _ pane: ConsolePane) -> [UIEffect] {
    switch key {
    case .character("a"), options.consoleKeys.prefix: return type(pane.screen.encode(options.consoleKeys.prefix))
    case .character("d"), .control("d"), .character("q"): return leaveConsole()
    case Key(.pageUp), .character("["): browse(by: consolePage)
    case Key(.pageDown), .character("]"): scrollConsole(by: -consolePage)
    case .character("/"): consoles.active?.mode = .searching(LineEditor())
    case .character("L"): return toggleLog(pane)
    case .character("l"), .control("l"): return [.redraw]
    case .control("z"): return [.suspend]
    case _ where onlyConsole != nil: break
    case .character("o"), Key(.tab), .character("w"):
      consoles.hasFocus = false
      arrangeScreens()
    case .character("s"), .character("|"), .character("z"): toggleSplit()
    case .character("n"): consoles.focus(movingBy: 1)
    case .character("p"): consoles.focus(movingBy: -1)
    default: break
    }
    return []
  }

  private mutating func scrollConsole(by lines: Int) { consoles.active?.scroll(by: lines) }

  var consolePage: Int { max((regions.console?.height ?? 0) - ConsolePane.barRows - 1, 1) }

  /// The lines to scroll by; nil: the key is the guest's.
  private func scrollStep(_ key: Key, _ pane: ConsolePane) -> Int? {
    let isOurs = key.modifiers == .shift || (key.modifiers.isEmpty && !pane.screen.isAlternate)
    switch key.code {
    case .pageUp where isOurs: return consolePage
    case .pageDown where isOurs: return -consolePage
    default: return nil
    }
  }

  // MARK: Typing

  mutating func paste(_ text: String) -> [UIEffect] {
    guard consoles.hasFocus, let pane = consoles.active else {
      // On the main screen keys are commands: a paste must not run any. A line that is being typed takes it.
      pasteIntoLine(text)
      return []
    }
    switch pane.mode {
    case .guest, .prefixed: return type(pane.screen.encode(paste: text))
    case .searching(var editor):
      editor.insert(text)
      consoles.active?.mode = .searching(editor)
    case .logging(var editor):
      editor.insert(text)
      consoles.active?.mode = .logging(editor)
    case .browsing: break
    }
    return []
  }

  private mutating func pasteIntoLine(_ text: String) {
    switch mode {
    case .filter(var typed):
      typed.editor.insert(text)
      mode = .filter(typed)
      apply(filter: typed.editor.text)
    case .palette(var palette):
      palette.editor.insert(text)
      palette.selected = 0
      mode = .palette(palette)
    // The name that confirms is to be typed.
    case .command, .help, .text, .confirm, .trial, .columns: break
    }
  }

  private mutating func type(_ bytes: [UInt8]) -> [UIEffect] {
    guard var pane = consoles.active, !bytes.isEmpty else { return [] }
    if case .closed = pane.phase { return [] }
    guard !options.isReadOnly else {
      show(.failure, "nothing can be typed: this terminal is read-only")
      return []
    }
    pane.scrolledBack = 0
    if pane.phase == .open { pane.hasTyped = true }
    consoles.active = pane
    return [.sendConsole(pane.id, bytes)]
  }
}
