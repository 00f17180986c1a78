import ArgumentParser
import FoundationEssentials
import Glibc
import HypervisorModel

struct CreateCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "create", abstract: "Make a domain from a config file in xl's syntax and start it.",
    discussion: "Words of the form key=value are applied after the file, as if they stood at its end.")

  @Flag(name: .short, help: "Attach to the domain's console at once.")
  var console = false

  @Flag(name: .short, help: "Leave the domain paused.")
  var paused = false

  @Flag(name: [.customShort("n"), .long], help: "Only check the config; make nothing.")
  var dryrun = false

  @OptionGroup var terminal: TerminalOptions
  @OptionGroup var host: HostOptions

  @Argument(help: "The config file.", completion: .file())
  var file: String

  @Argument(help: "Settings key=value.")
  var settings: [String] = []

  func run() async throws {
    let config = try ConfigLoader.load(file: file, settings: settings)
    if dryrun { return }
    let client = try await host.connect()
    guard case .created(let reference) = try await client.perform(.create(config, paused: paused)) else {
      throw HypervisorError.protocolViolation("the host answered 'create' with something else")
    }
    if console {
      try await ConsoleAttachment.run(client, domain: reference, name: config.name, terminal)
    }
  }
}

/// Reads config files and shows their warnings.
private enum ConfigLoader {
  static func load(file: String, settings: [String]) throws(HypervisorError) -> DomainConfig {
    guard let contents = FileManager.default.contents(atPath: file) else {
      throw .invalid("can't read the config file '\(file)': \(String(cString: strerror(errno)))")
    }
    let bytes = [UInt8](contents)
    do throws(ConfigError) {
      let document = try DomainConfigFile.parse(bytes: bytes, file: file)
      let (config, warnings) = try DomainConfigFile.domain(
        from: document, overrides: settings, workingDirectory: FileManager.default.currentDirectoryPath)
      for warning in warnings { StandardError.write("domus: \(warning)\n") }
      return config
    } catch {
      throw .invalid("\(error)")
    }
  }
}
