import HypervisorModel
import NIOCore

/// A call or stream that its client waits for. A client may use an id again once it has abandoned its call, while the work
/// still goes on: the serial number tells the two apart.
struct OpenCall {
  let serial: Int
  /// Nil while it waits for its turn.
  var task: Task<Void, Never>?
}

/// A call whose answer is worked out when it is its turn.
struct WaitingCall {
  let id: UInt64
  let serial: Int
  /// Of its request, in bytes.
  let size: Int
  let work: @Sendable () async throws(HypervisorError) -> any Codable & Sendable
}
