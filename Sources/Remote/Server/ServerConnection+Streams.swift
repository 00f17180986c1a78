import HypervisorModel
import NIOCore

extension ServerConnection {
  func openStream(_ call: Call, id: UInt64) {
    guard streams.count < server.limits.streams else {
      return fail(
        id, .exhausted("this client has \(server.limits.streams) consoles and event streams open; close one of them"))
    }
    streams.insert(id)
    switch call {
    case .console(let opening): openConsole(opening, id: id)
    default: openEvents(id)
    }
  }

  // MARK: Events

  private func openEvents(_ id: UInt64) {
    let bound = NIOLoopBound(self, eventLoop: channel.eventLoop)
    let hypervisor = server.hypervisor
    tasks[id] = Task { await ServerConnection.runEvents(of: hypervisor, id: id, to: bound) }
  }

  private static func runEvents(
    of hypervisor: any Hypervisor, id: UInt64, to bound: NIOLoopBound<ServerConnection>
  ) async {
    guard let last = await forwardEvents(of: hypervisor, id: id, to: bound) else { return }
    await hop(bound) { $0.finish(id, with: last) }
  }

  /// Answers the stream's last frame; nil when the client has ended it.
  private static func forwardEvents(
    of hypervisor: any Hypervisor, id: UInt64, to bound: NIOLoopBound<ServerConnection>
  ) async -> ByteBuffer? {
    do throws(HypervisorError) {
      let events = try await hypervisor.events()
      guard await hop(bound, { $0.send(id, WireProtocol.answer(id, .result, NoBody())) }) else { return nil }
      for await event in events {
        let frame = WireProtocol.answer(id, .event, event)
        guard await hop(bound, { $0.send(id, frame) }) else { return nil }
      }
      return WireProtocol.answer(id, .end, NoBody())
    } catch {
      return WireProtocol.answer(id, WireError(error))
    }
  }

  /// Writes a frame of an open stream. False when the client has ended it.
  private func send(_ id: UInt64, _ frame: ByteBuffer) -> Bool {
    guard tasks[id] != nil else { return false }
    write(frame)
    return true
  }

  // MARK: Consoles

  private func openConsole(_ opening: ConsoleOpening, id: UInt64) {
    let bound = NIOLoopBound(self, eventLoop: channel.eventLoop)
    let hypervisor = server.hypervisor
    tasks[id] = Task { await ServerConnection.runConsole(opening, of: hypervisor, id: id, to: bound) }
  }

  private static func runConsole(
    _ opening: ConsoleOpening, of hypervisor: any Hypervisor, id: UInt64, to bound: NIOLoopBound<ServerConnection>
  ) async {
    guard let failure = await forwardConsole(opening, of: hypervisor, id: id, to: bound) else { return }
    await hop(bound) { $0.finish(id, with: failure) }
  }

  /// Answers a frame only when the console could not be opened: after that, the last frame waits for the backlog.
  private static func forwardConsole(
    _ opening: ConsoleOpening, of hypervisor: any Hypervisor, id: UInt64, to bound: NIOLoopBound<ServerConnection>
  ) async -> ByteBuffer? {
    let stream: ConsoleStream
    do throws(HypervisorError) {
      stream = try await hypervisor.openConsole(of: opening.domain)
    } catch {
      return WireProtocol.answer(id, WireError(error))
    }
    // Whatever ends this task, the client's death too, closes the hypervisor's stream.
    defer { stream.close() }
    guard await hop(bound, { $0.opened(id, stream, credit: opening.credit) }) else { return nil }
    for await bytes in stream.output {
      guard await hop(bound, { $0.printed(id, bytes) }) else { return nil }
    }
    await hop(bound) { $0.outputEnded(id) }
    return nil
  }

  private func opened(_ id: UInt64, _ stream: ConsoleStream, credit: Int) -> Bool {
    guard tasks[id] != nil else { return false }
    let bound = NIOLoopBound(self, eventLoop: channel.eventLoop)
    consoles[id] = ServerConsole(stream, limits: server.limits, credit: credit) { input, frame in
      bound.eventLoop.execute { bound.value.inputTaken(input, console: id, answer: frame) }
    }
    write(WireProtocol.answer(id, .result, NoBody()))
    return true
  }

  private func printed(_ id: UInt64, _ bytes: [UInt8]) -> Bool {
    guard let console = consoles[id] else { return false }
    console.backlog.append(bytes)
    pump(id, console)
    return true
  }

  private func outputEnded(_ id: UInt64) {
    guard let console = consoles[id] else { return }
    console.outputEnded = true
    pump(id, console)
  }

  func grant(_ credit: ConsoleCredit) {
    guard let console = consoles[credit.console] else { return }
    console.backlog.grant(credit.bytes)
    pump(credit.console, console)
  }

  func pumpConsoles() {
    for (id, console) in consoles { pump(id, console) }
  }

  /// Sends what there is, as far as the client's credit and the socket allow.
  private func pump(_ id: UInt64, _ console: ServerConsole) {
    while channel.isWritable, let piece = console.backlog.next(limit: WireProtocol.consolePiece) {
      write(WireProtocol.answer(id, .data, ConsoleData(piece)))
    }
    guard console.outputEnded, console.backlog.isEmpty else { return }
    console.close()
    consoles[id] = nil
    finish(id, with: WireProtocol.answer(id, .end, NoBody()))
  }

  func type(_ input: ConsoleInput, id: UInt64) {
    guard !isReadOnly else { return write(WireProtocol.answer(id, .readOnly("type into a console"))) }
    guard let console = consoles[input.console] else {
      return fail(id, .invalid("no console is open under the id \(input.console)"))
    }
    guard console.take(input, id: id) else {
      return fail(id, .exhausted("the guest does not read its console, and what was typed before still waits"))
    }
  }

  private func inputTaken(_ input: ServerConsole.Input, console: UInt64, answer: ByteBuffer) {
    consoles[console]?.settle(input)
    write(answer)
  }

  // MARK: From tasks to the event loop

  /// Runs `body` on the event loop and waits for it, so that a stream is never ahead of its client by more than one step.
  private static func hop(
    _ bound: NIOLoopBound<ServerConnection>, _ body: @escaping @Sendable (ServerConnection) -> Bool
  ) async -> Bool {
    (try? await bound.eventLoop.submit { body(bound.value) }.get()) ?? false
  }

  private static func hop(
    _ bound: NIOLoopBound<ServerConnection>, _ body: @escaping @Sendable (ServerConnection) -> Void
  ) async {
    try? await bound.eventLoop.submit { body(bound.value) }.get()
  }
}
