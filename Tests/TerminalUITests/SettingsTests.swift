import Figures
import Foundation
import HypervisorModel
import Testing

@testable import CursesTerminal
@testable import TerminalUI

@Suite struct SettingsReadingTests {
  private func read(_ text: String) -> (settings: Settings, mistakes: [ConfigMistake]) {
    var settings = Settings()
    let mistakes = settings.read(text, file: "config.toml")
    return (settings, mistakes)
  }

  @Test func everythingThatCanBeSetIsRead() {
    let (settings, mistakes) = read(
      """
      theme = "nord"
      refresh = 0.5
      charset = "block"
      columns = ["name", "state", "cpu"]   # three
      sort = "cpu down"
      confirm = ["destroy"]

      [console]
      detach = "^x"
      prefix = "F12"

      [keys]
      pause = "z"
      quit = ["q", "F10"]
      undo = []
      """)
    #expect(mistakes.isEmpty)
    #expect(settings.theme == Setting("nord", .file("config.toml", line: 1)))
    #expect(settings.refresh == Setting(.milliseconds(500), .file("config.toml", line: 2)))
    #expect(settings.charset.value == .block)
    #expect(settings.columns.value == ["name", "state", "cpu"].map { Column($0) })
    #expect(
      settings.sort == Setting(SortOrder(column: Column("cpu"), isDescending: true), .file("config.toml", line: 5)))
    #expect(settings.confirm.value == [.destroy])
    #expect(settings.detach == Setting(.control("x"), .file("config.toml", line: 9)))
    #expect(settings.prefix.value == Key(.function(12)))
    #expect(settings.keys["pause"] == Setting([.character("z")], .file("config.toml", line: 13)))
    #expect(settings.keys["quit"]?.value == [.character("q"), Key(.function(10))])
    #expect(settings.keys["undo"]?.value == [])
  }

  @Test func settingsArriveInTheUserInterface() {
    var options = UIOptions()
    read("refresh = 2\ncolumns = \"xentop\"\nsort = \"mem\"\nconfirm = []\n[keys]\nquit = \"X\"").settings.apply(
      to: &options)
    #expect(options.interval == .seconds(2))
    #expect(options.columns == DomainRow.xentopColumns)
    #expect(options.sort == SortOrder(column: Column("mem"), isDescending: true))
    #expect(options.confirmations.isEmpty)
    #expect(options.keys.command(for: .character("X")) == .quit)
    #expect(options.keys.command(for: .character("q")) == nil)
  }

  @Test(arguments: [
    ("theme = 3", 1, "the theme should be a name"),
    ("\nrefresh = 0.05", 2, "from 0.1 to 3600"), ("refresh = \"fast\"", 1, "without quotes"),
    ("charset = \"utf8\"", 1, "one of \"auto\", \"braille\""),
    ("columns = [\"name\", \"cpuu\"]", 1, "there is no column 'cpuu'; the columns are name,"),
    ("columns = []", 1, "columns should be a list"), ("columns = [\"cpu\", \"cpu\"]", 1, "once"),
    ("sort = \"history\"", 1, "a column that has one"), ("sort = \"cpu sideways\"", 1, "up or down"),
    ("confirm = [\"pause\"]", 1, "any of block-detach, cpupool-destroy, destroy, migrate"),
    ("them = \"dark\"", 1, "there is no setting 'them'; the settings are theme,"),
    ("[console]\nescape = \"^x\"", 2, "a console has detach and prefix"),
    ("[console]\ndetach = \"q\"", 2, "'q' is the guest's"),
    ("[console]\ndetach = \"^i\"", 2, "terminals send Tab for it"),
    ("[console]\ndetach = \"^a\"", 1, "can't be both detach and prefix"),
    ("[keys]\n\nquitt = \"q\"", 3, "there is no command 'quitt'"),
    ("[keys]\nquit = \"Qq\"", 2, "'Qq' is no key"), ("[keys]\nquit = 3", 2, "a list of keys"),
    ("[keys]\nquit = \"x\"", 2, "'x' is also a key of 'destroy': choose another, or give 'destroy' other keys"),
    ("[keys]\nundo = \"!\"\nquit = \"!\"", 2, "'!' is also a key of 'quit'"),
    ("[keys]\nquit = \"4\"", 2, "'4' is a tab's key"),
    ("keys = 3", 1, "[keys]"), ("console = 3", 1, "[console]"), ("host = 3", 1, "[host]"),
    ("[host]\nmemory_limit = \"much\"", 2, "such as \"12g\""), ("[host]\nmemory_limit = 0", 2, "such as \"12g\""),
    ("[host]\novercommit = \"yes\"", 2, "true or false"), ("[host]\nmemory = 3", 2, "memory_limit and overcommit"),
    ("refresh = 1\ncolumns = [\"name\",\n  \"cpu\"]\nsort = \"x\"", 4, "a column that has one"),
    ("theme = \"a\"\ntheme = \"b\"", 2, ""), ("theme = \"dark", 1, ""),
  ])
  func aMistakeIsNamedWithItsLineAndWhatWouldBeRight(text: String, line: Int, problem: String) {
    let (settings, mistakes) = read(text)
    #expect(mistakes.count == 1)
    #expect(mistakes.first?.line == line)
    #expect(problem.isEmpty || mistakes.first?.problem.contains(problem) == true, "\(mistakes)")
    #expect(mistakes.first?.description.hasPrefix("config.toml:\(line): ") == true)
    #expect(KeyMap.collisions(in: settings.keys.mapValues(\.value)).isEmpty)
  }

  @Test func allMistakesAreNamedInOrderAndTheRestCounts() {
    let (settings, mistakes) = read("refresh = 0\ntheme = \"light\"\nsort = 1\n[keys]\nquit = \"d\"\nundo = \"U\"")
    #expect(mistakes.map(\.line) == [1, 3, 5])
    #expect(settings.theme.value == "light")
    #expect(settings.refresh == Setting(.seconds(1)))
    #expect(settings.keys.mapValues(\.value) == ["undo": [.character("U")]])
  }

  @Test func whatGivesWayInACollisionMayCollideItself() {
    // 'quit' can't have 'd', so it keeps 'q', which then isn't free for 'undo'.
    let (settings, mistakes) = read("[keys]\nquit = \"d\"\nundo = \"q\"")
    #expect(mistakes.count == 2)
    #expect(settings.keys.isEmpty)
  }

  @Test func whatIsShownIsAConfigurationThatSaysTheSame() {
    let settings = read("theme = \"no\\\"rd\"\nrefresh = 0.25\n[keys]\nundo = []\nquit = [\"q\", \"Alt-q\"]").settings
    #expect(settings.text.contains("# config.toml, line 2"))
    #expect(settings.text.contains("detach = \"^]\"                   # default"))
    var again = Settings()
    #expect(again.read(settings.text, file: "shown.toml").isEmpty)
    #expect(again.theme.value == "no\"rd")
    #expect(again.refresh.value == .milliseconds(250))
    #expect(again.columns.value == settings.columns.value)
    #expect(again.keys["undo"]?.value == [])
    #expect(again.keys["quit"]?.value == settings.keys["quit"]?.value)
  }

  @Test func theExampleConfigurationHasNoMistakes() throws {
    let path = #filePath.split(separator: "/").dropLast(3).reduce("") { $0 + "/" + $1 } + "/docs/config.toml"
    let (settings, mistakes) = read(try String(contentsOfFile: path, encoding: .utf8))
    #expect(mistakes.isEmpty)
    // It says what is so anyway.
    #expect(settings.columns.value == Settings().columns.value)
    #expect(settings.confirm.value == Settings().confirm.value)
    for (name, keys) in settings.keys { #expect(keys.value == KeyMap.standardKeys(of: name), "\(name)") }
    #expect(Set(settings.keys.keys) == Set(KeyMap.commandNames))
  }
}

@Suite struct ConfigFilesTests {
  private let home = FileManager.default.temporaryDirectory.appendingPathComponent(
    "domus-\(UUID().uuidString.prefix(8))")
  private var directory: URL { home.appendingPathComponent(".config/domus") }

  private func write(_ name: String, _ text: String) throws {
    try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
    try text.write(to: directory.appendingPathComponent(name), atomically: true, encoding: .utf8)
  }

  private func files(option: String? = nil, _ environment: [String: String] = [:]) -> ConfigFiles {
    ConfigFiles(option: option, environment: environment.merging(["HOME": home.path]) { $1 })
  }

  @Test func theFileIsNamedByOptionEnvironmentOrPlace() {
    #expect(files().config == directory.path + "/config.toml")
    #expect(files(["XDG_CONFIG_HOME": "/etc/xdg"]).config == "/etc/xdg/domus/config.toml")
    #expect(files(["XDG_CONFIG_HOME": "relative"]).config == directory.path + "/config.toml")
    #expect(files(["DOMUS_CONFIG": "mine.toml"]).config == "mine.toml")
    #expect(files(option: "yours.toml", ["DOMUS_CONFIG": "mine.toml"]).config == "yours.toml")
    #expect(files(["XDG_CONFIG_HOME": "/etc/xdg"]).themes == "/etc/xdg/domus/themes")
    #expect(ConfigFiles(option: nil, environment: [:]).config == nil)
  }

  @Test func optionGoesBeforeEnvironmentBeforeFileBeforeWhatIsSavedBeforeTheDefault() throws {
    defer { try? FileManager.default.removeItem(at: home) }
    func theme(_ environment: [String: String] = [:], option: String? = nil) -> Setting<String> {
      var options = Settings.Options()
      options.theme = option
      return files(environment).settings(options).settings.theme
    }
    #expect(theme() == Setting("dark"))
    try write("state.toml", "theme = \"nord\"")
    #expect(theme() == Setting("nord", .file(directory.path + "/state.toml", line: 1)))
    try write("config.toml", "\ntheme = \"light\"")
    #expect(theme() == Setting("light", .file(directory.path + "/config.toml", line: 2)))
    #expect(theme(["DOMUS_THEME": "gruvbox"]) == Setting("gruvbox", .environment("DOMUS_THEME")))
    #expect(theme(["DOMUS_THEME": "gruvbox"], option: "mono") == Setting("mono", .option("--theme")))
    #expect(theme(["DOMUS_THEME": ""]).value == "light")
  }

  @Test func otherOptionsGoBeforeTheFileToo() throws {
    defer { try? FileManager.default.removeItem(at: home) }
    try write("config.toml", "refresh = 5\ncharset = \"block\"")
    var options = Settings.Options()
    #expect(files().settings(options).settings.refresh.value == .seconds(5))
    options.delay = .milliseconds(200)
    options.forcesASCII = true
    let settings = files().settings(options).settings
    #expect(settings.refresh == Setting(.milliseconds(200), .option("--delay")))
    #expect(settings.charset == Setting(.ascii, .option("--ascii")))
  }

  @Test func aFileThatIsNamedHasToBeThere() {
    #expect(files().settings(.init()).mistakes.isEmpty)
    let mistakes = files(option: "/no/such.toml").settings(.init()).mistakes
    #expect(mistakes == [ConfigMistake(file: "/no/such.toml", line: nil, problem: "there is no such file")])
  }

  @Test func whatIsSavedIsFoundAgainAndTheOperatorsFileIsLeftAlone() throws {
    defer { try? FileManager.default.removeItem(at: home) }
    let order = SortOrder(column: Column("mem"), isDescending: false)
    #expect(try files().save(.theme("nord")) == nil)
    #expect(try files().save(.table(columns: [Column("name"), Column("mem")], order)) == nil)
    var (settings, mistakes) = files().settings(.init())
    #expect(mistakes.isEmpty)
    #expect(settings.theme.value == "nord")
    #expect(settings.columns.value == [Column("name"), Column("mem")])
    #expect(settings.sort.value == order)

    let own = "# mine\ncolumns = \"xentop\"\n"
    try write("config.toml", own)
    #expect(
      try files().save(.table(columns: [Column("name")], order)) == "config.toml, line 2")
    #expect(try String(contentsOf: directory.appendingPathComponent("config.toml"), encoding: .utf8) == own)
    (settings, mistakes) = files().settings(.init())
    #expect(settings.columns.value == DomainRow.xentopColumns)
    #expect(settings.sort.value == order)
    #expect(settings.theme.value == "nord")
  }

  @Test func whatCannotBeSavedIsSaid() {
    #expect(throws: ConfigFiles.SaveFailure.self) {
      _ = try files(["XDG_CONFIG_HOME": "/proc/nowhere"]).save(.theme("nord"))
    }
    #expect(throws: ConfigFiles.SaveFailure.self) {
      _ = try ConfigFiles(option: nil, environment: [:]).save(.theme("nord"))
    }
  }

  @Test func aHostsMemoryLimitIsASizeOrAuto() {
    func host(_ text: String) -> Settings {
      var settings = Settings()
      let mistakes = settings.read("[host]\n" + text, file: "config.toml")
      #expect(mistakes.isEmpty)
      return settings
    }
    #expect(host("memory_limit = \"12g\"").memoryLimit.value == .mebibytes(12 << 10))
    #expect(host("memory_limit = 4000").memoryLimit.value == .mebibytes(4000))
    #expect(host("memory_limit = \"auto\"").memoryLimit.value == nil)
    #expect(!host("").overcommit.value)
    #expect(host("overcommit = true").overcommit.value)
  }
}
