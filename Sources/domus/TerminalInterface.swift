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
}

/// The terminal UI on this process's terminal.
enum TerminalInterface {
  /// Runs the whole UI until the operator leaves; `console`: nothing but this domain's console. Exits with the
  /// session's status.
  static func run(
    _ client: HostClient, options: TerminalOptions, interval: Double = 1,
    console: TerminalSession.Console? = nil
  ) async throws {
    var session = TerminalSession.Options()
    session.interval = Nanoseconds(UInt64(interval * 1e9))
    session.forcesASCII = options.ascii
    session.isReadOnly = client.readOnly
    session.console = console
    if let name = options.theme ?? ProcessInfo.processInfo.environment["DOMUS_THEME"], !name.isEmpty {
      (session.theme, session.notice) = Theme.loadOrBuiltIn(name, from: themeDirectories)
    }
    let settled = session
    let outcome = try await MainActor.run {
      Result { try TerminalSession(hypervisor: client, options: settled).run() }
    }.get()
    if let message = outcome.message { StandardError.write("domus: \(message)\n") }
    if outcome.status != 0 { throw ExitCode(outcome.status) }
  }

  /// The operator's own themes come first.
  private static var themeDirectories: [String] {
    let environment = ProcessInfo.processInfo.environment
    let config = environment["XDG_CONFIG_HOME"] ?? (environment["HOME"] ?? "") + "/.config"
    return [config + "/domus/themes", Executable.themes].compactMap { $0 }
  }
}
