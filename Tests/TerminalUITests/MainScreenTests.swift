import Figures
import HypervisorModel
import Testing

@testable import TerminalUI

@Suite struct MainScreenTests {
  @Test(arguments: [Size(columns: 80, rows: 24), Size(columns: 200, rows: 60), Size(columns: 40, rows: 10)])
  func theOverviewFitsTheScreen(size: Size) {
    var state = makeState(size)
    state.press(.down)
    expectScreen("overview-\(size.columns)x\(size.rows)", state.screen)
  }

  @Test func theOverviewIsCompleteInASCII() {
    expectScreen("overview-ascii", makeState(charset: .ascii).screen)
    expectScreen("overview-block", makeState(charset: .block).screen)
  }

  @Test func dialogsLieOverTheOverview() {
    var state = makeState()
    state.type("jd")
    expectScreen("destroy", state.screen)
    state.type("n?")
    expectScreen("help", state.screen)
  }

  @Test func anASCIITerminalGetsOnlyASCII() {
    let text = makeState(charset: .ascii, twoSamples([domain(9, "日本é\u{1B}[2J")])).screen.text
    #expect(text.unicodeScalars.allSatisfy { (0x20..<0x7F).contains($0.value) || $0 == "\n" })
    #expect(text.contains("????? ") || text.contains("?????["))
  }

  @Test func everySizeCanBeDrawn() {
    for columns in [0, 1, 2, 3, 5, 11, 33, 34, 40, 59, 60, 61, 80, 132, 300] {
      for rows in [0, 1, 2, 3, 4, 6, 7, 8, 10, 17, 18, 24, 60] {
        for keys in ["", "?", "jd", "%S"] {
          var state = makeState(Size(columns: columns, rows: rows))
          state.type(keys)
          #expect(state.screen.size == Size(columns: columns, rows: rows))
        }
        var state = makeState(Size(columns: columns, rows: rows))
        state.type("jc")
        _ = state.screen
      }
    }
  }

  @Test func theHeaderSaysWhatTheTerminalIsSent() {
    var state = makeState(Size(columns: 100, rows: 24))
    _ = state.update(.sent(10_000))
    #expect(!state.screen.lines[0].contains("sent"))
    _ = state.update(.tick(.seconds(3)))
    _ = state.update(.sent(10_400))
    #expect(state.screen.lines[0].contains("sent 200B/s"))
  }

  @Test func oneCellShowsWhatItCan() {
    let screen = makeState(Size(columns: 1, rows: 1)).screen
    #expect(screen.lines == ["▶"])
    #expect(screen.roles(row: 0) == "S")
  }

  @Test func noWideCharacterIsCutInHalf() {
    for columns in 8...60 {
      let screen = makeState(Size(columns: columns, rows: 10), twoSamples([domain(4, "日本語サーバの長い名前")])).screen
      for row in 0..<10 {
        let widths = screen.row(row).map(\.width)
        #expect(widths.reduce(0, +) == columns)
        for (index, width) in widths.enumerated() where width == 2 { #expect(widths[index + 1] == 0) }
      }
    }
  }

  @Test func namesOfAllScriptsStandInTheirColumn() {
    let names = ["e\u{301}te\u{301}", "שרת־ראשי", "خادم", "データベース", "👩‍👩‍👧", "กำลัง"]
    var state = makeState(twoSamples(names.enumerated().map { domain(UInt32($0.offset + 4), $0.element) }))
    state.type("j")
    expectScreen("names", state.screen)
  }

  @Test func controlCharactersInNamesAreShownAsBroken() {
    let text = makeState(twoSamples([domain(4, "a\u{1B}[31mb\u{202E}c\u{9B}2Jd\u{7}")])).screen.text
    #expect(text.contains("a\u{FFFD}[31mbc\u{FFFD}2Jd"))
    #expect(text.unicodeScalars.allSatisfy { $0.properties.generalCategory != .control || $0 == "\n" })
  }

  @Test func theShareOfTheHostIsOneKeyAwayAndTheHeadingSaysSo() throws {
    var state = makeState()
    state.type("%")
    let row = try #require(state.screen.row(containing: "HOST(%)"))
    #expect(state.screen.lines[row + 3].contains(" 45.0 "))
    #expect(state.screen.text.contains("CPU 60.0%  100% = whole host"))
    state.type("%")
    #expect(state.screen.lines[row + 3].contains(" 90.0 "))
  }

  @Test func theHelpListsEveryKeyOfTheTable() {
    var state = makeState(Size(columns: 200, rows: 60))
    state.type("?")
    let text = state.screen.text
    for binding in KeyBinding.all { #expect(text.contains(binding.help)) }
    state.press(.escape)
    #expect(!state.screen.text.contains("this help"))
  }

  @Test func noKeyIsBoundTwice() {
    let keys = KeyBinding.all.flatMap(\.keys)
    #expect(Set(keys).count == keys.count)
  }

  @Test func lostContactIsShownUntilTheNextSnapshot() {
    var state = makeState()
    _ = state.update(.disconnected("the host process has gone; 'domus' starts another"))
    #expect(state.screen.lines[0].hasSuffix("✗ disconnected"))
    #expect(state.screen.lines[23].contains("the host process has gone"))
    _ = state.update(.snapshot(snapshot(at: 3000, [domain(1, "web1")])))
    #expect(state.screen.lines[0].hasSuffix("● 1.0 s"))
  }

  @Test func theCountsOfAllStatesAddUp() {
    let states: [DomainState] = [.running, .runnable, .runnable, .blocked, .building]
    let domains = states.enumerated().map { domain(UInt32($0.offset), "d\($0.offset)", $0.element) }
    let text = makeState(Size(columns: 120, rows: 24), [snapshot(at: 1000, domains)]).screen.text
    #expect(text.contains("5 domains: 1 running, 1 blocked, 0 paused"))
    #expect(text.contains("0 shutdown, 2 runnable, 1 building"))
  }

  @Test func oldFiguresLoseTheirColoursAndSayTheirAge() throws {
    var state = makeState()
    let row = try #require(state.screen.row(containing: "build"))
    #expect(state.screen.roles(row: row).contains("r"))
    _ = state.update(.disconnected("gone"))
    _ = state.update(.tick(.seconds(42)))
    #expect(Set(state.screen.roles(row: row)) == ["d"])
    #expect(state.screen.text.contains("41 s old"))
    _ = state.update(.snapshot(snapshot(at: 60_000, [domain(2, "build")])))
    #expect(!state.screen.text.contains(" old"))
  }

  @Test func oldFiguresAreMarked() {
    var state = makeState()
    _ = state.update(.tick(.seconds(9)))
    #expect(state.screen.lines[0].hasSuffix("✗ no news for 8 s"))
  }

  @Test func graphsStartFilledFromTheHostsHistory() {
    var state = makeState()
    let samples = (0..<20).map { index in
      UsageSample(
        time: .milliseconds(UInt64(index) * 50), cpu: 2, usedMemory: .mebibytes(512),
        domains: [.init(reference: reference(1), cpu: 1, memory: .zero)])
    }
    _ = state.update(.history(samples))
    #expect(state.host.cpuHistory.points.count == 21)
    #expect(state.screen.lines.contains { $0.contains("web1") && $0.contains("⣿⣿⣿") })
  }
}
