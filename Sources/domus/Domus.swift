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
          CreateCommand.self, ListCommand.self, ConsoleCommand.self, PauseCommand.self, UnpauseCommand.self,
          ShutdownCommand.self, RebootCommand.self, DestroyCommand.self, RenameCommand.self, SaveCommand.self,
          RestoreCommand.self, MigrateCommand.self, SysrqCommand.self, TriggerCommand.self, UptimeCommand.self,
        ]),
      CommandGroup(
        name: "Resources",
        subcommands: [
          VCPUListCommand.self, VCPUSetCommand.self, VCPUPinCommand.self, MemorySetCommand.self,
          MemoryMaxCommand.self, NetworkListCommand.self, NetworkAttachCommand.self, NetworkDetachCommand.self,
          BlockListCommand.self, BlockAttachCommand.self, BlockDetachCommand.self,
        ]),
      CommandGroup(
        name: "Scheduling",
        subcommands: [
          SchedCredit2Command.self, SchedCreditCommand.self, SchedRTDSCommand.self, SchedSEDFCommand.self,
          SchedBVTCommand.self, SchedARINC653Command.self, SchedSwitchCommand.self, SchedTraceCommand.self,
          SchedCheckCommand.self, PoolListCommand.self, PoolCreateCommand.self, PoolDestroyCommand.self,
          PoolRenameCommand.self, PoolAddCommand.self,
          PoolRemoveCommand.self, PoolMigrateCommand.self,
        ]),
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
    signal(SIGPIPE, SIG_IGN)
    do {
      var command = try parseAsRoot(GlobalOptions.moved(behind: Array(CommandLine.arguments.dropFirst())))
      if var asynchronous = command as? any AsyncParsableCommand {
        try await asynchronous.run()
      } else {
        try command.run()
      }
      if LossReport.wasMade { Glibc.exit(LossReport.exitStatus) }
    } catch let error where error is HypervisorError || error is TerminalError {
      StandardError.write("domus: \(error)\n")
      Glibc.exit(1)
    } catch {
      exit(withError: error)
    }
  }
}

/// Options that may stand in front of the command too: `domus --connect xen: list`.
enum GlobalOptions {
  /// The arguments with such options behind everything else, where the commands take them.
  static func moved(behind arguments: [String]) -> [String] {
    var options: ArraySlice<String> = []
    var rest = arguments[...]
    while let first = rest.first {
      let count = first == "--connect" ? 2 : first.hasPrefix("--connect=") || first == "--read-only" ? 1 : 0
      guard count > 0, rest.count >= count else { break }
      options += rest.prefix(count)
      rest = rest.dropFirst(count)
    }
    let end = rest.firstIndex(of: "--") ?? rest.endIndex
    return Array(rest[..<end] + options + rest[end...])
  }
}

/// Where messages to the operator go that are not the command's output.
enum StandardError {
  static func write(_ text: String) {
    var bytes = Array(text.utf8)
    bytes.withUnsafeMutableBytes { buffer in
      if let base = buffer.baseAddress { _ = Glibc.write(STDERR_FILENO, base, buffer.count) }
    }
  }
}
