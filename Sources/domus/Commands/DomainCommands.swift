import ArgumentParser
import FoundationEssentials
import HypervisorModel

// Commands that name a domain and make one request of it.

/// In the order of the help.
enum DomainCommands {
  static let all: [any ParsableCommand.Type] = [
    PauseCommand.self, UnpauseCommand.self, RebootCommand.self, DestroyCommand.self, RenameCommand.self,
    SaveCommand.self, RestoreCommand.self, MigrateCommand.self, DumpCoreCommand.self, SysrqCommand.self,
    TriggerCommand.self,
  ]
}

struct PauseCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(commandName: "pause", abstract: "Stop a domain where it is.")

  @OptionGroup var host: HostOptions
  @OptionGroup var target: DomainArgument

  func run() async throws { try await host.perform(on: target.domain) { .life($0, .pause) } }
}

struct UnpauseCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(commandName: "unpause", abstract: "Let a paused domain go on.")

  @OptionGroup var host: HostOptions
  @OptionGroup var target: DomainArgument

  func run() async throws { try await host.perform(on: target.domain) { .life($0, .unpause) } }
}

struct RebootCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(commandName: "reboot", abstract: "Ask a domain's guest to restart.")

  @OptionGroup var host: HostOptions
  @OptionGroup var target: DomainArgument

  func run() async throws { try await host.perform(on: target.domain) { .life($0, .reboot) } }
}

struct DestroyCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(commandName: "destroy", abstract: "Take a domain away at once.")

  @OptionGroup var host: HostOptions
  @OptionGroup var target: DomainArgument

  func run() async throws { try await host.perform(on: target.domain) { .life($0, .destroy) } }
}

struct RenameCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(commandName: "rename", abstract: "Give a domain another name.")

  @OptionGroup var host: HostOptions
  @OptionGroup var target: DomainArgument

  @Argument(help: "The new name.")
  var name: String

  func run() async throws { try await host.perform(on: target.domain) { .life($0, .rename(to: name)) } }
}

struct SaveCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "save", abstract: "Write a domain's state to a file, and end the domain.")

  @Flag(name: .short, help: "Let the domain go on afterwards.")
  var checkpoint = false

  @Flag(name: .short, help: "Leave the domain paused afterwards.")
  var paused = false

  @OptionGroup var host: HostOptions
  @OptionGroup var target: DomainArgument

  @Argument(help: "The file, on the host that runs the domain.", completion: .file())
  var file: String

  func validate() throws {
    if checkpoint, paused { throw ValidationError("-c and -p exclude each other.") }
  }

  func run() async throws {
    let path = Path.absolute(file)
    try await host.perform(on: target.domain) {
      .life($0, .save(path: path, then: checkpoint ? .goOn : paused ? .pause : .destroy))
    }
  }
}

struct RestoreCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "restore", abstract: "Make a domain from a file that 'save' wrote.")

  @Flag(name: .short, help: "Leave the domain paused.")
  var paused = false

  @OptionGroup var host: HostOptions

  @Argument(help: "The file, on the host that is to run the domain.", completion: .file())
  var file: String

  func run() async throws { try await host.perform(.creation(.restore(path: Path.absolute(file), paused: paused))) }
}

struct MigrateCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "migrate", abstract: "Move a domain to another host while it runs.",
    discussion: "The host on which it runs must be able to log in there with ssh, without a password.")

  @OptionGroup var host: HostOptions
  @OptionGroup var target: DomainArgument

  @Argument(help: "The host, as ssh names it.")
  var destination: String

  func run() async throws { try await host.perform(on: target.domain) { .life($0, .migrate(host: destination)) } }
}

struct DumpCoreCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "dump-core", abstract: "Write a domain's memory to a file, for a debugger.")

  @OptionGroup var host: HostOptions
  @OptionGroup var target: DomainArgument

  @Argument(help: "The file, on the host that runs the domain.", completion: .file())
  var file: String

  func run() async throws {
    let path = Path.absolute(file)
    try await host.perform(on: target.domain) { .life($0, .dumpCore(path: path)) }
  }
}

struct SysrqCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "sysrq", abstract: "Send a guest's Linux kernel a magic SysRq key.")

  @OptionGroup var host: HostOptions
  @OptionGroup var target: DomainArgument

  @Argument(help: "The key: one letter or digit.")
  var key: String

  func run() async throws { try await host.perform(on: target.domain) { .guest($0, .sysrq(key: key)) } }
}

struct TriggerCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "trigger", abstract: "Send a guest a hardware event.")

  @OptionGroup var host: HostOptions
  @OptionGroup var target: DomainArgument

  @Argument(help: "nmi, reset, init, power, sleep or s3resume.")
  var trigger: Trigger

  @Argument(help: "The vCPU; 0 by default.")
  var vcpu: Int?

  func run() async throws {
    try await host.perform(on: target.domain) { .guest($0, .trigger(trigger: trigger, vcpu: vcpu.map { VCPUID($0) })) }
  }
}

extension Trigger: ExpressibleByArgument {}

/// Paths as the operator writes them.
enum Path {
  /// Seen from the directory in which `domus` was called: the host process has another one.
  static func absolute(_ path: String) -> String {
    path.hasPrefix("/") ? path : FileManager.default.currentDirectoryPath + "/" + path
  }
}
