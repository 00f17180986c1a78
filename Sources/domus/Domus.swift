import ArgumentParser
import CursesTerminal
import Glibc
import HypervisorModel

@main
struct Domus: AsyncParsableCommand {
  static let version = "0.1.0"

  static let configuration = CommandConfiguration(
    commandName: "domus",
    abstract: "A terminal domain manager: what xentop, xl and a serial console should have been together.",
    discussion: """
      Without a command, domus opens the terminal UI. The first command starts the host process in the background;
      guests outlive the terminal. Domains are named by name or id.
      """,
    version: version,
    groupedSubcommands: [
      CommandGroup(
        name: "Domains",
        subcommands: [
          CreateCommand.self, ListCommand.self, ConsoleCommand.self, ShutdownCommand.self, UptimeCommand.self,
        ]
          + DomainCommands.all),
      CommandGroup(
        name: "Resources", subcommands: [VCPUListCommand.self] + ResourceCommands.all + DeviceCommands.all),
      CommandGroup(
        name: "Scheduling",
        subcommands: [
          SchedCredit2Command.self, SchedCreditCommand.self, SchedRTDSCommand.self, SchedSEDFCommand.self,
          SchedBVTCommand.self, SchedARINC653Command.self, SchedSwitchCommand.self, SchedTraceCommand.self,
          SchedCheckCommand.self,
        ] + PoolCommands.all),
      CommandGroup(
        name: "The host",
        subcommands: [
          TopCommand.self, ConfigCommand.self, InfoCommand.self, DmesgCommand.self, DebugKeysCommand.self,
          HostCommand.self,
          ServeCommand.self,
        ]),
      CommandGroup(name: "Guests", subcommands: [DemoCommand.self, GuestCommand.self]),
    ],
    defaultSubcommand: TopCommand.self)

  static func main() async {
    Output.occupyClosedDescriptors()
    signal(SIGPIPE, SIG_IGN)
    do {
      var command = try await asyncParseAsRoot(CommandLineWords.parsable(Array(CommandLine.arguments.dropFirst())))
      if var asynchronous = command as? any AsyncParsableCommand {
        try await asynchronous.run()
      } else {
        try command.run()
      }
      if LossReport.wasMade { Glibc.exit(LossReport.exitStatus) }
    } catch let error where error is HypervisorError || error is TerminalError {
      Output.notify("\(error)")
      Glibc.exit(1)
    } catch {
      end(with: error)
    }
  }

  /// Says what the parser of arguments has to say, help or a mistake in one line, and ends.
  private static func end(with error: any Error) -> Never {
    let (status, text) = (exitCode(for: error), message(for: error))
    if status == .success {
      Output.printLines(CompletionScript.completed(text) + (text.hasSuffix("\n") ? "" : "\n"))
    } else if !text.isEmpty {
      // The last line of the full message names the command whose help is meant: See 'domus top --help' for more information.
      let help = fullMessage(for: error).split(separator: "'").last { $0.hasPrefix("domus ") } ?? "domus --help"
      let line = text.split(separator: "\n").joined(separator: " ")
      Output.notify(line + (line.last.map { ".?".contains($0) } == true ? " See" : "; see") + " '\(help)'")
    }
    Glibc.exit(status.rawValue)
  }
}
