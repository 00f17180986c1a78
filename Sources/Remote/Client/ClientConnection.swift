import FoundationEssentials
import Glibc
import HypervisorModel
import NIOCore
import Synchronization

/// The client's end of a connection: writes calls, and brings each answer to whom it belongs.
///
/// Frames arrive on the event loop, calls come from any thread; `state` is all that they share.
final class ClientConnection: ChannelInboundHandler, Sendable {
  typealias InboundIn = ByteBuffer
  /// The body of the frame that answers a call, not yet read.
  typealias Answer = Result<ByteBuffer, HypervisorError>

  /// Where the frames of an open stream go.
  enum Stream: Sendable {
    case events(AsyncStream<HypervisorEvent>.Continuation)
    case console(ConsoleInbox)

    func end() {
      switch self {
      case .events(let continuation): continuation.finish()
      case .console(let inbox): inbox.end()
      }
    }
  }

  private struct State {
    var channel: (any Channel)?
    /// By the ids of their frames, as are streams.
    var waiting: [UInt64: CheckedContinuation<Answer, Never>] = [:]
    var streams: [UInt64: Stream] = [:]
    /// Why the connection is over.
    var failure: HypervisorError?
    var hostPID: Int32?
  }

  private let state = Mutex(State())

  /// Makes it the handler of a new channel. Call it on the channel's event loop, as a channel initializer is.
  func install(in channel: any Channel) -> EventLoopFuture<Void> {
    channel.eventLoop.makeCompletedFuture {
      let pipeline = channel.pipeline.syncOperations
      try pipeline.addHandler(ByteToMessageHandler(FrameDecoder(limit: WireProtocol.maximumHostFrame)))
      try pipeline.addHandler(self)
      state.withLock { $0.channel = channel }
    }
  }

  /// The process at the other end, where it is one of this machine.
  var hostPID: Int32? {
    get { state.withLock(\.hostPID) }
    set { state.withLock { $0.hostPID = newValue } }
  }

  // MARK: Calls

  /// Sends a call and waits for its answer. A cancelled task waits no longer, and the host learns of it.
  ///
  /// - Parameters:
  ///   - id: what the call's frame and its answer's are known by.
  ///   - timeLimit: how long to wait; nil where the work may need any time. What is thrown afterwards says what is known of
  ///     the host process.
  func request<Body: Codable & Sendable>(
    _ call: Call, id: RequestID = RequestID(), as: Body.Type, timeLimit: TimeAmount? = nil
  ) async throws(HypervisorError) -> Body {
    let id = id.rawValue
    let timeout = timeLimit.map { limit in
      RemoteLoop.group.any().scheduleTask(in: limit) {
        self.abandon(
          id,
          .failed("no answer to '\(call.name.rawValue)' within \(limit.seconds) s: \(HostCondition.text(self.hostPID))")
        )
      }
    }
    defer { timeout?.cancel() }
    let answer = try await send(call, id: id).get()
    do {
      return try WireProtocol.decode(HostFrame<Body>.self, from: answer).body
    } catch {
      let detail = (error as? DecodingError).map { ": \($0.oneLine)" } ?? ""
      throw .protocolViolation("the host's answer to '\(call.name.rawValue)' can't be understood\(detail)")
    }
  }

  /// Opens a stream whose frames go to `stream`; answers its id.
  func openStream(_ call: Call, into stream: Stream) async throws(HypervisorError) -> UInt64 {
    let id = RequestID().rawValue
    // Known before the call is sent: its first frames may come right behind the answer.
    state.withLock { $0.streams[id] = stream }
    let answer = await send(call, id: id)
    if case .failure = answer { state.withLock { _ = $0.streams.removeValue(forKey: id) } }
    _ = try answer.get()
    return id
  }

  /// Ends a stream from this side; does nothing when it is over.
  func closeStream(_ id: UInt64) {
    guard let stream = state.withLock({ $0.streams.removeValue(forKey: id) }) else { return }
    stream.end()
    post(.cancel(Cancellation(target: id)))
  }

  /// Sends a call that has no answer.
  func post(_ call: Call) {
    let frame = ClientFrame(id: RequestID().rawValue, call: call)
    guard let frame = WireProtocol.frame(frame, limit: WireProtocol.maximumClientFrame) else { return }
    state.withLock(\.channel)?.writeAndFlush(frame, promise: nil)
  }

  private func send(_ call: Call, id: UInt64) async -> Answer {
    guard let frame = WireProtocol.frame(ClientFrame(id: id, call: call), limit: WireProtocol.maximumClientFrame) else {
      return .failure(.invalid("the request '\(call.name.rawValue)' can't be sent: it is too long for a frame"))
    }
    return await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let channel = state.withLock { state -> (any Channel)? in
          guard state.failure == nil, let channel = state.channel else { return nil }
          state.waiting[id] = continuation
          return channel
        }
        guard let channel else { return continuation.resume(returning: .failure(failure)) }
        channel.writeAndFlush(frame, promise: nil)
        if Task.isCancelled { abandon(id, Self.cancelled) }
      }
    } onCancel: {
      abandon(id, Self.cancelled)
    }
  }

  private static let cancelled = HypervisorError.failed("the wait for the host's answer was cancelled")

  private func abandon(_ id: UInt64, _ reason: HypervisorError) {
    guard let continuation = state.withLock({ $0.waiting.removeValue(forKey: id) }) else { return }
    continuation.resume(returning: .failure(reason))
    post(.cancel(Cancellation(target: id)))
  }

  // MARK: Frames in

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    let body = unwrapInboundIn(data)
    guard let header = try? WireProtocol.decode(HostFrameHeader.self, from: body) else {
      return fail(.protocolViolation("the host sent a frame that can't be understood; is it Domus?"))
    }
    guard let kind = AnswerKind(rawValue: header.reply) else { return }
    switch kind {
    case .welcome, .result: settle(header.id, .success(body))
    case .error:
      let error = (try? WireProtocol.decode(HostFrame<WireError>.self, from: body))?.body.error
      let failure = error ?? .protocolViolation("the host sent an error that can't be understood")
      // A stream that fails after it was opened just ends.
      if !settle(header.id, .failure(failure)) { endStream(header.id) }
    case .refused:
      let refusal = try? WireProtocol.decode(HostFrame<Refusal>.self, from: body)
      fail(.protocolViolation("the host refused this client: \(refusal?.body.reason ?? "it gives no reason")"))
    case .data: deliver(header.id, body)
    case .event: deliverEvent(header.id, body)
    case .end:
      settle(header.id, .failure(.failed("the host ended the request without an answer")))
      endStream(header.id)
    }
  }

  @discardableResult
  private func settle(_ id: UInt64, _ answer: Answer) -> Bool {
    guard let continuation = state.withLock({ $0.waiting.removeValue(forKey: id) }) else { return false }
    continuation.resume(returning: answer)
    return true
  }

  private func endStream(_ id: UInt64) {
    state.withLock { $0.streams.removeValue(forKey: id) }?.end()
  }

  private func deliver(_ id: UInt64, _ body: ByteBuffer) {
    guard case .console(let inbox)? = state.withLock({ $0.streams[id] }) else { return }
    guard let data = try? WireProtocol.decode(HostFrame<ConsoleData>.self, from: body).body, inbox.deliver(data) else {
      return fail(.protocolViolation("the host sent console bytes that can't be understood, or more than it may"))
    }
  }

  /// An event of a kind that this side does not know is left out.
  private func deliverEvent(_ id: UInt64, _ body: ByteBuffer) {
    guard case .events(let continuation)? = state.withLock({ $0.streams[id] }) else { return }
    guard let event = try? WireProtocol.decode(HostFrame<HypervisorEvent>.self, from: body).body else { return }
    continuation.yield(event)
  }

  // MARK: The end

  func channelInactive(context: ChannelHandlerContext) {
    fail(.disconnected("the host closed the connection"))
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    switch error {
    case FrameError.truncated: fail(.disconnected("the connection to the host broke off"))
    case let error as IOError where error.errnoCode == ECONNRESET || error.errnoCode == EPIPE:
      fail(.disconnected("the host closed the connection"))
    case FrameError.text(let text):
      fail(
        .protocolViolation(
          "text came before the protocol: '\(text)'; if a start-up file of the shell there prints it, let it do so for "
            + "interactive shells only (bash: '[[ $- == *i* ]] || return' at the top of ~/.bashrc)"))
    case let error as FrameError: fail(.protocolViolation("the host sent \(error)"))
    default: fail(.disconnected("the connection to the host broke: \(error)"))
    }
  }

  func close() { fail(.disconnected("the connection was closed")) }

  /// Ends the connection: every call that waits gets `error`, as does every later one. The first reason stays.
  func fail(_ error: HypervisorError) {
    let (channel, waiting, streams) = state.withLock { state in
      state.failure = state.failure ?? error
      defer {
        state.channel = nil
        state.waiting = [:]
        state.streams = [:]
      }
      return (state.channel, state.waiting, state.streams)
    }
    for continuation in waiting.values { continuation.resume(returning: .failure(error)) }
    for stream in streams.values { stream.end() }
    channel?.close(promise: nil)
  }

  /// No call will ever be answered again.
  var isOver: Bool { state.withLock { $0.failure != nil } }

  private var failure: HypervisorError {
    state.withLock(\.failure) ?? .disconnected("the connection is not open")
  }
}
