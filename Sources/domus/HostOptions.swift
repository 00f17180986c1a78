import ArgumentParser
import FoundationEssentials
import HypervisorModel
import Remote

/// Options of every command that talks to the host process.
struct HostOptions: ParsableArguments {
  @Option(
    help: """
      What to talk to: xen: (the Xen that this machine runs under), embedded: (the engine of this program) or \
      ssh://[user@]host[:port] (what domus finds there). Also DOMUS_CONNECT. Default: Xen in its Domain-0, else the engine.
      """)
  var connect: String?

  @Flag(name: .customLong("read-only"), help: "Only look: the host refuses every change on this connection.")
  var readOnly = false

  /// Connects to the host process; starts it first if there is none. Says what an earlier one lost with its death.
  func client() async throws(HypervisorError) -> HostClient {
    let client = try await Endpoint.chosen(connect).connect(readOnly: readOnly)
    LossReport.make(client)
    return client
  }

  /// The same host for a program that stays: it connects anew when the connection breaks.
  func lasting(_ client: HostClient) throws(HypervisorError) -> LastingClient {
    let endpoint = try Endpoint.chosen(connect)
    let readOnly = readOnly
    return LastingClient(client) { () throws(HypervisorError) in try await endpoint.reconnect(readOnly: readOnly) }
  }
}

extension ClientIdentity {
  /// This program.
  static let domus = ClientIdentity(version: Domus.version)
}

/// A domain as the operator names it on the command line.
struct DomainArgument: ParsableArguments {
  @Argument(help: "The domain's name or id.", completion: .domains)
  var domain: String
}

extension HostOptions {
  /// Performs a request on the domain that the operator named.
  func perform(on name: String, _ request: (DomainReference) throws -> Request) async throws {
    try await client().perform(on: name, request)
  }

  /// Performs a request that is about no domain, and prints the answer if it is text.
  func perform(_ request: Request) async throws {
    if case .text(let text) = try await client().perform(request) { Output.printLines(text) }
  }
}

extension Hypervisor {
  /// Performs a request on the domain that the operator named.
  @discardableResult
  func perform(on name: String, _ request: (DomainReference) throws -> Request) async throws -> DomainSnapshot {
    let domain = try await snapshot().domain(named: name)
    _ = try await perform(try request(domain.reference))
    return domain
  }
}
