import HypervisorModel
import Testing

import VirtualTerminal

@testable import TerminalUI

/// Several consoles, beside the other screen or over it; what has scrolled off; logs.
@Suite struct ConsolesTests {
  private let first = ConsoleID(domain: reference(1), serial: 1)
  private let second = ConsoleID(domain: reference(2), serial: 2)

  /// The console of web1 is open and has printed fifty lines.
  private func opened(_ size: Size = Size(columns: 80, rows: 24)) -> UIState {
    var state = makeState(size)
    state.type("jc")
    _ = state.update(.consoleOpened(first))
    _ = state.update(.tick(.seconds(2)))
    let text = (1...50).map { "line \($0)\r\n" }.joined() + "login: "
    _ = state.update(.consoleOutput(first, Array(text.utf8)))
    return state
  }

  @discardableResult
  private func prefixed(_ key: String, _ state: inout UIState) -> [UIEffect] {
    _ = state.update(.key(.control("a")))
    return state.type(key)
  }

  @Test(arguments: [Size(columns: 80, rows: 24), Size(columns: 200, rows: 60)])
  func standsBesideTheMainScreen(size: Size) {
    var state = opened(size)
    prefixed("s", &state)
    expectScreen("split-\(size.columns)x\(size.rows)", state.screen)
    #expect(state.screen.cursor != nil)
    // The main screen has the keys again, and both can be seen.
    prefixed("o", &state)
    #expect(state.screen.cursor == nil)
    state.type("j")
    #expect(state.selectedDomain == reference(2))
    #expect(state.screen.text.contains("login:"))
    #expect(state.type("0").isEmpty)
    #expect(state.type("x") == [.sendConsole(first, [0x78])])
  }

  @Test func smallScreensShowOneOfBoth() {
    var state = opened(Size(columns: 40, rows: 10))
    prefixed("s", &state)
    #expect(!state.screen.text.contains("NAME"))
    prefixed("o", &state)
    #expect(state.screen.text.contains("NAME"))
    #expect(!state.screen.text.contains("login:"))
  }

  @Test func splitScreensOfEverySizeCanBeDrawn() {
    for columns in [0, 1, 2, 40, 80, 119, 120, 121, 300] {
      for rows in [0, 1, 2, 13, 14, 15, 24, 60] {
        var state = opened()
        prefixed("s", &state)
        _ = state.update(.resize(Size(columns: columns, rows: rows)))
        #expect(state.screen.size == Size(columns: columns, rows: rows))
        prefixed("o", &state)
        state.type("2?")
        #expect(state.screen.size == Size(columns: columns, rows: rows))
      }
    }
  }

  @Test func severalAreOpenAtOnce() {
    var state = opened()
    prefixed("o", &state)
    #expect(state.type("jc") == [.openConsole(second)])
    _ = state.update(.consoleOpened(second))
    _ = state.update(.consoleOutput(second, Array("second".utf8)))
    #expect(state.screen.lines[0].hasPrefix(" web1  build"))
    #expect(state.screen.text.contains("second"))
    _ = state.update(.consoleOutput(first, Array("news".utf8)))
    #expect(state.screen.lines[0].hasPrefix(" web1*  build"))
    prefixed("n", &state)
    #expect(state.screen.lines[0].hasPrefix(" web1  build"))
    #expect(state.screen.text.contains("login: news"))
    #expect(state.type("x") == [.sendConsole(first, [0x78])])
    #expect(state.update(.key(.control("]"))) == [.closeConsole(first)])
    // The other one is still open: stepping in again opens nothing.
    #expect(state.screen.text.contains("NAME"))
    #expect(state.type("c").isEmpty)
    #expect(state.screen.text.contains("second"))
  }

  @Test func newsOfAHiddenConsoleAreMarkedAtItsTab() throws {
    var state = opened()
    prefixed("o", &state)
    _ = state.update(.consoleOutput(first, Array("news".utf8)))
    let row = try #require(state.layout.tabs)
    #expect(state.screen.roles(row: row).contains("w"))
  }

  @Test func whatHasScrolledOffIsSearched() {
    var state = opened()
    prefixed("/", &state)
    state.type("LINE 1")
    #expect(state.screen.lines[0].hasPrefix(" search up: LINE 1"))
    #expect(state.press(.enter).isEmpty)
    expectScreen("console-search", state.screen)
    #expect(state.screen.text.contains("line 19\n"))
    state.type("n")
    guard case .browsing(let browsing) = state.consoles.active?.mode else { return #expect(Bool(false)) }
    #expect(browsing.found == 17)
    state.type("N")
    guard case .browsing(let back) = state.consoles.active?.mode else { return #expect(Bool(false)) }
    #expect(back.found == 18)
    // Nothing of it is typed into the guest, and Escape goes back to the newest.
    #expect(state.type("xyz").isEmpty)
    state.press(.escape)
    #expect(state.screen.text.contains("login:"))
    #expect(state.type("x") == [.sendConsole(first, [0x78])])
  }

  @Test func aSearchInVainSaysSo() {
    var state = opened()
    prefixed("/", &state)
    state.type("nowhere")
    state.press(.enter)
    #expect(state.screen.lines[0].contains("'nowhere' is not found further up"))
  }

  @Test func linesKeepTheirNumbersWhenOldOnesAreForgotten() throws {
    let screen = try #require(ConsoleScreen(rows: 4, columns: 20, scrollback: 10))
    _ = screen.feed(Array((1...30).map { "row \($0)\r\n" }.joined().utf8))
    let number = try #require(screen.find("row 22", from: .max, upward: true))
    _ = screen.feed(Array("more\r\nmore\r\n".utf8))
    #expect(screen.line(number: number).map(\.text).joined().hasPrefix("row 22"))
    #expect(screen.find("row 2", from: number, upward: true) != nil)
    #expect(screen.find("row 3", from: number, upward: true) == nil)
    #expect(screen.lineNumbers.count == 14)
  }

  @Test func wideCharactersAreFoundInTheirColumns() {
    let cells = ["日", "", "a", "本", ""].map {
      ConsoleCell(text: $0, width: $0.isEmpty ? 0 : $0 == "a" ? 1 : 2, style: .plain)
    }
    #expect(ConsoleScreen.matches(of: "A本", in: cells) == [2..<5])
    #expect(ConsoleScreen.matches(of: "", in: cells).isEmpty)
  }

  @Test func browsingTakesTheKeysUntilItEnds() {
    var state = opened()
    prefixed("[", &state)
    #expect(state.screen.lines[0].contains("Esc returns"))
    state.type("g")
    #expect(state.screen.lines[1] == "line 1")
    #expect(state.update(.paste("rm -rf /\n")).isEmpty)
    state.type("q")
    #expect(state.screen.text.contains("login:"))
  }

  @Test func whatComesIsWrittenToAFile() {
    var state = opened()
    prefixed("L", &state)
    #expect(state.screen.lines[0] == " write to the file: web1.log")
    #expect(state.press(.enter) == [.startConsoleLog(first, path: "web1.log")])
    #expect(state.screen.lines[0].contains("written to web1.log"))
    #expect(prefixed("L", &state) == [.stopConsoleLog(first)])
    prefixed("L", &state)
    state.press(.enter)
    _ = state.update(.consoleLogFailed(first, reason: "web1.log: permission denied"))
    #expect(state.screen.lines[0].contains("permission denied"))
    #expect(state.consoles.active?.logPath == nil)
  }

  @Test func aGuestsNameChoosesNoDirectory() {
    var state = makeState([snapshot(at: 1000, [domain(1, "../etc/passwd\n")])])
    state.type("c")
    prefixed("L", &state)
    #expect(state.press(.enter) == [.startConsoleLog(first, path: ".._etc_passwd_.log")])
  }

  @Test func aRebootGoesOnInTheLogToo() {
    var state = opened()
    prefixed("L", &state)
    state.press(.enter)
    _ = state.update(.consoleClosed(first, reason: nil))
    let next = ConsoleID(domain: reference(8, uuid: 1), serial: 2)
    #expect(
      state.update(.snapshot(snapshot(at: 3000, [domain(8, "web1", uuid: 1)])))
        == [.openConsole(next), .startConsoleLog(next, path: "web1.log")])
  }

  @Test func theKeysThatLeaveAreTheOperators() {
    var options = UIOptions()
    options.consoleKeys.detach = Key(.function(12))
    options.consoleKeys.prefix = .control("b")
    var state = UIState(options: options)
    _ = state.update(.resize(Size(columns: 80, rows: 24)))
    for snapshot in twoSamples() { _ = state.update(.snapshot(snapshot)) }
    state.type("jc")
    _ = state.update(.consoleOpened(first))
    #expect(state.screen.lines[0].contains("F12 or ^b d leaves"))
    #expect(state.update(.key(.control("]"))) == [.sendConsole(first, [0x1D])])
    #expect(state.update(.key(.control("a"))) == [.sendConsole(first, [1])])
    #expect(state.press(.function(12)) == [.closeConsole(first)])
    state.type("?")
    #expect(state.screen.text.contains("Keys"))
  }

  @Test func keysHaveNamesThatCanBeReadBack() {
    let keys: [Key] = [
      .control("]"), .control("a"), Key(.function(12)), Key(.enter), Key(.tab, .shift), Key(.up, .control),
      .character("x"), Key(.character("x"), .alt), .character(" "), .control(" "), Key(.escape), .character("日"),
      Key(.pageUp, [.alt, .shift]),
    ]
    for key in keys { #expect(Key(name: key.name) == key, "\(key.name)") }
    #expect(Key(name: "^A") == .control("a"))
    for name in ["", "F0", "F99", "nokey", "^", "Alt-"] { #expect(Key(name: name)?.name != name || name == "^") }
  }

  @Test func theMouseChoosesWhoHasTheKeys() throws {
    var state = opened(Size(columns: 200, rows: 60))
    prefixed("s", &state)
    let frame = try #require(state.regions.console)
    _ = state.mouse(.press, at: Position(column: 5, row: 40))
    #expect(!state.consoles.hasFocus)
    _ = state.mouse(.press, at: Position(column: frame.column + 3, row: 5))
    #expect(state.consoles.hasFocus)
    _ = state.mouse(.press, at: Position(column: 5, row: 30))
    _ = state.mouse(.press, at: try #require(state.place(of: .command(.consoles))))
    #expect(state.consoles.hasFocus)
  }
}
