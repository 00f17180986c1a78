import ArgumentParser
import HypervisorModel

struct ShutdownCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "shutdown", abstract: "Ask a domain's guest to power off.")

  @Flag(name: [.short, .customLong("wait")], help: "Wait until the domain has ended.")
  var wait = false

  @OptionGroup var host: HostOptions
  @OptionGroup var target: DomainArgument

  func run() async throws {
    let client = try await host.client()
    // Before the wish, so that an end that comes at once is not missed.
    let events = try await client.events()
    let domain = try await client.perform(on: target.domain) { .life($0, .shutdown) }
    guard wait else { return }

    if try await hasEnded(domain.reference, client) { return }
    for await event in events {
      switch event {
      case .gone(domain.reference, _, _), .changed(domain.reference, _, .shutdown): return
      default: continue
      }
    }
    throw HypervisorError.disconnected("the host went away before domain '\(domain.name)' had ended")
  }

  private func hasEnded(_ reference: DomainReference, _ client: some Hypervisor) async throws(HypervisorError) -> Bool {
    guard let domain = try await client.snapshot()[reference] else { return true }
    if case .shutdown = domain.state { return true }
    return false
  }
}
