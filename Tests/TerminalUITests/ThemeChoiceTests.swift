import Testing

@testable import TerminalUI

@Suite struct ThemeChoiceTests {
  private func makeState() -> UIState {
    var options = UIOptions()
    options.theme = "dark"
    options.themes = ["dark", "light", "nord", "solarized-dark"]
    var state = UIState(options: options)
    _ = state.update(.resize(Size(columns: 80, rows: 24)))
    return state
  }

  @Test func goingThroughTheSuggestionsShowsThemesAndEscBringsTheOldOneBack() {
    var state = makeState()
    #expect(state.type(":theme ").isEmpty)
    #expect(state.press(.down) == [.showTheme("light")])
    #expect(state.press(.down) == [.showTheme("nord")])
    #expect(state.press(.up) == [.showTheme("light")])
    #expect(state.press(.escape) == [.showTheme("dark")])
    #expect(state.press(.escape).isEmpty)
  }

  @Test func enterChoosesWhatIsShown() {
    var state = makeState()
    state.type(":theme ")
    state.press(.down)
    #expect(state.press(.enter).isEmpty)
    #expect(state.mode == .command)
    #expect(state.theme.chosen == "light")
    // The next one that is only looked at gives way to it.
    #expect(state.type(":theme n") == [.showTheme("nord")])
    #expect(state.update(.key(.control("c"))) == [.showTheme("light")])
  }

  @Test func theBeginningOfAThemeIsEnoughAndTabKeepsIt() {
    var state = makeState()
    #expect(state.type(":theme so") == [.showTheme("solarized-dark")])
    #expect(state.press(.tab).isEmpty)
    #expect(state.press(.enter).isEmpty)
    #expect(state.theme.chosen == "solarized-dark")
  }

  @Test func aWordThatIsNoThemeShowsTheChosenOne() {
    var state = makeState()
    #expect(state.type(":theme nx") == [.showTheme("nord"), .showTheme("dark")])
    #expect(state.press(.enter).isEmpty)
    #expect(state.screen.text.contains("a theme is one of dark, light, nord, solarized-dark"))
  }

  @Test func everyWayOutOfThePaletteEndsThePreview() {
    var state = makeState()
    state.type(":theme n")
    // Another command instead.
    #expect(state.update(.key(.control("u"))) == [.showTheme("dark")])
    state.type("theme n")
    for _ in 0..<6 { state.press(.backspace) }
    #expect(state.theme.shown == "dark")
  }

  @Test func aThemeThatCannotBeShownIsNamedAndGivesWay() {
    var state = makeState()
    state.type(":theme n")
    #expect(state.update(.themeFailed("nord", reason: "theme nord.toml, line 3: no colour")).isEmpty)
    #expect(state.screen.text.contains("theme nord.toml, line 3: no colour"))
    // Whoever wants it nevertheless may have mended it.
    #expect(state.press(.enter) == [.showTheme("nord")])
    #expect(state.theme.chosen == "nord")
  }

  @Test func aBrokenThemeThatIsChosenGivesWayToTheOneBefore() {
    var state = makeState()
    _ = state.command("theme nord")
    #expect(state.update(.themeFailed("nord", reason: "broken")) == [.showTheme("dark")])
    #expect(state.theme.chosen == "dark")
    #expect(state.update(.themeFailed("dark", reason: "broken too")).isEmpty)
  }
}
