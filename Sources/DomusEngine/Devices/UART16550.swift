import DequeModule
import Synchronization

/// A 16550A serial port (`ns16550a`, byte registers, no shift), as in the PC16550D data sheet.
///
/// The transmitter has no speed: a byte written is gone at once, so the holding register is always empty. What is
/// typed waits in a bounded queue on the line, and a byte arrives when the guest looks: so a guest that clears its
/// FIFO while it starts, as Linux does with every open of the port, loses nothing that was typed ahead.
final class UART16550: MMIODevice {
  /// Bytes of input that wait for the guest at most.
  static let inputCapacity = 4096
  static let fifoDepth = 16

  private enum LineStatus {
    static let dataReady: UInt8 = 1 << 0
    static let overrun: UInt8 = 1 << 1
    static let transmitterIdle: UInt8 = 0x60
  }

  private enum ModemControl {
    static let loopback: UInt8 = 1 << 4
  }

  private enum InterruptEnable {
    static let receive: UInt8 = 1 << 0
    static let transmit: UInt8 = 1 << 1
    static let lineStatus: UInt8 = 1 << 2
    static let modemStatus: UInt8 = 1 << 3
  }

  private enum FIFOControl {
    static let enable: UInt8 = 1 << 0
    static let clearReceiver: UInt8 = 1 << 1
  }

  struct State: Codable, Hashable {
    var input = Deque<UInt8>()
    /// What the transmitter sent to the receiver in loopback mode.
    var looped = Deque<UInt8>()
    var interruptEnable: UInt8 = 0
    var fifoControl: UInt8 = 0
    var lineControl: UInt8 = 0
    var modemControl: UInt8 = 0
    /// Bits 0 to 3 of the modem status register: what changed since it was read.
    var modemChanges: UInt8 = 0
    var scratch: UInt8 = 0
    var divisor: UInt16 = 1
    var overrun = false
    /// The holding register became empty and nobody has noticed.
    var transmitterEmptied = false
    /// The level of the interrupt line.
    var isInterrupting = false
    /// Somebody was told that the input queue is full.
    var refusedInput = false

    var isLoopback: Bool { modemControl & ModemControl.loopback != 0 }
    var received: Int { isLoopback ? looped.count : input.count }
    var divisorAccess: Bool { lineControl & 0x80 != 0 }
  }

  let state = Mutex(State())
  let interrupt: InterruptLine
  private let output: @Sendable (UInt8) -> Void
  private let inputSpace: @Sendable () -> Void

  /// - Parameters:
  ///   - interrupt: high while the guest has an enabled reason to look.
  ///   - output: gets every byte that the guest sends, on the vCPU's thread; it must not wait.
  ///   - inputSpace: called on a vCPU's thread when there is room again after `receive` took less than it was given.
  init(
    interrupt: InterruptLine, output: @escaping @Sendable (UInt8) -> Void,
    inputSpace: @escaping @Sendable () -> Void = {}
  ) {
    self.interrupt = interrupt
    self.output = output
    self.inputSpace = inputSpace
  }

  static let node = DeviceNode(
    name: "serial", compatible: ["ns16550a"], range: MachineLayout.uart, interrupt: MachineLayout.uartInterrupt
  ) { node in
    node.cells("clock-frequency", MachineLayout.uartClock)
    node.cells("reg-shift", 0)
    node.cells("reg-io-width", 1)
  }

  /// Types bytes. Returns how many of the first there was room for. Any thread.
  func receive(_ bytes: [UInt8]) -> Int {
    state.withLock { state in
      let taken = min(bytes.count, Self.inputCapacity - state.input.count)
      state.input.append(contentsOf: bytes.prefix(taken))
      if taken < bytes.count { state.refusedInput = true }
      updateInterrupt(&state)
      return taken
    }
  }

  /// Takes what was typed past the guest's driver, for the SBI's consoles. Any thread.
  func takeInput(limit: Int) -> [UInt8] {
    state.withLock { state in
      let taken = Array(state.input.prefix(limit))
      state.input.removeFirst(taken.count)
      updateInterrupt(&state)
      return taken
    }
  }

  // MARK: Registers

  func read(offset: UInt64, width: Int) -> UInt64 {
    let (value, hasSpace) = state.withLock { state -> (UInt8, Bool) in
      let value = Self.read(&state, offset)
      updateInterrupt(&state)
      guard state.refusedInput, state.input.count <= Self.inputCapacity / 2 else { return (value, false) }
      state.refusedInput = false
      return (value, true)
    }
    if hasSpace { inputSpace() }
    return UInt64(value)
  }

  func write(offset: UInt64, width: Int, value: UInt64) {
    let value = UInt8(truncatingIfNeeded: value)
    let sent = state.withLock { state -> Bool in
      let sent = Self.write(&state, offset, value)
      updateInterrupt(&state)
      return sent
    }
    if sent { output(value) }
  }

  private static func read(_ state: inout State, _ offset: UInt64) -> UInt8 {
    switch offset {
    case 0 where state.divisorAccess: return UInt8(truncatingIfNeeded: state.divisor)
    case 1 where state.divisorAccess: return UInt8(truncatingIfNeeded: state.divisor >> 8)
    case 0: return (state.isLoopback ? state.looped.popFirst() : state.input.popFirst()) ?? 0
    case 1: return state.interruptEnable
    case 2:
      let identification = interruptIdentification(state)
      // Reading it acknowledges "transmitter empty", if that is what it says.
      if identification == 0x02 { state.transmitterEmptied = false }
      return identification | (state.fifoControl & FIFOControl.enable != 0 ? 0xc0 : 0)
    case 3: return state.lineControl
    case 4: return state.modemControl
    case 5:
      defer { state.overrun = false }
      return LineStatus.transmitterIdle | (state.received > 0 ? LineStatus.dataReady : 0)
        | (state.overrun ? LineStatus.overrun : 0)
    case 6:
      defer { state.modemChanges = 0 }
      return modemLines(state.modemControl) | state.modemChanges
    case 7: return state.scratch
    default: return 0
    }
  }

  /// True if the byte leaves the port.
  private static func write(_ state: inout State, _ offset: UInt64, _ value: UInt8) -> Bool {
    switch offset {
    case 0 where state.divisorAccess: state.divisor = state.divisor & 0xff00 | UInt16(value)
    case 1 where state.divisorAccess: state.divisor = state.divisor & 0x00ff | UInt16(value) << 8
    case 0: return transmit(&state, value)
    case 1:
      // Enabling the transmit interrupt while the transmitter is empty raises it: Linux tests for that.
      if value & ~state.interruptEnable & InterruptEnable.transmit != 0 { state.transmitterEmptied = true }
      state.interruptEnable = value & 0x0f
    case 2:
      if value & FIFOControl.clearReceiver != 0 || (value ^ state.fifoControl) & FIFOControl.enable != 0 {
        state.looped.removeAll()
      }
      state.fifoControl = value & FIFOControl.enable != 0 ? value & 0xc9 : 0
    case 3: state.lineControl = value
    case 4:
      let before = modemLines(state.modemControl)
      state.modemControl = value & 0x1f
      if !state.isLoopback { state.looped.removeAll() }
      noteModemChanges(&state, before: before)
    case 7: state.scratch = value
    default: break
    }
    return false
  }

  private static func transmit(_ state: inout State, _ value: UInt8) -> Bool {
    state.transmitterEmptied = true
    guard state.isLoopback else { return true }
    if state.looped.count < fifoDepth {
      state.looped.append(value)
    } else {
      state.overrun = true
    }
    return false
  }

  // MARK: Modem lines

  /// Bits 4 to 7 of the modem status register: CTS, DSR, RI, DCD. In loopback they are RTS, DTR, OUT1 and OUT2; else
  /// the other side is there and ready.
  private static func modemLines(_ control: UInt8) -> UInt8 {
    guard control & ModemControl.loopback != 0 else { return 0xb0 }
    return (control & 0x02) << 3 | (control & 0x01) << 5 | (control & 0x04) << 4 | (control & 0x08) << 4
  }

  /// RI is noted only when it falls.
  private static func noteModemChanges(_ state: inout State, before: UInt8) {
    let after = modemLines(state.modemControl)
    let changed = (before ^ after) & 0xb0 | before & ~after & 0x40
    state.modemChanges |= changed >> 4
  }

  // MARK: Interrupts

  /// The interrupt identification register without its FIFO bits, in the order of priority of the data sheet.
  static func interruptIdentification(_ state: State) -> UInt8 {
    let enabled = state.interruptEnable
    if enabled & InterruptEnable.lineStatus != 0, state.overrun { return 0x06 }
    if enabled & InterruptEnable.receive != 0, state.received > 0 {
      // With fewer bytes than the trigger level, the character time-out has always passed.
      return state.received >= triggerLevel(state.fifoControl) ? 0x04 : 0x0c
    }
    if enabled & InterruptEnable.transmit != 0, state.transmitterEmptied { return 0x02 }
    if enabled & InterruptEnable.modemStatus != 0, state.modemChanges != 0 { return 0x00 }
    return 0x01
  }

  private static func triggerLevel(_ fifoControl: UInt8) -> Int {
    guard fifoControl & FIFOControl.enable != 0 else { return 1 }
    return switch fifoControl >> 6 {
    case 0: 1
    case 1: 4
    case 2: 8
    default: 14
    }
  }

  /// Under the lock, so that levels reach the interrupt controller in order.
  private func updateInterrupt(_ state: inout State) {
    let level = Self.interruptIdentification(state) & 1 == 0
    guard level != state.isInterrupting else { return }
    state.isInterrupting = level
    interrupt.set(level)
  }
}
