import ArgumentParser
import HypervisorModel
import Remote

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

  @Argument(help: "The config file, and settings key=value.", completion: .file())
  var words: [String]

  func run() async throws {
    let config = try ConfigFileText(words: words)
    let client = try await host.client()
    if dryrun {
      guard case .text(let remarks) = try await client.perform(.creation(.checkConfig(file: config))) else { return }
      for remark in remarks.split(separator: "\n") { Output.notify(String(remark)) }
      return
    }
    guard
      case .created(let domain, let warnings) = try await client.perform(
        .creation(.create(source: .file(config), paused: paused || console)))
    else {
      throw HypervisorError.protocolViolation("the host answered 'create' with something else")
    }
    for warning in warnings { Output.notify("\(warning)") }
    if console { try await attach(client, domain) }
  }

  /// The console is open before the domain's first instruction. How the domain ended is told where it did.
  private func attach(_ client: HostClient, _ domain: DomainReference) async throws {
    let watch = try await EndWatch(client, domain)
    let name = try await client.snapshot()[domain]?.name ?? "\(domain.id)"
    try await ConsoleAttachment.run(client, of: host, domain: domain, name: name, terminal, starts: !paused)
    let isThere = try await client.snapshot().domains.contains { $0.reference.uuid == domain.uuid }
    guard !isThere, let ending = await watch.ending() else { return }
    Output.notify("domain '\(name)' \(ending)")
  }
}
