import FoundationEssentials
import HypervisorModel

/// An open console on the client's side. When the last user of its `ConsoleStream` lets go of it, it is closed.
final class ClientConsole: Sendable {
  /// Keeps the connection open while the console is in use.
  private let client: HostClient
  private let id: UInt64
  private let inbox: ConsoleInbox

  init(client: HostClient, id: UInt64, inbox: ConsoleInbox) {
    self.client = client
    self.id = id
    self.inbox = inbox
  }

  deinit { close() }

  /// Waits for the next bytes; what was read makes room for more.
  func read() async -> [UInt8]? {
    let bytes = await inbox.read()
    if let credit = inbox.takeOwedCredit() {
      client.connection.post(.credit(ConsoleCredit(console: id, bytes: credit)))
    }
    return bytes
  }

  func type(_ bytes: [UInt8]) async throws(HypervisorError) {
    var rest = bytes[...]
    while !rest.isEmpty {
      let piece = Data(rest.prefix(WireProtocol.consolePiece))
      _ = try await client.connection.request(.input(ConsoleInput(console: id, bytes: piece)), as: NoBody.self)
      rest = rest.dropFirst(piece.count)
    }
  }

  func close() { client.connection.closeStream(id) }
}
