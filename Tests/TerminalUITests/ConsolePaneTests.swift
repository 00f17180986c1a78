import HypervisorModel
import Testing

@testable import TerminalUI

@Suite struct ConsolePaneTests {
  /// A host whose guests can be told a size.
  private var resizing: HostDescription {
    var able = host
    able.operations[.resizeConsole] = .available
    return able
  }

  private func opened(_ size: Size = Size(columns: 40, rows: 6)) -> (UIState, ConsoleID) {
    var state = makeState(size)
    state.press(.down)
    let effects = state.type("c")
    let id = ConsoleID(domain: reference(1), serial: 1)
    #expect(effects == [.openConsole(id)])
    _ = state.update(.consoleOpened(id))
    _ = state.update(.tick(.seconds(2)))
    return (state, id)
  }

  @Test func showsTheGuestsScreenUnderOneLine() {
    var (state, id) = opened()
    _ = state.update(.consoleOutput(id, Array("\u{1B}]0;title\u{7}login: \u{1B}[1;31mroot\u{1B}[0m\r\n# ".utf8)))
    let screen = state.screen
    #expect(screen.lines == [" web1  running        ^] or ^a d leaves", "login: root", "#", "", "", ""])
    #expect(screen.cursor == Position(column: 2, row: 2))
    #expect(screen.roles(row: 0) == String(repeating: "B", count: 40))
    #expect(
      screen[7, 1].role == .console(.init(foreground: .palette(1), attributes: .bold)))
  }

  @Test func keysAreTheGuestsExceptThoseThatLeave() {
    var (state, id) = opened()
    #expect(state.type("q?") == [.sendConsole(id, [0x71]), .sendConsole(id, [0x3F])])
    #expect(state.press(.enter) == [.sendConsole(id, [0x0D])])
    #expect(state.update(.key(.control("c"))) == [.sendConsole(id, [3])])
    #expect(state.press(.up) == [.sendConsole(id, Array("\u{1B}[A".utf8))])
    _ = state.update(.consoleOutput(id, Array("\u{1B}[?1h".utf8)))
    #expect(state.press(.up) == [.sendConsole(id, Array("\u{1B}OA".utf8))])
    #expect(state.update(.key(.control("]"))) == [.closeConsole(id)])
    #expect(state.screen.text.contains("NAME"))
  }

  @Test func theGuestIsToldTheSizeOfItsPane() {
    var (state, id) = opened()
    #expect(state.update(.resize(Size(columns: 60, rows: 9))).isEmpty, "a host that can't tell it is not asked")
    let told = state.update(.described(resizing))
    #expect(told == [.resizeConsole(id, Size(columns: 60, rows: 8))])
    #expect(state.update(.resize(Size(columns: 60, rows: 9))).isEmpty)
    #expect(state.update(.resize(Size(columns: 100, rows: 31))) == [.resizeConsole(id, Size(columns: 100, rows: 30))])
  }

  @Test func aReadOnlyTerminalTellsTheGuestNoSize() {
    var options = UIOptions()
    options.isReadOnly = true
    var state = UIState(options: options)
    _ = state.update(.described(resizing))
    for snapshot in twoSamples() { _ = state.update(.snapshot(snapshot)) }
    state.press(.down)
    state.type("c")
    #expect(state.update(.consoleOpened(ConsoleID(domain: reference(1), serial: 1))).isEmpty)
  }

  @Test func ctrlAIsAPrefixThatEveryKeyboardHas() {
    var (state, id) = opened()
    #expect(state.update(.key(.control("a"))).isEmpty)
    #expect(state.screen.lines[0].contains("d leaves"))
    #expect(state.type("a") == [.sendConsole(id, [1])])
    #expect(state.update(.key(.control("a"))).isEmpty)
    #expect(state.type("d") == [.closeConsole(id)])
  }

  @Test func pagesScrollBackAndTypingReturns() {
    var (state, id) = opened()
    _ = state.update(.consoleOutput(id, Array((1...50).map { "line \($0)\r\n" }.joined().utf8)))
    #expect(state.screen.lines[1] == "line 47")
    #expect(state.press(.pageUp).isEmpty)
    #expect(state.screen.lines[1] == "line 43")
    #expect(state.screen.lines[0].contains("4 lines back"))
    #expect(state.screen.cursor == nil)
    // What comes meanwhile does not move what is being read.
    _ = state.update(.consoleOutput(id, Array("more\r\n".utf8)))
    #expect(state.screen.lines[1] == "line 43")
    state.type("x")
    #expect(state.screen.lines[1] == "line 48")
    // A full-screen program gets the key itself.
    _ = state.update(.consoleOutput(id, Array("\u{1B}[?1049h".utf8)))
    #expect(state.press(.pageUp) == [.sendConsole(id, Array("\u{1B}[5~".utf8))])
  }

  @Test func questionsAreAnsweredUnlessTheyAreReplayed() {
    var state = makeState()
    state.press(.down)
    state.type("c")
    let id = ConsoleID(domain: reference(1), serial: 1)
    _ = state.update(.consoleOpened(id))
    #expect(state.update(.consoleOutput(id, Array("# \u{1B}[6n".utf8))).isEmpty)
    _ = state.update(.tick(.seconds(2)))
    #expect(
      state.update(.consoleOutput(id, Array("\u{1B}[6n".utf8))) == [.sendConsole(id, Array("\u{1B}[1;3R".utf8))])
  }

  @Test func pasteIsBracketedWhenTheGuestWantsItAndCarriesNoControls() {
    var (state, id) = opened()
    #expect(state.update(.paste("ls\n\u{1B}[201~x")) == [.sendConsole(id, Array("ls\r[201~x".utf8))])
    _ = state.update(.consoleOutput(id, Array("\u{1B}[?2004h".utf8)))
    #expect(state.update(.paste("a")) == [.sendConsole(id, Array("\u{1B}[200~a\u{1B}[201~".utf8))])
  }

  @Test func aConsoleThatEndedWithTheConnectionIsOpenedAgain() {
    var (state, id) = opened()
    _ = state.update(.consoleOutput(id, Array("before".utf8)))
    _ = state.update(.disconnected("the line broke"))
    _ = state.update(.consoleClosed(id, reason: nil))
    let next = ConsoleID(domain: reference(1), serial: 2)
    #expect(
      state.update(.snapshot(snapshot(at: 3000, [domain(1, "web1")]))).isEmpty, "that snapshot was on its way already")
    _ = state.update(.tick(.seconds(3)))
    #expect(state.update(.snapshot(snapshot(at: 4000, [domain(1, "web1")]))) == [.openConsole(next)])
    _ = state.update(.consoleOpened(next))
    _ = state.update(.consoleOutput(next, Array("before".utf8)))
    #expect(state.screen.lines[1] == "before", "what is replayed stands there once")
    #expect(state.update(.snapshot(snapshot(at: 5000, [domain(1, "web1")]))).isEmpty)
  }

  @Test func aDomainThatGoesLeavesItsLastScreen() {
    var (state, id) = opened()
    _ = state.update(.consoleOutput(id, Array("reboot: Power down".utf8)))
    _ = state.update(.consoleClosed(id, reason: nil))
    _ = state.update(.snapshot(snapshot(at: 3000, [domain(0, "Domain-0")])))
    #expect(state.screen.lines[0].contains("closed"))
    #expect(state.screen.lines[1] == "reboot: Power down")
    #expect(state.type("ls").isEmpty)
    #expect(state.press(.escape) == [.closeConsole(id)])
    #expect(state.screen.text.contains("Domain-0"))
  }

  @Test func aRebootGoesOnInTheSamePane() {
    var (state, id) = opened()
    _ = state.update(.consoleClosed(id, reason: nil))
    let next = ConsoleID(domain: reference(8, uuid: 1), serial: 2)
    #expect(state.update(.snapshot(snapshot(at: 3000, [domain(8, "web1", uuid: 1)]))) == [.openConsole(next)])
    #expect(state.update(.consoleOutput(id, Array("late".utf8))).isEmpty)
    #expect(!state.screen.text.contains("late"))
  }

  @Test func resizingKeepsAScreenInStep() {
    var (state, id) = opened()
    for size in [Size(columns: 1, rows: 1), Size(columns: 0, rows: 0), Size(columns: 200, rows: 50)] {
      _ = state.update(.resize(size))
      _ = state.update(.consoleOutput(id, Array("日本\r\n".utf8)))
      _ = state.screen
    }
    _ = state.update(.consoleOutput(id, Array("\u{1B}[H\u{1B}[2Jhello".utf8)))
    #expect(state.screen.lines[1] == "hello")
  }

  @Test func aConsoleAloneEndsTheProgram() {
    var state = UIState(console: reference(1), name: "web1")
    _ = state.update(.resize(Size(columns: 60, rows: 5)))
    let id = ConsoleID(domain: reference(1), serial: 1)
    #expect(state.start() == [.openConsole(id)])
    _ = state.update(.consoleOpened(id))
    #expect(state.update(.key(.control("]"))) == [.closeConsole(id), .quit(ExitReport())])

    var going = UIState(console: reference(1), name: "web1")
    _ = going.start()
    _ = going.update(.consoleOpened(id))
    #expect(going.update(.consoleClosed(id, reason: nil)).isEmpty, "the host may be out of reach")
    _ = going.update(.tick(.seconds(1)))
    #expect(
      going.update(.snapshot(snapshot(at: 3000, [domain(0, "Domain-0")])))
        == [.quit(ExitReport(message: "the console of domain 'web1' was closed: the domain has gone"))])

    var failing = UIState(console: reference(1), name: "web1")
    _ = failing.start()
    #expect(
      failing.update(.consoleClosed(id, reason: "no such domain"))
        == [.quit(ExitReport(message: "no such domain", failed: true))])
  }
}
