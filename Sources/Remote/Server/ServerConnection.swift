import FoundationEssentials
import HypervisorModel
import NIOCore

/// One client's connection in the host: reads calls, starts a task for each, writes the answers.
///
/// Everything in it belongs to the channel's event loop. Tasks reach it through `hop` and find nothing once the client has
/// gone: a client that vanishes takes its tasks and consoles along, and no more.
final class ServerConnection: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer

  private enum Phase {
    case awaitingHello(timeout: Scheduled<Void>)
    case serving(readOnly: Bool)
    case over
  }

  let server: ServerContext
  let channel: any Channel
  private let peer: PeerCredentials
  private var phase = Phase.over
  /// Calls and streams that are under way, by their ids.
  var tasks: [UInt64: Task<Void, Never>] = [:]
  var consoles: [UInt64: ServerConsole] = [:]
  /// How many of `tasks` are streams.
  var streams: Set<UInt64> = []

  init(_ server: ServerContext, channel: any Channel, peer: PeerCredentials) {
    self.server = server
    self.channel = channel
    self.peer = peer
  }

  /// Whether the client may only look. True unless a handshake said otherwise.
  var isReadOnly: Bool {
    if case .serving(let readOnly) = phase { return readOnly }
    return true
  }

  // MARK: The connection's life

  func channelActive(context: ChannelHandlerContext) {
    let count = server.clients.withLock { clients in
      clients[ObjectIdentifier(channel)] = channel
      return clients.count
    }
    let timeout = channel.eventLoop.assumeIsolated().scheduleTask(in: server.limits.handshake) {
      self.refuse("no hello came within \(self.server.limits.handshake.nanoseconds / 1_000_000) ms")
    }
    phase = .awaitingHello(timeout: timeout)
    if count > server.limits.clients {
      refuse("\(server.limits.clients) clients are connected already; close one and try again")
    }
  }

  func channelInactive(context: ChannelHandlerContext) {
    endPhase()
    _ = server.clients.withLock { $0.removeValue(forKey: ObjectIdentifier(channel)) }
    let tasks = tasks, consoles = consoles
    self.tasks = [:]
    self.consoles = [:]
    streams = []
    for console in consoles.values { console.close() }
    for task in tasks.values { task.cancel() }
  }

  private func endPhase() {
    switch phase {
    case .awaitingHello(let timeout): timeout.cancel()
    case .serving: server.welcomed.subtract(1, ordering: .relaxed)
    case .over: break
    }
    phase = .over
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    guard error is FrameError else {
      context.close(promise: nil)
      return
    }
    refuse("\(error)")
  }

  func channelWritabilityChanged(context: ChannelHandlerContext) {
    if channel.isWritable { pumpConsoles() }
    context.fireChannelWritabilityChanged()
  }

  // MARK: Frames in

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    // The rest of what a refused client sent is not looked at.
    if case .over = phase { return }
    let frame: ReceivedFrame
    do {
      frame = try WireProtocol.decode(ReceivedFrame.self, from: unwrapInboundIn(data))
    } catch let error as DecodingError {
      return refuse("a frame that is no request: \(error.oneLine)")
    } catch {
      return refuse("a frame that is no request")
    }
    switch (phase, frame.call) {
    case (.awaitingHello, .success(.hello(let hello))): greet(hello, id: frame.id)
    case (.awaitingHello, .failure(let error)): refuse("the first frame must be a hello: \(error)", id: frame.id)
    case (.awaitingHello, _): refuse("the first frame must be a hello", id: frame.id)
    case (_, .success(let call)): accept(call, id: frame.id)
    case (_, .failure(let error)): write(WireProtocol.answer(frame.id, WireError(error)))
    }
  }

  private func greet(_ hello: Hello, id: UInt64) {
    // Hanging up without a reason tells a client that it may start a host of its own.
    guard !server.isStopping else { return channel.close(promise: nil) }
    guard hello.protocolVersion == WireProtocol.version else {
      return refuse(
        "this host (version \(server.version)) speaks protocol \(WireProtocol.version), and the client "
          + "(\(hello.client.prefix(64)) \(hello.clientVersion.prefix(64))) protocol \(hello.protocolVersion); "
          + "use the program that started the host", id: id)
    }
    endPhase()
    let readOnly = hello.readOnly || server.readOnly
    phase = .serving(readOnly: readOnly)
    server.welcomed.add(1, ordering: .relaxed)
    server.logger.debug(
      """
      client pid \(peer.pid): \(hello.client.prefix(64).debugDescription) \
      \(hello.clientVersion.prefix(64).debugDescription)\(readOnly ? ", read-only" : "")
      """)
    let welcome = Welcome(protocolVersion: WireProtocol.version, hostVersion: server.version, readOnly: readOnly)
    write(WireProtocol.answer(id, .welcome, welcome))
  }

  /// Ends the connection with a reason that the client can show.
  func refuse(_ reason: String, id: UInt64 = 0) {
    if case .over = phase { return }
    server.logger.warning("refused the client with pid \(peer.pid): \(reason.debugDescription)")
    endPhase()
    let frame = WireProtocol.answer(id, .refused, Refusal(reason: reason))
    // A client that reads gets the reason; one that doesn't must not keep the connection open.
    channel.writeAndFlush(frame).assumeIsolated().whenComplete { _ in self.channel.close(promise: nil) }
    channel.eventLoop.assumeIsolated().scheduleTask(in: .seconds(1)) { self.channel.close(promise: nil) }
  }

  // MARK: Frames out

  /// Writes a frame, unless the client has left so many unread that it is given up.
  func write(_ frame: ByteBuffer, then done: EventLoopPromise<Void>? = nil) {
    let unread = (try? channel.syncOptions?.getOption(.bufferedWritableBytes)) ?? 0
    guard unread <= server.limits.unreadBytes else {
      server.logger.warning("disconnected the client with pid \(peer.pid): it left \(unread) bytes unread")
      done?.fail(ChannelError.ioOnClosedChannel)
      endPhase()
      channel.close(promise: nil)
      return
    }
    channel.writeAndFlush(frame, promise: done)
  }
}
