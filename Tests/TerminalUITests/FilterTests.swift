import HypervisorModel
import Testing

@testable import TerminalUI

@Suite struct FilterTests {
  private func state(_ filter: String) -> UIState {
    var state = makeState(twoSamples([busyDomain(9, "Web2", seconds: 1), domain(10, "db-日本", .paused)]))
    state.type("/" + filter)
    return state
  }

  @Test(
    arguments: [
      ("web", ["web1", "Web2"]), ("~^w.*2$", ["Web2"]), ("!web !idle", ["Domain-0", "build", "db-日本"]),
      ("state:paused", ["db-日本"]), ("!state:running", ["idle", "db-日本"]), ("cpu>20", ["web1", "build"]),
      ("weight=512", ["build"]), ("id<2 web", ["web1"]), ("日", ["db-日本"]), ("nets>0", ["Web2"]), ("", nil),
      ("pool:pool-0 build", ["build"]), ("cap=50", ["idle"]), ("zzz", []), ("!", nil),
      ("weight>=512", ["build"]), ("weight<=256", ["web1", "idle", "Web2", "db-日本"]), ("cap>=50 cap<=50", ["idle"]),
    ] as [(String, [String]?)])
  func wordsChooseDomains(filter: String, names: [String]?) {
    let state = state(filter)
    #expect(
      state.domains.rows.map(\.name) == names ?? ["Domain-0", "web1", "build", "idle", "Web2", "db-日本"])
  }

  @Test func isAppliedWhileItIsTyped() {
    var state = state("bu")
    expectScreen("filter-typing", state.screen)
    state.press(.enter)
    expectScreen("filter", state.screen)
    state.press(.escape)
    #expect(state.domains.rows.count == 6)
  }

  @Test func escapeGoesBackToTheFilterBefore() {
    var state = state("web")
    state.press(.enter)
    state.type("/2")
    #expect(state.domains.rows.map(\.name) == ["Web2"])
    state.press(.escape)
    #expect(state.filter.text == "web")
    #expect(state.domains.rows.count == 2)
  }

  @Test(arguments: [
    ("~(", "'(' is no regular expression"), ("colour:red", "there is no column 'colour'"),
    ("cpu>much", "'much' is no number"), ("cpu>=", "'' is no number"),
    ("state:foo", "states: building, running, runnable, blocked, paused, shutdown, crashed, dying"),
    ("!state:foo", "states: building"),
  ])
  func whatIsWrongIsSaidAndTheFilterBeforeGoesOn(filter: String, fault: String) {
    var state = state("web ")
    state.type(filter)
    #expect(state.screen.text.contains(fault))
    #expect(state.domains.rows.allSatisfy { $0.name.lowercased().contains("web") })
  }

  @Test func enterIsRefusedWhileThereIsAFault() {
    var state = state("weight>300M")
    state.press(.enter)
    #expect(state.screen.text.contains("'300M' is no number"))
    #expect(state.domains.rows.map(\.name) == ["build"])
    state.press(.backspace)
    state.press(.enter)
    #expect(state.mode == .command)
    #expect(state.filter.text == "weight>300")
  }

  @Test func enterIsRefusedWhereAnExpressionTakesTooManySteps() {
    var state = makeState([snapshot(at: 1000, [domain(1, String(repeating: "a", count: 60) + "!")])])
    state.type("/~(a+)+$")
    state.press(.enter)
    #expect(state.screen.text.contains("takes too many steps"))
    state.press(.escape)
    #expect(state.filter.text.isEmpty)
    _ = state.command("filter ~(a+)+$")
    #expect(state.screen.text.contains("takes too many steps"))
    #expect(state.filter.text.isEmpty)
  }

  @Test func aFaultyFilterOfThePaletteStaysToBeCorrected() {
    var state = state("web")
    state.press(.enter)
    #expect(state.command("filter weight>300M").isEmpty)
    #expect(state.screen.lines[23].hasPrefix(" :filter weight>300M"))
    #expect(state.filter.text == "web")
  }

  @Test(arguments: ["!", "   ", " ! !"])
  func aFilterOfNothingIsEmpty(filter: String) {
    var state = state(filter)
    state.press(.enter)
    #expect(state.mode == .command)
    #expect(state.filter.text.isEmpty)
    #expect(state.filterHistory.lines.isEmpty)
  }

  @Test func noRegularExpressionHoldsUpAThousandDomains() {
    let name = String(repeating: "a", count: 60) + "!"
    var state = makeState([snapshot(at: 1000, (0..<1000).map { domain($0, name) })])
    state.type("/~(a+)+$")
    #expect(state.domains.rows.isEmpty)
    #expect(state.screen.text.contains("takes too many steps"))
    _ = state.update(.key(.control("u")))
    state.type("~[" + String(repeating: "a", count: 30))
    // What is too long to stand beside it stands above it.
    #expect(state.screen.lines[22].contains("regular expression: missing terminating"))
  }

  @Test func historyIsCalledBack() {
    var state = state("web")
    state.press(.enter)
    state.type("/")
    _ = state.update(.key(.control("u")))
    state.type("idle")
    state.press(.enter)
    state.type("/")
    state.press(.up)
    state.press(.up)
    #expect(state.filter.text == "web")
    state.press(.down)
    #expect(state.filter.text == "idle")
  }

  @Test func theLineIsEditedLikeAShells() {
    var editor = LineEditor("one two")
    for key in [Key.control("w"), .character("x"), Key(.home), Key(.delete), .control("e"), Key(.backspace)] {
      _ = editor.press(key)
    }
    #expect(editor.text == "ne ")
    editor.insert("日\u{1B}本\nnext")
    #expect(editor.text == "ne 日本")
    _ = editor.press(.control("a"))
    _ = editor.press(.control("k"))
    #expect(editor.text.isEmpty)
  }

  @Test func aPasteGoesIntoTheLine() {
    var state = state("")
    _ = state.update(.paste("web1\nq"))
    #expect(state.filter.text == "web1")
  }

  @Test func theSelectionStaysWithItsDomain() {
    var state = makeState()
    state.type("jj/!web")
    #expect(state.selectedDomain == reference(2))
    state.press(.enter)
    state.press(.escape)
    #expect(state.selectedDomain == reference(2))
  }

  @Test func aThousandDomainsScrollWithTheSelectionInView() {
    var state = makeState(
      Size(columns: 200, rows: 60), [snapshot(at: 1000, (0..<1000).map { domain($0, "guest\($0)") })])
    for _ in 0..<400 { state.press(.down) }
    #expect(state.screen.text.contains("▶ guest400"))
    state.type("/~9$")
    #expect(state.domains.rows.count == 100)
    #expect(state.screen.text.contains("100 of 1000 domains"))
    #expect(state.screen.text.contains("▶ "))
  }
}
