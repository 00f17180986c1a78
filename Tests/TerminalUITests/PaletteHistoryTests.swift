import HypervisorModel
import Testing

@testable import TerminalUI

/// Lines from before, and what was wrong with them.
@Suite struct PaletteHistoryTests {
  @Test func upAboveTheFirstSuggestionGoesBackInTheHistory() {
    var state = makeState()
    state.press(.down)
    _ = state.command("weight 300")
    _ = state.command("cap 50")
    state.type(":we")
    state.press(.down)
    state.press(.up)
    #expect(state.screen.lines[23] == " :we")
    state.press(.up)
    #expect(state.screen.lines[23] == " :cap 50")
    state.press(.up)
    state.press(.up)
    #expect(state.screen.lines[23] == " :weight 300")
    state.press(.down)
    #expect(state.screen.lines[23] == " :cap 50")
    state.press(.down)
    #expect(state.screen.lines[23] == " :we")
    // From here on it is for the suggestions.
    state.press(.down)
    state.press(.tab)
    #expect(state.screen.lines[23] == " :weight-down")
  }

  @Test func downInALineThatWasCalledBackAndChangedIsForTheSuggestions() {
    var state = makeState()
    _ = state.command("view log")
    state.type(":")
    state.press(.up)
    for _ in 0..<3 { state.press(.backspace) }
    state.press(.down)
    state.press(.tab)
    #expect(state.screen.lines[23] == " :view domain")
  }

  @Test func theWheelStaysInTheSuggestions() {
    var state = makeState()
    _ = state.command("view log")
    state.type(":we")
    _ = state.mouse(.wheelUp, at: Position(column: 3, row: 3))
    #expect(state.screen.lines[23] == " :we")
  }

  @Test(arguments: ["cap 50", ""])
  func faultsOfALineGoWithIt(next: String) {
    var state = makeState()
    state.press(.down)
    _ = state.command("weight 0")
    #expect(state.screen.text.contains("a weight is"))
    _ = state.update(.key(.control("u")))
    state.type("cap -1")
    state.press(.enter)
    #expect(!state.screen.text.contains("a weight is"))
    #expect(state.screen.text.contains("a cap is"))
    if next.isEmpty {
      state.press(.escape)
    } else {
      _ = state.update(.key(.control("u")))
      state.type(next)
      state.press(.enter)
    }
    #expect(state.messages.isEmpty)
  }
}
