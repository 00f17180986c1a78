import ArgumentParser
import FoundationEssentials
import HypervisorModel
import Remote

/// Options of every command that talks to the host process.
struct HostOptions: ParsableArguments {
  @Flag(name: .customLong("read-only"), help: "Only look: the host refuses every change on this connection.")
  var readOnly = false

  /// Connects to the host process; starts it first if there is none.
  func connect() async throws(HypervisorError) -> HostClient {
    try await HostProcess.ensureRunning(
      executable: Executable.path, arguments: ["host", "run"], directory: try .standard(), readOnly: readOnly,
      client: .domus)
  }
}

extension ClientIdentity {
  /// This program.
  static let domus = ClientIdentity(version: Domus.version)
}

/// A domain as the operator names it on the command line.
struct DomainArgument: ParsableArguments {
  @Argument(help: "The domain's name or id.")
  var domain: String
}

extension HostSnapshot {
  /// The domain with this name or, failing that, this id.
  func domain(named text: String) throws(HypervisorError) -> DomainSnapshot {
    if let domain = domains.first(where: { $0.name == text }) { return domain }
    if let id = UInt32(text), let domain = domains.first(where: { $0.reference.id == DomainID(id) }) { return domain }
    throw .noSuchDomain(text)
  }

  /// The domains with these names or ids; all if none is named.
  func domains(named names: [String]) throws(HypervisorError) -> [DomainSnapshot] {
    guard !names.isEmpty else { return domains }
    return try names.map { name throws(HypervisorError) in try domain(named: name) }
  }
}

extension Hypervisor {
  /// Performs a request on the domain that the operator named.
  @discardableResult
  func perform(
    on name: String, _ request: (DomainReference) -> Request
  ) async throws(HypervisorError) -> DomainSnapshot {
    let domain = try await snapshot().domain(named: name)
    _ = try await perform(request(domain.reference))
    return domain
  }
}
