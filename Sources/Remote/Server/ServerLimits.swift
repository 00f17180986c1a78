import NIOCore

/// What clients may use of the host. A client that asks for more is refused or disconnected; the host lives on. Readers are
/// clients that may only look: they can't use up what the owner needs.
package struct ServerLimits: Sendable {
  /// Connections at one time.
  package var clients = 256
  /// Readers among them.
  package var readers = 192
  /// Time from connecting to a complete hello.
  package var handshake = TimeAmount.seconds(10)
  /// Calls of one client whose work has not ended, abandoned ones included.
  package var calls = 128
  /// Bytes of one client's requests that wait for their turn.
  package var requestBytes = 2 << 20
  /// Answers that are worked out at one time: for one client, for all readers, for all others.
  package var answersOfClient = 2
  package var answersOfReaders = 4
  package var answersOfOwner = 16
  /// Consoles and event streams that one client may have open: the owner's, a reader's, and all readers' together.
  package var streams = 128
  package var streamsOfReader = 16
  package var streamsOfReaders = 128
  /// Console bytes kept for a client that does not read them, of one console and of all that it has open; older ones are
  /// dropped.
  package var consoleBacklog = 256 << 10
  package var consoleBacklogs = 4 << 20
  /// Typed bytes that the guest has not taken yet, per console.
  package var consoleInput = 256 << 10
  /// Bytes written but not taken by the client at which the host stops to read its requests.
  package var highWaterMark = 1 << 20
  /// Bytes written but not taken by the client at which it is disconnected.
  package var unreadBytes = WireProtocol.maximumHostFrame
  /// As `unreadBytes`, of all readers and of all others together: whoever left more than the average is disconnected.
  package var unreadBytesOfAll = 64 << 20
  /// Between two looks at the host's own files.
  package var tending = Duration.seconds(2)

  package init() {}

  /// Connections beyond `clients` that are still told why they are refused; others are just closed.
  static let refusals = 16
  /// Descriptors that are left to the hypervisor, for kernels, logs and consoles, and to libdispatch, which ends a process
  /// that has none left.
  private static let reservedDescriptors = 64

  /// With no more clients than there are descriptors for: one more is refused with a reason, before whatever else needs a
  /// descriptor fails. `free`: how many this process may still open.
  package init(freeDescriptors free: Int) {
    clients = min(clients, max(free - Self.reservedDescriptors - Self.refusals, 2))
    readers = min(readers, clients / 2)
  }
}
