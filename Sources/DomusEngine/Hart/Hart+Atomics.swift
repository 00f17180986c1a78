import CEngine

/// LR, SC and AMO as host atomics.
extension Hart {
  /// Performs LR, SC or AMO. False is an exception, already noted.
  @inline(never)
  func atomic(_ current: UnsafePointer<MicroOp>) -> Bool {
    let op = current.pointee
    let address = registers[Int(op.rs1)]
    let isLoad = op.code == .lrW || op.code == .lrD
    let width: UInt64 = op.code == .lrD || op.code == .scD || op.code == .amoD ? 8 : 4
    guard address & (width &- 1) == 0 else {
      setException(isLoad ? .loadMisaligned : .storeMisaligned, address)
      return false
    }
    guard let offset = atomicOffset(address, isLoad ? .read : .write) else { return false }
    let pointer = memory.host + Int(truncatingIfNeeded: offset)
    switch op.code {
    case .lrW, .lrD: loadReserved(op, pointer, offset, width)
    case .scW, .scD: storeConditional(op, pointer, offset, width)
    case .amoW:
      registers[Int(op.rd)] = Self.modify32(op.aux, pointer, UInt32(truncatingIfNeeded: registers[Int(op.rs2)]))
    default: registers[Int(op.rd)] = Self.modify64(op.aux, pointer, registers[Int(op.rs2)])
    }
    return true
  }

  /// Offset in RAM; devices take no atomics.
  private func atomicOffset(_ address: UInt64, _ access: Access) -> UInt64? {
    let page = address >> GuestMemory.pageShift
    let entry = core.pointee.tlb + Int(truncatingIfNeeded: page & UInt64(HartArena.tlbEntries - 1))
    let tag = page << GuestMemory.pageShift | core.pointee.tlbGeneration
    let isHit = access == .read ? entry.pointee.readTag == tag : entry.pointee.writeTag == tag
    if isHit { return UInt64(TLBEntry.host(entry, address) - memory.host) }
    guard let translation = translate(address, access) else { return nil }
    guard let ram = fill(address, translation, for: access) else {
      setException(access.accessFault, address)
      return nil
    }
    return ram &+ (address & (GuestMemory.pageSize - 1))
  }

  private func loadReserved(_ op: MicroOp, _ pointer: UnsafeMutableRawPointer, _ offset: UInt64, _ width: UInt64) {
    let value = width == 8 ? domus_load_u64(pointer) : UInt64(domus_load_u32(pointer))
    core.pointee.reservation = offset
    core.pointee.reservedValue = value
    core.pointee.reservedWidth = width
    registers[Int(op.rd)] = width == 8 ? value : Self.extend(UInt32(truncatingIfNeeded: value))
  }

  private func storeConditional(_ op: MicroOp, _ pointer: UnsafeMutableRawPointer, _ offset: UInt64, _ width: UInt64) {
    let isReserved = core.pointee.reservation == offset && core.pointee.reservedWidth == width
    let expected = core.pointee.reservedValue
    let value = registers[Int(op.rs2)]
    core.pointee.reservation = HartCore.noReservation
    let isStored =
      isReserved
      && (width == 8
        ? domus_cas_u64(pointer, expected, value)
        : domus_cas_u32(pointer, UInt32(truncatingIfNeeded: expected), UInt32(truncatingIfNeeded: value)))
    registers[Int(op.rd)] = isStored ? 0 : 1
  }

  private static func extend(_ value: UInt32) -> UInt64 { UInt64(bitPattern: Int64(Int32(bitPattern: value))) }

  /// The value before.
  private static func modify32(_ operation: UInt8, _ pointer: UnsafeMutableRawPointer, _ value: UInt32) -> UInt64 {
    switch AtomicOperation(rawValue: operation) {
    case .add: return extend(domus_fetch_add_u32(pointer, value))
    case .swap: return extend(domus_exchange_u32(pointer, value))
    case .xor: return extend(domus_fetch_xor_u32(pointer, value))
    case .or: return extend(domus_fetch_or_u32(pointer, value))
    case .and: return extend(domus_fetch_and_u32(pointer, value))
    case let choice:
      while true {
        let old = domus_load_u32(pointer)
        let new: UInt32
        switch choice {
        case .min: new = Int32(bitPattern: value) < Int32(bitPattern: old) ? value : old
        case .max: new = Int32(bitPattern: value) > Int32(bitPattern: old) ? value : old
        case .minu: new = min(value, old)
        default: new = max(value, old)
        }
        if domus_cas_u32(pointer, old, new) { return extend(old) }
      }
    }
  }

  /// The value before.
  private static func modify64(_ operation: UInt8, _ pointer: UnsafeMutableRawPointer, _ value: UInt64) -> UInt64 {
    switch AtomicOperation(rawValue: operation) {
    case .add: return domus_fetch_add_u64(pointer, value)
    case .swap: return domus_exchange_u64(pointer, value)
    case .xor: return domus_fetch_xor_u64(pointer, value)
    case .or: return domus_fetch_or_u64(pointer, value)
    case .and: return domus_fetch_and_u64(pointer, value)
    case let choice:
      while true {
        let old = domus_load_u64(pointer)
        let new: UInt64
        switch choice {
        case .min: new = Int64(bitPattern: value) < Int64(bitPattern: old) ? value : old
        case .max: new = Int64(bitPattern: value) > Int64(bitPattern: old) ? value : old
        case .minu: new = min(value, old)
        default: new = max(value, old)
        }
        if domus_cas_u64(pointer, old, new) { return old }
      }
    }
  }
}
