import NIOCore

/// What one client may take of the host. A client that asks for more is refused or disconnected; the host lives on.
package struct ServerLimits: Sendable {
  /// Connections at one time.
  package var clients = 256
  /// Time from connecting to a complete hello.
  package var handshake = TimeAmount.seconds(10)
  /// Calls that one client may have under way.
  package var calls = 128
  /// Consoles and event streams that one client may have open.
  package var streams = 128
  /// Console bytes kept for a client that does not read them; older ones are dropped.
  package var consoleBacklog = 256 << 10
  /// Typed bytes that the guest has not taken yet, per console.
  package var consoleInput = 256 << 10
  /// Bytes written but not taken by the client at which the host stops to read its requests.
  package var highWaterMark = 1 << 20
  /// Bytes written but not taken by the client at which it is disconnected.
  package var unreadBytes = WireProtocol.maximumHostFrame

  package init() {}
}
