import Synchronization

/// Tells one request from every other that this process makes, of whatever host, so that an answer finds what it answers:
/// two requests with the same words are two. It is the id of the request's frame where it goes over a wire.
public struct RequestID: Hashable, Sendable, CustomStringConvertible {
  public let rawValue: UInt64

  private static let last = Atomic<UInt64>(0)

  /// A new one. May be called from any thread.
  public init() { rawValue = Self.last.wrappingAdd(1, ordering: .relaxed).newValue }

  public var description: String { "\(rawValue)" }
}
