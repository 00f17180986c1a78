import DequeModule
import Synchronization

/// The console device with several ports (virtio 1.2, section 5.3).
///
/// Port n has the receive queue 0 and transmit queue 1 for n = 0, else 2n + 2 and 2n + 3; queues 2 and 3 carry control
/// messages. What is typed waits in a bounded queue per port, and only while the guest has the port open.
final class VirtioConsole: VirtioDevice {
  /// Bytes that wait for the guest at each port at most.
  static let inputCapacity = 4096
  /// Control messages that wait for the guest at most; a driver that leaves so many unread is broken.
  static let controlCapacity = 64

  /// One port as the machine wires it. The callbacks come one at a time on the domain's executor; they may call `send`
  /// but must not wait.
  struct Port: Sendable {
    enum Kind: Hashable, Sendable {
      /// `hvcN` in Linux.
      case console
      /// `/dev/virtio-ports/NAME` in Linux.
      case named(String)
    }

    var kind: Kind
    /// What the guest sends, in order, piece by piece. The bytes are the guest's memory, which it may change.
    var output: @Sendable (UnsafeRawBufferPointer) -> Void
    /// There is room again after `send` took less than it was given.
    var inputSpace: @Sendable () -> Void = {}
    /// The guest opened or closed the port.
    var openChanged: @Sendable (Bool) -> Void = { _ in }
  }

  struct PortState {
    var input = Deque<UInt8>()
    var isOpen = false
    /// Somebody was told that the queue is full, or that the port isn't open.
    var refusedInput = false
  }

  struct Internals {
    var ports: [PortState]
    var control = Deque<[UInt8]>()
    /// Console ports that the guest has set up: they can be told their size.
    var readyConsoles: Set<Int> = []
    var size: (columns: UInt16, rows: UInt16) = (0, 0)
    var features: UInt64 = 0
    var scheduler: VirtioScheduler?
  }

  enum Feature {
    static let size: UInt64 = 1 << 0
    static let multiport: UInt64 = 1 << 1
  }

  enum Queue {
    static let controlReceive = 2
    static let controlTransmit = 3
    static func receive(port: Int) -> Int { port == 0 ? 0 : 2 * port + 2 }
    static func transmit(port: Int) -> Int { port == 0 ? 1 : 2 * port + 3 }
    /// The port whose data a queue carries.
    static func port(_ queue: Int) -> Int? {
      switch queue {
      case 0, 1: 0
      case 2, 3: nil
      default: queue / 2 - 1
      }
    }
  }

  let deviceID: UInt32 = 3
  let features = Feature.size | Feature.multiport
  let queueSizes: [UInt16]
  let chainByteLimit: UInt64 = 1 << 20

  let ports: [Port]
  let state: Mutex<Internals>

  /// At most 31 ports.
  init(ports: [Port]) {
    self.ports = Array(ports.prefix(31))
    queueSizes = Array(repeating: 64, count: 2 * self.ports.count + 2)
    state = Mutex(Internals(ports: Array(repeating: PortState(), count: self.ports.count)))
  }

  // MARK: For the host

  /// Types bytes into a port. Returns how many of the first were taken: none while the guest has the port closed.
  /// `inputSpace` tells when it is worth to go on. Any thread.
  func send(_ bytes: [UInt8], to port: Int) -> Int {
    guard ports.indices.contains(port) else { return 0 }
    let (taken, scheduler) = state.withLock { state -> (Int, VirtioScheduler?) in
      let room = state.ports[port].isOpen ? Self.inputCapacity - state.ports[port].input.count : 0
      let taken = min(bytes.count, room)
      state.ports[port].input.append(contentsOf: bytes.prefix(taken))
      if taken < bytes.count { state.ports[port].refusedInput = true }
      return (taken, state.scheduler)
    }
    if taken > 0 { scheduler?.schedule(queue: Queue.receive(port: port)) }
    return taken
  }

  /// Whether the guest has the port open. Any thread.
  func isOpen(port: Int) -> Bool {
    state.withLock { $0.ports.indices.contains(port) && $0.ports[port].isOpen }
  }

  /// Tells the guest how large the operator's terminal is. Any thread.
  func resize(columns: UInt16, rows: UInt16) {
    let scheduler = state.withLock { state in
      state.size = (columns, rows)
      for port in state.readyConsoles.sorted() where state.control.count < Self.controlCapacity {
        Self.enqueueSize(&state, port: port)
      }
      return state.scheduler
    }
    scheduler?.configChanged()
    scheduler?.schedule(queue: Queue.controlReceive)
  }

  // MARK: VirtioDevice

  func attach(_ scheduler: VirtioScheduler) { state.withLock { $0.scheduler = scheduler } }

  func activate(features: UInt64) {
    state.withLock { $0.features = features }
    // Without control messages there is one port, and it is always open.
    if features & Feature.multiport == 0 { setOpen(port: 0, true) }
  }

  func reset() {
    for port in ports.indices { setOpen(port: port, false) }
    state.withLock { state in
      state.control = []
      state.readyConsoles = []
      state.features = 0
    }
  }

  func process(queue: Int, _ batch: inout VirtioBatch) throws(VirtioGuestError) {
    switch queue {
    case Queue.controlReceive: try sendControl(&batch)
    case Queue.controlTransmit:
      try receiveControl(&batch)
      try sendControl(&batch)
      for port in ports.indices { try deliver(port, &batch) }
    default:
      guard let port = Queue.port(queue), ports.indices.contains(port) else { return }
      if queue == Queue.receive(port: port) { try deliver(port, &batch) } else { try transmit(port, &batch) }
    }
  }

  /// Columns, rows, number of ports, emergency write (section 5.3.4).
  func readConfig(offset: Int, width: Int) -> UInt64 {
    let size = state.withLock { $0.size }
    var fields: [UInt8] = []
    for value in [size.columns, size.rows] { withUnsafeBytes(of: value.littleEndian) { fields.append(contentsOf: $0) } }
    withUnsafeBytes(of: UInt32(ports.count).littleEndian) { fields.append(contentsOf: $0) }
    guard offset >= 0, offset < fields.count else { return 0 }
    return fields[offset...].prefix(width).reversed().reduce(0) { $0 << 8 | UInt64($1) }
  }

  // MARK: Data

  private func transmit(_ port: Int, _ batch: inout VirtioBatch) throws(VirtioGuestError) {
    while let request = try batch.next(Queue.transmit(port: port)) {
      guard request.chain.readableCount > 0 else { throw .unexpectedChain("a console output request has no data") }
      request.forEachReadable(ports[port].output)
      request.complete(written: 0)
    }
  }

  /// Gives the guest what was typed, as far as it has buffers for it.
  private func deliver(_ port: Int, _ batch: inout VirtioBatch) throws(VirtioGuestError) {
    while case let waiting = inputCount(port), waiting > 0 {
      guard let request = try batch.next(Queue.receive(port: port)) else { break }
      guard request.chain.writableCount > 0 else { throw .unexpectedChain("a console input buffer is not writable") }
      let written = request.forEachWritable(limit: waiting) { piece in
        state.withLock { state in
          piece.copyBytes(from: state.ports[port].input.prefix(piece.count))
          state.ports[port].input.removeFirst(piece.count)
        }
      }
      request.complete(written: written)
    }
    tellOfSpace(port)
  }

  /// Bytes that wait for the guest. Only the executor makes them fewer.
  private func inputCount(_ port: Int) -> Int {
    state.withLock { $0.ports[port].isOpen ? $0.ports[port].input.count : 0 }
  }

  private func tellOfSpace(_ port: Int) {
    let isDue = state.withLock { state -> Bool in
      let entry = state.ports[port]
      guard entry.refusedInput, entry.isOpen, entry.input.count <= Self.inputCapacity / 2 else { return false }
      state.ports[port].refusedInput = false
      return true
    }
    if isDue { ports[port].inputSpace() }
  }

  func setOpen(port: Int, _ isOpen: Bool) {
    guard ports.indices.contains(port) else { return }
    let changed = state.withLock { state -> Bool in
      guard state.ports[port].isOpen != isOpen else { return false }
      state.ports[port].isOpen = isOpen
      if !isOpen { state.ports[port].input = [] }
      return true
    }
    guard changed else { return }
    ports[port].openChanged(isOpen)
    if isOpen { tellOfSpace(port) }
  }
}
