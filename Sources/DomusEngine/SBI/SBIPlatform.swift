/// What SBI calls do to the machine. Called on the vCPU thread of the calling hart; must not wait for other harts.
protocol SBIPlatform: AnyObject, Sendable {
  var hartCount: Int { get }

  /// Programs a hart's timer and clears its pending timer interrupt; `UInt64.max` never comes.
  func setTimer(hart: Int, ticks: UInt64)
  /// Raises the supervisor software interrupt.
  func sendIPI(to harts: HartMask)
  /// Clears a hart's own supervisor software interrupt.
  func clearIPI(hart: Int)
  /// Has the harts forget decoded instructions.
  func remoteFenceI(_ harts: HartMask)
  /// Has the harts forget address translations, of every address space.
  func remoteSFence(_ harts: HartMask, _ range: FenceRange)

  /// Has a stopped hart start at a physical address in RAM, with its number in a0, `opaque` in a1, satp 0 and
  /// interrupts off. Throws `alreadyAvailable` if it isn't stopped.
  func startHart(_ hart: Int, pc: UInt64, opaque: UInt64) throws(SBIError)
  func hartStatus(_ hart: Int) -> SBIHartStatus

  func consoleWrite(_ bytes: [UInt8])
  /// What was typed, `limit` bytes at most; empty if there is nothing.
  func consoleRead(limit: Int) -> [UInt8]
}

/// How the calling hart goes on.
enum SBIOutcome: Hashable, Sendable {
  /// With these values in a0 and a1.
  case result(error: Int64, value: UInt64)
  /// With this value in a0; a1 stays as it is (legacy calls).
  case legacy(a0: UInt64)
  /// Not at all: it has stopped until another hart starts it.
  case hartStopped
  /// With 0 in a0 and a1, once an interrupt that the hart has enabled is pending.
  case suspended
  /// The machine ends.
  case reset(SBIReset)
}

/// The supervisor execution environment: answers the ECALLs of supervisor mode.
struct SBI: Sendable {
  private let platform: any SBIPlatform
  private let memory: GuestMemory
  private let decoder: SBIDecoder

  init(platform: any SBIPlatform, memory: GuestMemory) {
    self.platform = platform
    self.memory = memory
    decoder = SBIDecoder(hartCount: platform.hartCount, memory: memory)
  }

  /// Answers one call of `hart`, on its vCPU thread.
  func handle(_ registers: SBIRegisters, hart: Int) -> SBIOutcome {
    let isLegacy = SBIExtension(rawValue: registers.extension)?.isLegacy ?? false
    do throws(SBIError) {
      return try execute(try decoder.decode(registers), hart: hart, isLegacy: isLegacy)
    } catch {
      return isLegacy ? .legacy(a0: UInt64(bitPattern: error.rawValue)) : .result(error: error.rawValue, value: 0)
    }
  }

  private func execute(_ call: SBICall, hart: Int, isLegacy: Bool) throws(SBIError) -> SBIOutcome {
    var value: UInt64 = 0
    switch call {
    case .constant(let constant): value = constant
    case .setTimer(let ticks): platform.setTimer(hart: hart, ticks: ticks)
    case .sendIPI(let harts): platform.sendIPI(to: harts)
    case .clearIPI: platform.clearIPI(hart: hart)
    case .remoteFenceI(let harts): platform.remoteFenceI(harts)
    case .remoteSFence(let harts, let range): platform.remoteSFence(harts, range)
    case .startHart(let target, let pc, let opaque): try platform.startHart(target, pc: pc, opaque: opaque)
    case .stopHart: return .hartStopped
    case .hartStatus(let target): value = platform.hartStatus(target).rawValue
    case .suspendHart: return .suspended
    case .reset(let reset): return .reset(reset)
    case .consoleWrite(let address, let count): value = write(address, count)
    case .consoleRead(let address, let count): value = read(address, count)
    case .consoleWriteByte(let byte): platform.consoleWrite([byte])
    case .consoleReadByte: return .legacy(a0: platform.consoleRead(limit: 1).first.map(UInt64.init) ?? .max)
    }
    return isLegacy ? .legacy(a0: value) : .result(error: 0, value: value)
  }

  private func write(_ address: PhysicalAddress, _ count: Int) -> UInt64 {
    guard count > 0, let bytes = memory.read(address, count: count) else { return 0 }
    platform.consoleWrite(bytes)
    return UInt64(bytes.count)
  }

  private func read(_ address: PhysicalAddress, _ count: Int) -> UInt64 {
    guard count > 0 else { return 0 }
    let bytes = platform.consoleRead(limit: count).prefix(count)
    return memory.write(address, bytes) ? UInt64(bytes.count) : 0
  }
}
