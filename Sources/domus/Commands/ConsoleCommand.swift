import ArgumentParser
import HypervisorModel

struct ConsoleCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "console", abstract: "Attach to a domain's console.",
    discussion: """
      ^] detaches. On a terminal the guest's output is drawn by a terminal emulator of our own, so that it can't \
      control yours. When output or input is a pipe, raw bytes go through; at the end of the input, what the guest \
      still prints is shown until it is silent for a second.
      """)

  @OptionGroup var terminal: TerminalOptions
  @OptionGroup var host: HostOptions
  @OptionGroup var target: DomainArgument

  func run() async throws {
    let client = try await host.client()
    let domain = try await client.snapshot().domain(named: target.domain)
    try await ConsoleAttachment.run(client, of: host, domain: domain.reference, name: domain.name, terminal)
  }
}
