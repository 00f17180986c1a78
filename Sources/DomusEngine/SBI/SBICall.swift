/// One SBI call with everything about it checked: executing it can fail only for reasons of the machine.
enum SBICall: Hashable, Sendable {
  /// A call of the base extension that returns a constant.
  case constant(UInt64)
  case setTimer(ticks: UInt64)
  case sendIPI(HartMask)
  case clearIPI
  case remoteFenceI(HartMask)
  case remoteSFence(HartMask, FenceRange)
  case startHart(Int, pc: UInt64, opaque: UInt64)
  case stopHart
  case hartStatus(Int)
  /// Retentive suspend.
  case suspendHart
  case reset(SBIReset)
  case consoleWrite(address: PhysicalAddress, count: Int)
  case consoleRead(address: PhysicalAddress, count: Int)
  case consoleWriteByte(UInt8)
  case consoleReadByte
}

/// SBI extension numbers (SBI 2.0, chapters 4 to 12).
enum SBIExtension: UInt64, Hashable, Sendable {
  case legacySetTimer = 0
  case legacyPutCharacter = 1
  case legacyGetCharacter = 2
  case legacyClearIPI = 3
  case legacySendIPI = 4
  case legacyRemoteFenceI = 5
  case legacyRemoteSFence = 6
  case legacyRemoteSFenceASID = 7
  case legacyShutdown = 8
  case base = 0x10
  case timer = 0x5449_4D45
  case ipi = 0x73_5049
  case remoteFence = 0x5246_4E43
  case hartState = 0x48_534D
  case systemReset = 0x5352_5354
  case debugConsole = 0x4442_434E

  /// Legacy calls return a0 only.
  var isLegacy: Bool { rawValue <= Self.legacyShutdown.rawValue }
}

/// Turns the registers of an ECALL into a checked call.
struct SBIDecoder: Sendable {
  /// SBI 2.0: major in bits 24 to 30, minor below (section 4.1).
  static let specificationVersion: UInt64 = 2 << 24
  /// "DOMU". The specification has given no number to Domus; those that it has given are small.
  static let implementationID: UInt64 = 0x444F_4D55
  static let implementationVersion: UInt64 = 1
  /// Bytes that one console call moves at most; the guest asks again for the rest.
  static let consoleLimit: UInt64 = 4096

  let hartCount: Int
  let memory: GuestMemory

  func decode(_ registers: SBIRegisters) throws(SBIError) -> SBICall {
    guard let number = SBIExtension(rawValue: registers.extension) else { throw .notSupported }
    switch number {
    case .base: return try base(registers)
    case .timer:
      guard registers.function == 0 else { throw .notSupported }
      return .setTimer(ticks: registers.a0)
    case .ipi:
      guard registers.function == 0 else { throw .notSupported }
      return .sendIPI(try harts(mask: registers.a0, base: registers.a1))
    case .remoteFence: return try remoteFence(registers)
    case .hartState: return try hartState(registers)
    case .systemReset: return try systemReset(registers)
    case .debugConsole: return try debugConsole(registers)
    default: return legacy(number, registers)
    }
  }

  /// Chapter 4.
  private func base(_ registers: SBIRegisters) throws(SBIError) -> SBICall {
    switch registers.function {
    case 0: return .constant(Self.specificationVersion)
    case 1: return .constant(Self.implementationID)
    case 2: return .constant(Self.implementationVersion)
    case 3: return .constant(SBIExtension(rawValue: registers.a0) == nil ? 0 : 1)
    // mvendorid, marchid, mimpid: zero is always legal.
    case 4, 5, 6: return .constant(0)
    default: throw .notSupported
    }
  }

  /// Section 3.1: a base of -1 means every hart and the mask does not count.
  private func harts(mask: UInt64, base: UInt64) throws(SBIError) -> HartMask {
    let all = HartMask.all(count: hartCount)
    if base == .max { return all }
    if mask == 0 { return HartMask(rawValue: 0) }
    guard base < UInt64(hartCount), mask <= all.rawValue >> base else { throw .invalidParameter }
    return HartMask(rawValue: mask << base)
  }

  /// Chapter 8. The hypervisor extension's fences (3 to 6) belong to a mode that harts here don't have.
  private func remoteFence(_ registers: SBIRegisters) throws(SBIError) -> SBICall {
    guard registers.function <= 2 else { throw .notSupported }
    let harts = try harts(mask: registers.a0, base: registers.a1)
    guard registers.function > 0 else { return .remoteFenceI(harts) }
    // Harts here have no ASIDs: a fence for one of them is a fence for all.
    guard let range = FenceRange(start: registers.a2, size: registers.a3) else { throw .invalidAddress }
    return .remoteSFence(harts, range)
  }

  /// Chapter 9. Of a suspend's type, which is 32 bits wide, the upper half of the register doesn't count.
  private func hartState(_ registers: SBIRegisters) throws(SBIError) -> SBICall {
    switch registers.function {
    case 0:
      let hart = try hart(registers.a0)
      guard registers.a1 & 1 == 0, memory.contains(PhysicalAddress(registers.a1), count: 4) else {
        throw .invalidAddress
      }
      return .startHart(hart, pc: registers.a1, opaque: registers.a2)
    case 1: return .stopHart
    case 2: return .hartStatus(try hart(registers.a0))
    case 3:
      switch UInt32(truncatingIfNeeded: registers.a0) {
      case 0: return .suspendHart
      // Default non-retentive suspend is a type of the specification, which this platform lacks.
      case 0x8000_0000: throw .notSupported
      default: throw .invalidParameter
      }
    default: throw .notSupported
    }
  }

  private func hart(_ number: UInt64) throws(SBIError) -> Int {
    guard number < UInt64(hartCount) else { throw .invalidParameter }
    return Int(number)
  }

  /// Chapter 10; both arguments are 32 bits wide.
  private func systemReset(_ registers: SBIRegisters) throws(SBIError) -> SBICall {
    guard registers.function == 0 else { throw .notSupported }
    guard let kind = SBIReset.Kind(rawValue: UInt32(truncatingIfNeeded: registers.a0)),
      let reason = SBIReset.Reason(rawValue: UInt32(truncatingIfNeeded: registers.a1))
    else { throw .invalidParameter }
    return .reset(SBIReset(kind: kind, reason: reason))
  }

  /// Chapter 12: bytes, low and high half of the physical address.
  private func debugConsole(_ registers: SBIRegisters) throws(SBIError) -> SBICall {
    switch registers.function {
    case 0, 1:
      let address = PhysicalAddress(registers.a1)
      guard registers.a2 == 0, memory.contains(address, count: registers.a0) else { throw .invalidParameter }
      let count = Int(min(registers.a0, Self.consoleLimit))
      return registers.function == 0
        ? .consoleWrite(address: address, count: count) : .consoleRead(address: address, count: count)
    case 2: return .consoleWriteByte(UInt8(truncatingIfNeeded: registers.a0))
    default: throw .notSupported
    }
  }

  /// Chapter 5. Hart masks of legacy calls are virtual addresses of bit vectors; instead of reading them, the call is
  /// for every hart, which is always right: an IPI or a fence too many is harmless.
  private func legacy(_ number: SBIExtension, _ registers: SBIRegisters) -> SBICall {
    let all = HartMask.all(count: hartCount)
    switch number {
    case .legacySetTimer: return .setTimer(ticks: registers.a0)
    case .legacyPutCharacter: return .consoleWriteByte(UInt8(truncatingIfNeeded: registers.a0))
    case .legacyGetCharacter: return .consoleReadByte
    case .legacyClearIPI: return .clearIPI
    case .legacySendIPI: return .sendIPI(all)
    case .legacyRemoteFenceI: return .remoteFenceI(all)
    case .legacyRemoteSFence, .legacyRemoteSFenceASID:
      return .remoteSFence(all, FenceRange(start: registers.a1, size: registers.a2) ?? .all)
    default: return .reset(SBIReset(kind: .shutdown, reason: .none))
    }
  }
}
