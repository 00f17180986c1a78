import ArgumentParser
import HypervisorModel

struct PauseCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(commandName: "pause", abstract: "Stop a domain where it is.")

  @OptionGroup var host: HostOptions
  @OptionGroup var target: DomainArgument

  func run() async throws { try await host.connect().perform(on: target.domain) { .pause($0) } }
}

struct UnpauseCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(commandName: "unpause", abstract: "Let a paused domain go on.")

  @OptionGroup var host: HostOptions
  @OptionGroup var target: DomainArgument

  func run() async throws { try await host.connect().perform(on: target.domain) { .unpause($0) } }
}

struct RebootCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(commandName: "reboot", abstract: "Ask a domain's guest to restart.")

  @OptionGroup var host: HostOptions
  @OptionGroup var target: DomainArgument

  func run() async throws { try await host.connect().perform(on: target.domain) { .reboot($0) } }
}

struct DestroyCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(commandName: "destroy", abstract: "Take a domain away at once.")

  @OptionGroup var host: HostOptions
  @OptionGroup var target: DomainArgument

  func run() async throws { try await host.connect().perform(on: target.domain) { .destroy($0) } }
}
