/// On the wire a request is an object with the operation's word as the key of its operands, and the domain beside it:
/// `{"domain": …, "mem-set": {"memory": 268435456}}`. Other keys are ignored, so that later versions can add some.
extension Request: Codable {
  private struct Key: CodingKey {
    static let domain = Key("domain")

    let stringValue: String
    var intValue: Int? { nil }

    init(_ word: String) { stringValue = word }
    init(stringValue: String) { self.init(stringValue) }
    init?(intValue: Int) { nil }
  }

  /// Throws `UnknownOperation` where the object has the key of no operation that this version knows.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: Key.self)
    let words = container.allKeys.map(\.stringValue)
    guard let operation = words.lazy.compactMap(Operation.init(rawValue:)).first else {
      throw UnknownOperation(name: words.filter { $0 != Key.domain.stringValue }.sorted().first ?? "")
    }
    func domain() throws -> DomainReference { try container.decode(DomainReference.self, forKey: .domain) }
    switch operation.family {
    case .creation: self = .creation(try CreationRequest(from: decoder))
    case .life: self = .life(try domain(), try LifeRequest(from: decoder))
    case .resources: self = .resources(try domain(), try ResourceRequest(from: decoder))
    case .devices: self = .devices(try domain(), try DeviceRequest(from: decoder))
    case .scheduling(let scheduler):
      let operands = try container.decode(SchedulingChange.Operands.self, forKey: Key(operation.rawValue))
      self = .scheduling(try domain(), SchedulingChange(scheduler, operands))
    case .pools: self = .pools(try PoolRequest(from: decoder))
    case .guest: self = .guest(try domain(), try GuestRequest(from: decoder))
    case .diagnostics: self = .diagnostics(try DiagnosticRequest(from: decoder))
    }
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: Key.self)
    switch self {
    case .creation(let request): try request.encode(to: encoder)
    case .life(let domain, let request):
      try container.encode(domain, forKey: .domain)
      try request.encode(to: encoder)
    case .resources(let domain, let request):
      try container.encode(domain, forKey: .domain)
      try request.encode(to: encoder)
    case .devices(let domain, let request):
      try container.encode(domain, forKey: .domain)
      try request.encode(to: encoder)
    case .scheduling(let domain, let change):
      try container.encode(domain, forKey: .domain)
      try container.encode(change.operands, forKey: Key(operation.rawValue))
    case .pools(let request): try request.encode(to: encoder)
    case .guest(let domain, let request):
      try container.encode(domain, forKey: .domain)
      try request.encode(to: encoder)
    case .diagnostics(let request): try request.encode(to: encoder)
    }
  }
}

/// A peer asked for something that this version has no name for.
public struct UnknownOperation: Error, Hashable, Sendable {
  public var name: String

  public init(name: String) { self.name = name }
}
