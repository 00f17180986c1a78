import FoundationEssentials
import Glibc
import HypervisorModel
import NIOCore
import NIOPosix

/// Who a client says it is, for the host's log.
public struct ClientIdentity: Hashable, Sendable {
  public var name: String
  public var version: String

  public init(name: String = "domus", version: String = "") {
    self.name = name
    self.version = version
  }
}

/// A host process, seen as a hypervisor: over its Unix socket, or over any pair of descriptors that leads to one.
///
/// Calls may be made from any thread and run side by side. When the connection breaks, every call that waits, and every later
/// one, throws `.disconnected`, and streams end. The connection is closed by `close()`, or when the last reference to the
/// client and its open consoles goes.
public final class HostClient: Hypervisor {
  let connection: ClientConnection
  /// The version of the host program.
  public let hostVersion: String
  /// Whether this connection may only look: because it was asked for, or because the host decides so.
  public let readOnly: Bool
  /// What earlier hosts of the same directory lost with their death.
  public let losses: [HostLoss]
  /// Nobody was told of the losses yet.
  public let lossesAreNews: Bool

  /// How long the host may need for an answer that it only has to look for.
  private static let timeLimit = TimeAmount.seconds(30)

  private init(_ connection: ClientConnection, _ welcome: Welcome) {
    self.connection = connection
    hostVersion = welcome.hostVersion
    readOnly = welcome.readOnly
    losses = welcome.losses ?? []
    lossesAreNews = welcome.lossesAreNews ?? false
  }

  deinit { close() }

  /// Connects to the host that listens at `socketPath`.
  ///
  /// Throws `.disconnected` when none does; `.failed` when it doesn't answer within ten seconds; `.protocolViolation` when it
  /// refuses this client, with its reason.
  public static func connect(
    socketPath: String, readOnly: Bool = false, client: ClientIdentity = ClientIdentity()
  ) async throws(HypervisorError) -> HostClient {
    guard let host = try await connectIfListening(socketPath, readOnly: readOnly, client: client) else {
      throw .disconnected("no host process listens at '\(socketPath)'; 'domus' starts one")
    }
    return host
  }

  /// Connects over a pair of descriptors, such as the pipes of `ssh HOST domus serve --stdio`. It owns them from now on, also
  /// when it throws.
  ///
  /// - Parameter timeLimit: for the answer; nil where somebody may have to type a password first.
  public static func connect(
    input: CInt, output: CInt, readOnly: Bool = false, client: ClientIdentity = ClientIdentity(),
    timeLimit: Nanoseconds? = nil
  ) async throws(HypervisorError) -> HostClient {
    let connection = ClientConnection()
    do {
      _ = try await NIOPipeBootstrap(group: RemoteLoop.group)
        .channelInitializer { connection.install(in: $0) }
        .takingOwnershipOfDescriptors(input: input, output: output).get()
    } catch {
      throw .disconnected("can't use the descriptors \(input) and \(output) for a connection: \(error)")
    }
    return try await greet(
      connection, readOnly: readOnly, client: client,
      timeLimit: timeLimit.map { .nanoseconds(Int64(clamping: $0.rawValue)) })
  }

  /// As `connect(socketPath:)`, but nil when nobody listens there.
  public static func connectIfListening(
    _ path: String, readOnly: Bool = false, client: ClientIdentity = ClientIdentity()
  ) async throws(HypervisorError) -> HostClient? {
    let connection = ClientConnection()
    do {
      let channel = try await ClientBootstrap(group: RemoteLoop.group)
        .channelInitializer { connection.install(in: $0) }
        .connect(unixDomainSocketPath: path).get()
      let host = try await channel.eventLoop.flatSubmit { PeerCredentials.of(channel) }.get()
      guard host.areTrusted else {
        connection.close()
        throw HypervisorError.protocolViolation("the host at '\(path)' belongs to user \(host.uid), not to you")
      }
      connection.hostPID = host.pid
    } catch let error as IOError where error.errnoCode == ENOENT || error.errnoCode == ECONNREFUSED {
      return nil
    } catch let error as IOError where error.errnoCode == EAGAIN {
      // Nobody is let in any more.
      throw .failed("no answer at '\(path)': \(HostCondition.text(nil))")
    } catch let error as HypervisorError {
      throw error
    } catch {
      throw .disconnected("can't connect to the host process at '\(path)': \(error)")
    }
    return try await greet(connection, readOnly: readOnly, client: client, timeLimit: .seconds(10))
  }

  private static func greet(
    _ connection: ClientConnection, readOnly: Bool, client: ClientIdentity, timeLimit: TimeAmount?
  ) async throws(HypervisorError) -> HostClient {
    let hello = Hello(readOnly: readOnly, client: client.name, clientVersion: client.version)
    let welcome: Welcome
    do throws(HypervisorError) {
      welcome = try await connection.request(.hello(hello), as: Welcome.self, timeLimit: timeLimit)
      guard welcome.protocolVersion == WireProtocol.version else {
        throw .protocolViolation(
          "the host speaks protocol \(welcome.protocolVersion), and this program protocol \(WireProtocol.version)")
      }
    } catch {
      connection.close()
      throw error
    }
    return HostClient(connection, welcome)
  }

  /// The connection is over: no call will ever be answered again.
  public var isOver: Bool { connection.isOver }

  /// Ends the connection; the host and its domains do not notice.
  public func close() { connection.close() }

  // MARK: Hypervisor

  public func describe() async throws(HypervisorError) -> HostDescription {
    try await connection.request(.describe, as: WireDescription.self, timeLimit: Self.timeLimit).description
  }

  public func snapshot() async throws(HypervisorError) -> HostSnapshot {
    try await connection.request(.snapshot, as: HostSnapshot.self, timeLimit: Self.timeLimit)
  }

  public func perform(_ request: Request, id: RequestID) async throws(HypervisorError) -> Reply {
    try await connection.request(
      .perform(request), id: id, as: WireReply.self,
      timeLimit: request.operation.facts.isChange ? nil : Self.timeLimit
    ).reply()
  }

  public func history() async throws(HypervisorError) -> [UsageSample] {
    try await connection.request(.history, as: [UsageSample].self, timeLimit: Self.timeLimit)
  }

  /// At most 4096 events wait for a reader that is slow; then the oldest are dropped.
  public func events() async throws(HypervisorError) -> AsyncStream<HypervisorEvent> {
    let (events, continuation) = AsyncStream<HypervisorEvent>.makeStream(bufferingPolicy: .bufferingNewest(4096))
    let id = try await connection.openStream(.events, into: .events(continuation))
    let connection = connection
    continuation.onTermination = { _ in connection.closeStream(id) }
    return events
  }

  /// Output that the host dropped because this side was too slow is marked in the stream by a line of text.
  public func openConsole(of domain: DomainReference) async throws(HypervisorError) -> ConsoleStream {
    let inbox = ConsoleInbox(window: WireProtocol.consoleWindow)
    let opening = ConsoleOpening(domain: domain, credit: WireProtocol.consoleWindow)
    let id = try await connection.openStream(.console(opening), into: .console(inbox))
    let console = ClientConsole(client: self, id: id, inbox: inbox)
    return ConsoleStream(
      output: AsyncStream(unfolding: { await console.read() }, onCancel: { console.close() }),
      send: { bytes throws(HypervisorError) in try await console.type(bytes) },
      close: { console.close() })
  }

  // MARK: The host process

  public func hostStatus() async throws(HypervisorError) -> HostStatus {
    try await connection.request(.hostStatus, as: HostStatus.self, timeLimit: Self.timeLimit)
  }

  /// `losses` were shown to somebody: no other client is told of them, unless this one may only look.
  public func acknowledgeLosses() { connection.post(.lossesSeen) }

  /// Ends the host process and with it all its domains. Returns when the host has answered; refused when read-only.
  public func stopHost() async throws(HypervisorError) {
    _ = try await connection.request(.hostStop, as: NoBody.self, timeLimit: Self.timeLimit)
  }
}
