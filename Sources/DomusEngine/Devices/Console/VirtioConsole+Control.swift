import DequeModule
import Synchronization

/// Control messages (virtio 1.2, section 5.3.6.2), in the order that Linux's driver expects:
/// the driver says DEVICE_READY and gets PORT_ADD for every port; for each it says PORT_READY and gets CONSOLE_PORT
/// (then RESIZE) or PORT_NAME, and PORT_OPEN, because the host's side is always open.
extension VirtioConsole {
  private enum Event: UInt16 {
    case deviceReady = 0
    case portAdd = 1
    case portRemove = 2
    case portReady = 3
    case consolePort = 4
    case resize = 5
    case portOpen = 6
    case portName = 7
  }

  private struct Message {
    static let size = 8
    let port: UInt32
    let event: UInt16
    let value: UInt16

    init?(_ bytes: [UInt8]) {
      guard bytes.count >= Self.size else { return nil }
      port = UInt32(bytes[0]) | UInt32(bytes[1]) << 8 | UInt32(bytes[2]) << 16 | UInt32(bytes[3]) << 24
      event = UInt16(bytes[4]) | UInt16(bytes[5]) << 8
      value = UInt16(bytes[6]) | UInt16(bytes[7]) << 8
    }
  }

  /// Hears all that the driver has to say.
  func receiveControl(_ batch: inout VirtioBatch) throws(VirtioGuestError) {
    while let request = try batch.next(Queue.controlTransmit) {
      guard let message = Message(request.read(limit: Message.size)) else {
        throw .unexpectedChain("a console control message is too short")
      }
      try handle(message)
      request.complete(written: 0)
    }
  }

  /// Says what the driver has buffers for.
  func sendControl(_ batch: inout VirtioBatch) throws(VirtioGuestError) {
    while let message = state.withLock({ $0.control.first }) {
      guard let request = try batch.next(Queue.controlReceive) else { return }
      guard request.chain.writableCount >= message.count else {
        throw .unexpectedChain("a buffer for a console control message is too small")
      }
      state.withLock { state in _ = state.control.popFirst() }
      request.complete(written: request.write(message))
    }
  }

  /// Unknown events, and events of unknown ports, are ignored.
  private func handle(_ message: Message) throws(VirtioGuestError) {
    guard let event = Event(rawValue: message.event) else { return }
    if event == .deviceReady {
      guard message.value == 1 else { return }
      return try answer { state in
        for port in ports.indices { Self.enqueue(&state, port: port, .portAdd, value: 1) }
      }
    }
    guard let port = Int(exactly: message.port), ports.indices.contains(port) else { return }
    switch event {
    case .portReady where message.value == 1: try introduce(port)
    case .portOpen: setOpen(port: port, message.value != 0)
    default: break
    }
  }

  private func introduce(_ port: Int) throws(VirtioGuestError) {
    try answer { state in
      switch ports[port].kind {
      case .console:
        state.readyConsoles.insert(port)
        Self.enqueue(&state, port: port, .consolePort, value: 1)
        Self.enqueueSize(&state, port: port)
      case .named(let name):
        Self.enqueue(&state, port: port, .portName, value: 1, payload: Array(name.utf8))
      }
      Self.enqueue(&state, port: port, .portOpen, value: 1)
    }
  }

  private func answer(_ fill: (inout Internals) -> Void) throws(VirtioGuestError) {
    let count = state.withLock { state in
      fill(&state)
      return state.control.count
    }
    guard count <= Self.controlCapacity else { throw .unreadAnswers }
  }

  /// RESIZE, if the driver wants sizes and there is one. Columns come first, as in the specification; Linux read them
  /// the other way round before 6.15.
  static func enqueueSize(_ state: inout Internals, port: Int) {
    guard state.features & Feature.size != 0, state.size.columns > 0, state.size.rows > 0 else { return }
    let (columns, rows) = state.size
    enqueue(
      &state, port: port, .resize, value: 0,
      payload: [columns, rows].flatMap { [UInt8(truncatingIfNeeded: $0), UInt8(truncatingIfNeeded: $0 >> 8)] })
  }

  private static func enqueue(
    _ state: inout Internals, port: Int, _ event: Event, value: UInt16, payload: [UInt8] = []
  ) {
    var bytes: [UInt8] = []
    withUnsafeBytes(of: UInt32(truncatingIfNeeded: port).littleEndian) { bytes.append(contentsOf: $0) }
    withUnsafeBytes(of: event.rawValue.littleEndian) { bytes.append(contentsOf: $0) }
    withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) }
    state.control.append(bytes + payload)
  }
}
