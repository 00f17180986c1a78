import ArgumentParser
import CursesTerminal
import FoundationEssentials

struct ConfigCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "config", abstract: "Show or check the terminal UI's configuration.",
    subcommands: [Show.self, Check.self])

  struct Show: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Print the values that are in force, each with where it comes from.",
      discussion: """
        An option goes first, then the environment, then the configuration file, then what :save-columns and \
        :save-theme have kept, then the default. What is printed can be used as a configuration file.
        """)

    @OptionGroup var terminal: TerminalOptions

    func run() {
      let (settings, mistakes) = terminal.settings()
      for mistake in mistakes { Output.notify("\(mistake)") }
      Output.printLines(settings.text)
      if let value = ProcessInfo.processInfo.environment["NO_COLOR"], !value.isEmpty {
        Output.print("# NO_COLOR is set: whatever the theme, there are no colours.")
      }
    }
  }

  struct Check: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Name every mistake in a configuration file; the exit status is 1 if there is one.")

    @Argument(help: "The file. Default: the one that the terminal UI reads.")
    var file: String?

    @OptionGroup var terminal: TerminalOptions

    func run() throws {
      let files =
        file.map { ConfigFiles(option: $0, environment: ProcessInfo.processInfo.environment) } ?? terminal.files
      var settings = Settings()
      var mistakes = files.check(&settings)
      if let fault = themeFault(settings) { mistakes.append(fault) }
      for mistake in mistakes.sorted(by: { ($0.line ?? 0) < ($1.line ?? 0) }) {
        Output.notify("\(mistake)", prefix: "")
      }
      guard mistakes.isEmpty else { throw ExitCode.failure }
      let name = files.config ?? "~/.config/domus/config.toml"
      Output.print(
        files.exists ? "\(name): no mistakes" : "\(name): there is no such file, so the defaults are in force")
    }

    /// What is wrong with the theme that the file names.
    private func themeFault(_ settings: Settings) -> ConfigMistake? {
      guard case .file(let path, let line) = settings.theme.source,
        let fault = Theme.loadOrBuiltIn(settings.theme.value, from: terminal.themeDirectories).notice
      else { return nil }
      return ConfigMistake(file: path, line: line, problem: fault)
    }
  }
}
