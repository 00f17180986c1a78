import ArgumentParser
import CursesTerminal
import FoundationEssentials
import Glibc
import HypervisorModel
import Remote

/// How the terminal UI looks.
struct TerminalOptions: ParsableArguments {
  @Option(help: "The theme: its name, or a file. Also DOMUS_THEME.")
  var theme: String?

  @Flag(help: "Use only ASCII characters.")
  var ascii = false

  @Option(help: "The configuration file, instead of ~/.config/domus/config.toml. Also DOMUS_CONFIG.")
  var config: String?

  var files: ConfigFiles { ConfigFiles(option: config, environment: ProcessInfo.processInfo.environment) }

  /// `delay`: seconds between two samples, where the command has an option for that.
  func settings(delay: Double? = nil) -> (settings: Settings, mistakes: [ConfigMistake]) {
    var options = Settings.Options()
    options.theme = theme
    options.forcesASCII = ascii
    options.delay = delay.map { Nanoseconds(UInt64($0 * 1e9)) }
    return files.settings(options)
  }

  /// The operator's own themes come first.
  var themeDirectories: [String] { [files.themes, Executable.themes].compactMap(\.self) }
}

/// The terminal UI on this process's terminal.
enum TerminalInterface {
  /// Runs the whole UI until the operator leaves; `console`: nothing but this domain's console; `starts`: which is paused
  /// and goes on once its console is open. Exits with the session's status.
  static func run(
    _ client: HostClient, of host: HostOptions, options: TerminalOptions, delay: Double? = nil,
    console: TerminalSession.Console? = nil, starts: Bool = false
  ) async throws {
    var session = TerminalSession.Options()
    let (settings, mistakes) = options.settings(delay: delay)
    session.settings = settings
    session.notices = notices(mistakes)
    session.files = options.files
    session.themeDirectories = options.themeDirectories
    session.isReadOnly = client.readOnly
    session.console = console
    let settled = session
    let lasting = try host.lasting(client)
    let hypervisor: any Hypervisor =
      if starts, let console { WatchedStart(lasting, console.domain) } else { lasting }
    let outcome = try await MainActor.run {
      Result { try TerminalSession(hypervisor: hypervisor, options: settled).run() }
    }.get()
    if let message = outcome.message { Output.notify("\(message)") }
    if outcome.status != 0 { throw ExitCode(outcome.status) }
  }

  /// The first mistake, and how to see the others.
  private static func notices(_ mistakes: [ConfigMistake]) -> [String] {
    guard let first = mistakes.first else { return [] }
    let others = mistakes.count - 1
    return [first.summary] + (others == 0 ? [] : ["\(others) more in the configuration: see 'domus config check'"])
  }
}
