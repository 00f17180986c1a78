import HypervisorModel
import NIOCore

extension ServerConnection {
  /// A stream counts until its task has ended and its bytes are sent.
  func openStream(_ call: Call, id: UInt64) {
    let limits = server.limits
    let limit = isReader ? limits.streamsOfReader : limits.streams
    guard max(streamsUnderWay, consoles.count) < limit else {
      return fail(id, .exhausted("this client has \(limit) consoles and event streams open; close one of them"))
    }
    guard ClientClass.reserve(fellows.streams, limit: isReader ? limits.streamsOfReaders : .max) else {
      return fail(
        id, .exhausted("read-only clients have \(limits.streamsOfReaders) consoles and event streams open together"))
    }
    streamsUnderWay += 1
    let bound = NIOLoopBound(self, eventLoop: channel.eventLoop)
    let hypervisor = server.hypervisor
    let (serial, fellows) = (nextSerial(), fellows)
    let stream = StreamKey(id: id, serial: serial)
    calls[id] = OpenCall(
      serial: serial,
      task: Task {
        let last =
          switch call {
          case .console(let opening):
            await ServerConnection.forwardConsole(opening, of: hypervisor, stream, to: bound)
          default: await ServerConnection.forwardEvents(of: hypervisor, stream, to: bound)
          }
        bound.eventLoop.execute {
          fellows.streams.subtract(1, ordering: .relaxed)
          bound.value.streamsUnderWay -= 1
          if let last { bound.value.finish(id, serial, with: last) }
        }
      })
  }

  // MARK: Events

  /// Answers the stream's last frame; nil when the client has ended it.
  private static func forwardEvents(
    of hypervisor: any Hypervisor, _ stream: StreamKey, to bound: NIOLoopBound<ServerConnection>
  ) async -> ByteBuffer? {
    let id = stream.id
    do throws(HypervisorError) {
      let events = try await hypervisor.events()
      guard await hop(bound, { $0.send(stream, WireProtocol.answer(id, .result, NoBody())) }) == true else {
        return nil
      }
      for await event in events {
        let frame = WireProtocol.answer(id, .event, event)
        guard await hop(bound, { $0.send(stream, frame) }) == true else { return nil }
      }
      return WireProtocol.answer(id, .end, NoBody())
    } catch {
      return WireProtocol.answer(id, WireError(error))
    }
  }

  private func isOpen(_ stream: StreamKey) -> Bool { calls[stream.id]?.serial == stream.serial }

  /// Writes a frame of an open stream. False when the client has ended it.
  private func send(_ stream: StreamKey, _ frame: ByteBuffer) -> Bool {
    guard isOpen(stream) else { return false }
    write(frame)
    return true
  }

  // MARK: Consoles

  /// Answers a frame only when the console could not be opened: after that, the last frame waits for the backlog.
  private static func forwardConsole(
    _ opening: ConsoleOpening, of hypervisor: any Hypervisor, _ key: StreamKey, to bound: NIOLoopBound<ServerConnection>
  ) async -> ByteBuffer? {
    let stream: ConsoleStream
    do throws(HypervisorError) {
      stream = try await hypervisor.openConsole(of: opening.domain)
    } catch {
      return WireProtocol.answer(key.id, WireError(error))
    }
    // Whatever ends this task, the client's death too, closes the hypervisor's stream.
    defer { stream.close() }
    guard await hop(bound, { $0.opened(key, stream, credit: opening.credit) }) == true else { return nil }
    for await bytes in stream.output {
      guard let pause = await hop(bound, { $0.printed(key, bytes) }) ?? nil else { return nil }
      if pause > .zero { try? await Task.sleep(for: pause) }
    }
    _ = await hop(bound) { $0.outputEnded(key) }
    return nil
  }

  private func opened(_ key: StreamKey, _ stream: ConsoleStream, credit: Int) -> Bool {
    guard isOpen(key) else { return false }
    let id = key.id
    let bound = NIOLoopBound(self, eventLoop: channel.eventLoop)
    consoles[id] = ServerConsole(stream, limits: server.limits, credit: credit) { input, frame in
      bound.eventLoop.execute { bound.value.inputTaken(input, console: id, answer: frame) }
    }
    write(WireProtocol.answer(id, .result, NoBody()))
    return true
  }

  /// How long to wait before the next bytes are read; nil when the client has closed the console. A guest that prints
  /// without end costs little while nobody reads: what the pause misses would be dropped anyway.
  private func printed(_ key: StreamKey, _ bytes: [UInt8]) -> Duration? {
    guard isOpen(key), let console = consoles[key.id] else { return nil }
    let bound = min(server.limits.consoleBacklog, server.limits.consoleBacklogs / consoles.count)
    let dropped = console.backlog.append(bytes, bound: bound)
    pump(key.id, console)
    return dropped ? .milliseconds(10) * consoles.count : .zero
  }

  private func outputEnded(_ key: StreamKey) {
    guard isOpen(key), let console = consoles[key.id] else { return }
    console.outputEnded = true
    pump(key.id, console)
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
    calls[id] = nil
    write(WireProtocol.answer(id, .end, NoBody()))
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
  private static func hop<Value: Sendable>(
    _ bound: NIOLoopBound<ServerConnection>, _ body: @escaping @Sendable (ServerConnection) -> Value
  ) async -> Value? {
    try? await bound.eventLoop.submit { body(bound.value) }.get()
  }
}

/// One stream of a connection: a client may use its id again while the task of one that it has closed still ends.
private struct StreamKey: Sendable {
  let id: UInt64
  let serial: Int
}
