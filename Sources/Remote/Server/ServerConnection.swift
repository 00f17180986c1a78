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
  private let access: Access
  private let peer: PeerCredentials
  private var phase = Phase.over
  /// With whom the client shares what the host gives.
  private(set) var fellows: ClientClass
  /// Bytes written that the client has not taken yet.
  private var unread = 0

  /// Calls and streams that wait for their end, by their ids.
  var calls: [UInt64: OpenCall] = [:]
  /// Calls that wait until their answer may be worked out.
  var waiting = CircularBuffer<WaitingCall>()
  /// Calls and streams whose work has not ended, whether or not anybody waits for them.
  var callsUnderWay = 0
  var streamsUnderWay = 0
  /// Answers that are being worked out, or are the next in turn.
  var answersUnderWay = 0
  var consoles: [UInt64: ServerConsole] = [:]
  private var lastSerial = 0

  init(_ server: ServerContext, channel: any Channel, peer: PeerCredentials, access: Access) {
    self.server = server
    self.channel = channel
    self.peer = peer
    self.access = access
    fellows = server.fellows(access)
  }

  /// Whether the client may only look. True unless a handshake said otherwise.
  var isReadOnly: Bool {
    if case .serving(let readOnly) = phase { return readOnly }
    return true
  }

  var isReader: Bool { fellows === server.readers }

  /// Where its calls stand in line. A client that turns out to be a reader does so before its first call.
  var turns: Turns { fellows.turns }

  func nextSerial() -> Int {
    lastSerial += 1
    return lastSerial
  }

  // MARK: The connection's life

  func channelActive(context: ChannelHandlerContext) {
    let count = server.clients.withLock { clients in
      clients[ObjectIdentifier(channel)] = channel
      return clients.count
    }
    fellows.connections.add(1, ordering: .relaxed)
    let timeout = channel.eventLoop.assumeIsolated().scheduleTask(in: server.limits.handshake) {
      self.refuse("no hello came within \(self.server.limits.handshake.nanoseconds / 1_000_000) ms")
    }
    phase = .awaitingHello(timeout: timeout)
    if count > server.limits.clients + ServerLimits.refusals {
      channel.close(promise: nil)
    } else if count > server.limits.clients {
      refuse("\(server.limits.clients) clients are connected already; close one and try again")
    } else {
      refuseReaderBeyondLimit()
    }
  }

  /// True where there are so many readers that the owner could be locked out.
  @discardableResult
  private func refuseReaderBeyondLimit(id: UInt64 = 0) -> Bool {
    guard isReader, fellows.connections.load(ordering: .relaxed) > server.limits.readers else { return false }
    refuse("\(server.limits.readers) read-only clients are connected already; close one and try again", id: id)
    return true
  }

  func channelInactive(context: ChannelHandlerContext) {
    endPhase()
    _ = server.clients.withLock { $0.removeValue(forKey: ObjectIdentifier(channel)) }
    fellows.connections.subtract(1, ordering: .relaxed)
    let calls = calls, consoles = consoles
    self.calls = [:]
    self.consoles = [:]
    waiting = []
    for console in consoles.values { console.close() }
    for call in calls.values { call.task?.cancel() }
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
    if channel.isWritable {
      pumpConsoles()
      startAnswers()
    }
    context.fireChannelWritabilityChanged()
  }

  // MARK: Frames in

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    // The rest of what a refused client sent is not looked at.
    if case .over = phase { return }
    let body = unwrapInboundIn(data)
    let frame: ReceivedFrame
    do {
      frame = try WireProtocol.decode(ReceivedFrame.self, from: body)
    } catch let error as DecodingError {
      return refuse("a frame that is no request: \(error.oneLine)")
    } catch {
      return refuse("a frame that is no request")
    }
    switch (phase, frame.call) {
    case (.awaitingHello, .success(.hello(let hello))): greet(hello, id: frame.id)
    case (.awaitingHello, .failure(let error)): refuse("the first frame must be a hello: \(error)", id: frame.id)
    case (.awaitingHello, _): refuse("the first frame must be a hello", id: frame.id)
    case (_, .success(let call)): accept(call, id: frame.id, size: body.readableBytes)
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
    if hello.readOnly, !isReader {
      fellows.connections.subtract(1, ordering: .relaxed)
      fellows = server.readers
      fellows.connections.add(1, ordering: .relaxed)
      if refuseReaderBeyondLimit(id: id) { return }
    }
    endPhase()
    let readOnly = isReader || server.readOnly
    phase = .serving(readOnly: readOnly)
    server.welcomed.add(1, ordering: .relaxed)
    server.logger.debug(
      """
      client pid \(peer.pid): \(hello.client.prefix(64).debugDescription) \
      \(hello.clientVersion.prefix(64).debugDescription)\(readOnly ? ", read-only" : "")
      """)
    var welcome = Welcome(protocolVersion: WireProtocol.version, hostVersion: server.version, readOnly: readOnly)
    if !server.recorder.losses.isEmpty {
      (welcome.losses, welcome.lossesAreNews) = (server.recorder.losses, server.recorder.lossesAreNews)
    }
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
    guard !leavesTooMuchUnread else {
      server.logger.warning("disconnected the client with pid \(peer.pid): it left \(unread) bytes unread")
      done?.fail(ChannelError.ioOnClosedChannel)
      endPhase()
      channel.close(promise: nil)
      return
    }
    let size = frame.readableBytes
    let fellows = fellows
    unread += size
    fellows.unread.add(size, ordering: .relaxed)
    let written = done ?? channel.eventLoop.makePromise(of: Void.self)
    written.futureResult.assumeIsolated().whenComplete { _ in
      self.unread -= size
      fellows.unread.subtract(size, ordering: .relaxed)
    }
    channel.writeAndFlush(frame, promise: written)
  }

  private var leavesTooMuchUnread: Bool {
    if unread > server.limits.unreadBytes { return true }
    let ofAll = fellows.unread.load(ordering: .relaxed)
    return ofAll > server.limits.unreadBytesOfAll
      && unread > ofAll / max(fellows.connections.load(ordering: .relaxed), 1)
  }
}
