import HypervisorModel

/// A host process that died with its domains: by a crash, by `kill -9`, for want of memory, with the machine.
public struct HostLoss: Hashable, Codable, Sendable {
  public struct Domain: Hashable, Codable, Sendable {
    public var name: String
    public var id: DomainID
    /// Seconds since 1970 at which it was made. Nil where that is not known.
    public var createdAt: Double?
  }

  /// The process that died.
  public var pid: Int32
  /// Seconds since 1970 at which it was last seen alive.
  public var lastSeen: Double
  /// Seconds since 1970 at which it was found dead.
  public var found: Double
  /// Why, as far as it can be known.
  public var reason: String
  /// What it ran.
  public var domains: [Domain]
}

extension HostLoss: CustomStringConvertible {
  private static let shownDomains = 20

  /// In one line: what is lost, when and why. What matters most comes first: a narrow terminal cuts the rest.
  public var description: String {
    let names = domains.prefix(Self.shownDomains).map(\.name).joined(separator: ", ")
    let others = domains.count - Self.shownDomains
    return "domains lost: \(names)\(others > 0 ? " and \(others) more" : ""); the host process \(pid) died between "
      + "\(Timestamp.text(lastSeen)) and \(Timestamp.text(found)): \(reason)"
  }
}
