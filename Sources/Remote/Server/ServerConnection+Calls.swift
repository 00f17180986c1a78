import HypervisorModel
import NIOCore

extension ServerConnection {
  /// Carries out a call of a client that is past the handshake. `size`: of its frame, in bytes.
  func accept(_ call: Call, id: UInt64, size: Int) {
    switch call {
    case .credit(let credit): grant(credit)
    case .cancel(let cancellation): cancel(cancellation.target)
    case .input(let input): type(input, id: id)
    case .lossesSeen: if !isReadOnly { server.recorder.told() }
    case _ where calls[id] != nil: refuse("the id \(id) is that of another call that is under way", id: id)
    case .events, .console: openStream(call, id: id)
    case _ where callsUnderWay + waiting.count >= server.limits.calls:
      fail(id, .exhausted("\(server.limits.calls) requests of this client are under way; wait for one of them"))
    default: start(call, id: id, size: size)
    }
  }

  private func start(_ call: Call, id: UInt64, size: Int) {
    let hypervisor = server.hypervisor
    switch call {
    case .describe:
      answerInTurn(id, size) { () throws(HypervisorError) in WireDescription(try await hypervisor.describe()) }
    case .snapshot: answerInTurn(id, size) { () throws(HypervisorError) in try await hypervisor.snapshot() }
    case .history: answerInTurn(id, size) { () throws(HypervisorError) in try await hypervisor.history() }
    case .hostStatus: write(WireProtocol.answer(id, .result, server.status))
    case .perform(let request) where request.operation.facts.isChange:
      guard !isReadOnly else { return fail(id, .readOnly(operation: request.operation)) }
      callsUnderWay += 1
      answer(id, nextSerial()) { () throws(HypervisorError) in WireReply(try await hypervisor.perform(request)) }
    case .perform(let request):
      answerInTurn(id, size) { () throws(HypervisorError) in WireReply(try await hypervisor.perform(request)) }
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

  // MARK: Work

  /// Answers a call that only looks when it is its turn: looking is cheap to ask for, and anybody who may connect may ask.
  private func answerInTurn(
    _ id: UInt64, _ size: Int, _ work: @escaping @Sendable () async throws(HypervisorError) -> any Codable & Sendable
  ) {
    guard waiting.reduce(size, { $0 + $1.size }) <= server.limits.requestBytes else {
      return fail(id, .exhausted("requests of this client with many bytes wait already; wait for one of them"))
    }
    let serial = nextSerial()
    calls[id] = OpenCall(serial: serial)
    waiting.append(WaitingCall(id: id, serial: serial, size: size, work: work))
    startAnswers()
  }

  /// Puts calls in line with those of other clients, as many as one client may have there. Not while the client leaves
  /// answers unread.
  func startAnswers() {
    while channel.isWritable, answersUnderWay < server.limits.answersOfClient, let next = waiting.popFirst() {
      answersUnderWay += 1
      callsUnderWay += 1
      let bound = NIOLoopBound(self, eventLoop: channel.eventLoop)
      turns.begin { bound.eventLoop.execute { bound.value.takeTurn(next) } }
    }
  }

  private func takeTurn(_ call: WaitingCall) {
    guard calls[call.id]?.serial == call.serial else {
      callsUnderWay -= 1
      return endTurn()
    }
    answer(call.id, call.serial, call.work) { $0.endTurn() }
  }

  private func endTurn() {
    turns.end()
    answersUnderWay -= 1
    startAnswers()
  }

  /// Answers the call `id` with what `work` gives, which is written as JSON on the task's thread, not on the event loop.
  /// `callsUnderWay` counts it already.
  private func answer(
    _ id: UInt64, _ serial: Int,
    _ work: @escaping @Sendable () async throws(HypervisorError) -> any Codable & Sendable,
    then ended: @escaping @Sendable (ServerConnection) -> Void = { _ in }
  ) {
    let bound = NIOLoopBound(self, eventLoop: channel.eventLoop)
    calls[id] = OpenCall(
      serial: serial,
      task: Task {
        let frame = await ServerConnection.frame(id, work)
        bound.eventLoop.execute {
          bound.value.callsUnderWay -= 1
          if let frame { bound.value.finish(id, serial, with: frame) }
          ended(bound.value)
        }
      })
  }

  /// Nil for a call that was abandoned meanwhile: writing an answer can be more work than finding it.
  private static func frame(
    _ id: UInt64, _ work: @Sendable () async throws(HypervisorError) -> any Codable & Sendable
  ) async -> ByteBuffer? {
    if Task.isCancelled { return nil }
    do throws(HypervisorError) {
      let body = try await work()
      return Task.isCancelled ? nil : WireProtocol.answer(id, .result, body)
    } catch {
      return WireProtocol.answer(id, WireError(error))
    }
  }

  /// The last frame of a call or stream; not written when the client has abandoned it.
  func finish(_ id: UInt64, _ serial: Int, with frame: ByteBuffer) {
    guard calls[id]?.serial == serial else { return }
    calls[id] = nil
    write(frame)
  }

  /// Nobody waits for the call any more. Its work counts until it ends.
  private func cancel(_ target: UInt64) {
    consoles.removeValue(forKey: target)?.close()
    waiting.removeAll { $0.id == target }
    calls.removeValue(forKey: target)?.task?.cancel()
  }
}
