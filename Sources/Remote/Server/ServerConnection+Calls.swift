import HypervisorModel
import NIOCore

extension ServerConnection {
  /// Carries out a call of a client that is past the handshake.
  func accept(_ call: Call, id: UInt64) {
    switch call {
    case .credit(let credit): grant(credit)
    case .cancel(let cancellation): cancel(cancellation.target)
    case .input(let input): type(input, id: id)
    case _ where tasks[id] != nil: refuse("the id \(id) is that of another call that is under way", id: id)
    case .events, .console: openStream(call, id: id)
    case _ where tasks.count - streams.count >= server.limits.calls:
      fail(id, .exhausted("\(server.limits.calls) requests of this client are under way; wait for one of them"))
    default: start(call, id: id)
    }
  }

  private func start(_ call: Call, id: UInt64) {
    let hypervisor = server.hypervisor
    switch call {
    case .describe:
      answer(id) { () throws(HypervisorError) in WireDescription(try await hypervisor.describe()) }
    case .snapshot: answer(id) { () throws(HypervisorError) in try await hypervisor.snapshot() }
    case .history: answer(id) { () throws(HypervisorError) in try await hypervisor.history() }
    case .hostStatus: write(WireProtocol.answer(id, .result, server.status))
    case .perform(let request):
      guard !isReadOnly || !request.isChange else { return fail(id, .readOnly(operation: request.operation)) }
      answer(id) { () throws(HypervisorError) in WireReply(try await hypervisor.perform(request)) }
    case .hostStop: stopHost(id)
    default: fail(id, .protocolViolation("'\(call.name.rawValue)' is not a request of a running connection"))
    }
  }

  private func stopHost(_ id: UInt64) {
    guard !isReadOnly else { return write(WireProtocol.answer(id, .readOnly("stop the host"))) }
    server.logger.info("a client stops the host")
    server.prepareToStop()
    // The answer goes out first: whether or not it does, the host then stops.
    let written = channel.eventLoop.makePromise(of: Void.self)
    let server = server
    written.futureResult.whenComplete { _ in server.stop() }
    write(WireProtocol.answer(id, .result, NoBody()), then: written)
  }

  func fail(_ id: UInt64, _ error: HypervisorError) {
    write(WireProtocol.answer(id, WireError(error)))
  }

  /// Answers the call `id` with what `work` gives. It is written as JSON on the task's thread, not on the event loop.
  private func answer<Body: Codable & Sendable>(
    _ id: UInt64, _ work: @escaping @Sendable () async throws(HypervisorError) -> Body
  ) {
    let bound = NIOLoopBound(self, eventLoop: channel.eventLoop)
    tasks[id] = Task {
      let frame: ByteBuffer
      do throws(HypervisorError) {
        frame = WireProtocol.answer(id, .result, try await work())
      } catch {
        frame = WireProtocol.answer(id, WireError(error))
      }
      bound.eventLoop.execute { bound.value.finish(id, with: frame) }
    }
  }

  /// The last frame of a call or stream; not written when the client has abandoned it.
  func finish(_ id: UInt64, with frame: ByteBuffer) {
    guard tasks.removeValue(forKey: id) != nil else { return }
    streams.remove(id)
    write(frame)
  }

  private func cancel(_ target: UInt64) {
    consoles.removeValue(forKey: target)?.close()
    streams.remove(target)
    tasks.removeValue(forKey: target)?.cancel()
  }
}
