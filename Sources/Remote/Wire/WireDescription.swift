import HypervisorModel

/// A `HostDescription` on the wire. Its operations are an object by name, and names that this side does not know are left
/// out, so that an older client can read a newer host's description.
package struct WireDescription: Codable, Sendable {
  private var host: HostID
  private var hostname: String
  private var engine: String
  private var version: String
  @Known private var scheduler: Scheduler?
  private var pcpus: Int
  private var memory: Bytes
  private var startedAt: Double
  private var capabilities: String
  private var domainsOutliveHost: Bool
  private var commandLine: String?
  private var details: [HostDescription.Detail]
  private var operations: [String: Offer]

  private struct Offer: Codable, Sendable {
    var available: Bool
    var reason: String?
  }

  package init(_ description: HostDescription) {
    host = description.host
    hostname = description.hostname
    engine = description.engine
    version = description.version
    _scheduler = Known(wrappedValue: description.scheduler)
    pcpus = description.pcpus
    memory = description.memory
    startedAt = description.startedAt
    capabilities = description.capabilities
    domainsOutliveHost = description.domainsOutliveHost
    commandLine = description.commandLine
    details = description.details
    operations = [:]
    for (operation, availability) in description.operations {
      operations[operation.rawValue] =
        switch availability {
        case .available: Offer(available: true)
        case .unavailable(let reason): Offer(available: false, reason: reason)
        }
    }
  }

  package var description: HostDescription {
    var known: [Operation: HostDescription.Availability] = [:]
    for (name, offer) in operations {
      guard let operation = Operation(rawValue: name) else { continue }
      known[operation] = offer.available ? .available : .unavailable(reason: offer.reason ?? "the host gives no reason")
    }
    return HostDescription(
      host: host, hostname: hostname, engine: engine, version: version, scheduler: scheduler, pcpus: pcpus,
      memory: memory, startedAt: startedAt, capabilities: capabilities,
      domainsOutliveHost: domainsOutliveHost, commandLine: commandLine, details: details,
      operations: known)
  }
}
