/// A value of a closed list of words. A word that is not in the list, from a later version, is read as nil and makes nothing
/// around it unreadable.
@propertyWrapper
public struct Known<Value: RawRepresentable & Hashable & Sendable>: Hashable, Sendable where Value.RawValue == String {
  public var wrappedValue: Value?

  public init(wrappedValue: Value?) { self.wrappedValue = wrappedValue }
}

extension Known: Codable {
  public init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    wrappedValue = container.decodeNil() ? nil : Value(rawValue: try container.decode(String.self))
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(wrappedValue?.rawValue)
  }
}

extension KeyedDecodingContainer {
  /// A key that is missing is nil too.
  public func decode<Value>(_ type: Known<Value>.Type, forKey key: Key) throws -> Known<Value> {
    try decodeIfPresent(type, forKey: key) ?? Known(wrappedValue: nil)
  }
}
