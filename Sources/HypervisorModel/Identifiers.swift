import FoundationEssentials

/// A domain's number on its host. Domain-0 is 0. Numbers are reused after a domain has gone.
public struct DomainID: RawRepresentable, Hashable, Comparable, Codable, Sendable, CustomStringConvertible {
  public let rawValue: UInt32

  public init(rawValue: UInt32) { self.rawValue = rawValue }
  public init(_ rawValue: UInt32) { self.rawValue = rawValue }

  /// The control domain.
  public static let domain0 = DomainID(0)

  public var description: String { String(rawValue) }
  public static func < (a: DomainID, b: DomainID) -> Bool { a.rawValue < b.rawValue }

  public init(from decoder: any Decoder) throws { rawValue = try decoder.singleValueContainer().decode(UInt32.self) }
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(rawValue)
  }
}

/// A virtual CPU's number in its domain, from 0.
public struct VCPUID: RawRepresentable, Hashable, Comparable, Codable, Sendable {
  public let rawValue: Int
  public init(rawValue: Int) { self.rawValue = rawValue }
  public init(_ rawValue: Int) { self.rawValue = rawValue }
  public static func < (a: VCPUID, b: VCPUID) -> Bool { a.rawValue < b.rawValue }
}

/// A physical CPU's number on its host, from 0.
public struct PCPUID: RawRepresentable, Hashable, Comparable, Codable, Sendable {
  public let rawValue: Int
  public init(rawValue: Int) { self.rawValue = rawValue }
  public init(_ rawValue: Int) { self.rawValue = rawValue }
  public static func < (a: PCPUID, b: PCPUID) -> Bool { a.rawValue < b.rawValue }
}

/// One host as a user names it: unique while it runs, so that state of one host is never taken for another's.
public struct HostID: RawRepresentable, Hashable, Codable, Sendable {
  public let rawValue: String
  public init(rawValue: String) { self.rawValue = rawValue }
}

/// Exactly one domain: ids are reused and Domain-0's UUID is zero everywhere, so all three parts must agree.
public struct DomainReference: Hashable, Codable, Sendable {
  public var host: HostID
  public var uuid: UUID
  public var id: DomainID

  public init(host: HostID, uuid: UUID, id: DomainID) {
    self.host = host
    self.uuid = uuid
    self.id = id
  }
}

/// A cpupool: names are unique on one host only.
public struct PoolReference: Hashable, Codable, Sendable {
  public var host: HostID
  public var name: String

  public init(host: HostID, name: String) {
    self.host = host
    self.name = name
  }
}

extension UUID {
  /// Domain-0's UUID on every host.
  public static let zero = UUID(uuid: (0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0))
}
