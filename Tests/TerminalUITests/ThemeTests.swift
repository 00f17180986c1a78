import FoundationEssentials
import Testing
import TerminalUI

@testable import CursesTerminal

@Suite struct ThemeTests {
  private static let directory = #filePath.split(separator: "/").dropLast(3).reduce("") { $0 + "/" + $1 } + "/themes"

  @Test func theBuiltInThemesSayWhatTheirFilesSay() throws {
    #expect(try Theme.load("dark", from: [Self.directory]) == Theme.builtIn)
    #expect(try Theme.load("mono", from: [Self.directory]) == Theme.monochrome)
  }

  @Test(arguments: Theme.names(in: [directory])) func everyThemeThatComesWithDomusHasAllRoles(name: String) throws {
    let theme = try Theme.load(name, from: [Self.directory])
    #expect(theme.name == name)
    #expect(Set(theme.styles.keys) == Set(ThemeRole.allCases))
  }

  @Test func themesAreListedByName() {
    #expect(
      Theme.names(in: [Self.directory, "/no/such/directory"]) == [
        "colour-blind", "colour-blind-light", "dark", "gruvbox", "high-contrast", "high-contrast-light", "light",
        "mono",
        "nord", "solarized-dark", "solarized-light",
      ])
    #expect(Theme.names(in: []) == ["dark", "mono"])
  }

  @Test func theBuiltInThemesNeedNoFiles() throws {
    #expect(try Theme.load("dark", from: []) == Theme.builtIn)
  }

  @Test func aThemeThatCannotBeUsedIsReplacedAndNamed() {
    let (theme, notice) = Theme.loadOrBuiltIn("nowhere", from: ["/no/such/directory"])
    #expect(theme == Theme.builtIn)
    #expect(notice?.contains("/no/such/directory") == true)
  }

  @Test(arguments: [
    ("[roles]\nheader = { fg = \"cyann\" }", 2, "'cyann' is no colour"),
    ("[roles]\n\nheadr = { fg = \"cyan\" }", 3, "no role 'headr'"),
    ("[roles]\nheader = { fg = [\"cyan\" }", 2, ""),
    ("[roles]\nheader = { colour = 3 }", 2, "'colour' means nothing"),
    ("[roles]\nheader = { attributes = [\"loud\"] }", 2, "an attribute is one of"),
    ("[roles]\ntext = 3", 2, "should be like"),
    ("[roles]\ntext = { fg = 256 }", 2, "'256' is no colour"),
  ])
  func aMistakeIsNamedWithItsLine(text: String, line: Int, problem: String) {
    let error = #expect(throws: ThemeError.self) { try Theme(parsing: text, file: "mine.toml") }
    #expect(error?.line == line)
    #expect(error?.description.contains("theme mine.toml, line \(line): ") == true)
    #expect(problem.isEmpty || error?.problem.contains(problem) == true)
  }

  @Test func coloursComeDownToWhatTheTerminalHas() {
    let orange = ThemeColor.rgb(255, 135, 0)
    #expect(ColorDepth(colors: 1 << 24).number(of: orange).number == 0xFF8700)
    #expect(ColorDepth(colors: 256).number(of: orange).number == 208)
    #expect(ColorDepth(colors: 16).number(of: .palette(12)).number == 12)
    #expect(ColorDepth(colors: 8).number(of: .palette(12)) == (4, true))
    #expect(ColorDepth(colors: 0).number(of: orange).number == -1)
    #expect(ColorDepth(colors: 256).number(of: .standard).number == -1)
  }
}
