import Glibc

/// Loads and stores that miss the TLB: translation, devices, page-crossing accesses.
extension Hart {
  /// Performs a load micro-operation. False is an exception, already noted.
  @inline(never)
  func loadSlow(_ current: UnsafePointer<MicroOp>, _ address: UInt64) -> Bool {
    let op = current.pointee
    let width = op.code.accessWidth
    guard let value = loadValue(address, width) else { return false }
    registers[Int(op.rd)] = op.code.extendLoaded(value)
    return true
  }

  /// Performs a store micro-operation. False is an exception, already noted.
  @inline(never)
  func storeSlow(_ current: UnsafePointer<MicroOp>, _ address: UInt64) -> Bool {
    let op = current.pointee
    return storeValue(address, op.code.accessWidth, registers[Int(op.rs2)])
  }

  /// Where an address lies: its offset in RAM, unless it is a device's. Nil is an exception, already noted.
  private func place(_ address: UInt64, _ access: Access) -> (ram: UInt64?, physical: UInt64)? {
    guard let translation = translate(address, access) else { return nil }
    let inPage = address & (GuestMemory.pageSize - 1)
    return (fill(address, translation, for: access).map { $0 &+ inPage }, translation.page | inPage)
  }

  private static func crossesPage(_ address: UInt64, _ width: Int) -> Bool {
    address & (GuestMemory.pageSize - 1) &+ UInt64(width) > GuestMemory.pageSize
  }

  private func loadValue(_ address: UInt64, _ width: Int) -> UInt64? {
    if Self.crossesPage(address, width) { return loadCrossing(address, width) }
    guard let place = place(address, .read) else { return nil }
    if let ram = place.ram {
      let pointer = memory.host + Int(truncatingIfNeeded: ram)
      switch width {
      case 1: return UInt64(pointer.load(as: UInt8.self))
      case 2: return UInt64(pointer.loadUnaligned(as: UInt16.self))
      case 4: return UInt64(pointer.loadUnaligned(as: UInt32.self))
      default: return pointer.loadUnaligned(as: UInt64.self)
      }
    }
    guard let value = bus.read(PhysicalAddress(place.physical), width: width) else {
      setException(.loadAccess, address)
      return nil
    }
    return value
  }

  private func storeValue(_ address: UInt64, _ width: Int, _ value: UInt64) -> Bool {
    if Self.crossesPage(address, width) { return storeCrossing(address, width, value) }
    guard let place = place(address, .write) else { return false }
    if let ram = place.ram {
      let pointer = memory.host + Int(truncatingIfNeeded: ram)
      switch width {
      case 1: pointer.storeBytes(of: UInt8(truncatingIfNeeded: value), as: UInt8.self)
      case 2: pointer.storeBytes(of: UInt16(truncatingIfNeeded: value), as: UInt16.self)
      case 4: pointer.storeBytes(of: UInt32(truncatingIfNeeded: value), as: UInt32.self)
      default: pointer.storeBytes(of: value, as: UInt64.self)
      }
      return true
    }
    guard bus.write(PhysicalAddress(place.physical), width: width, value: value & Self.mask(width)) else {
      setException(.storeAccess, address)
      return false
    }
    return true
  }

  private static func mask(_ width: Int) -> UInt64 { width == 8 ? .max : (1 &<< UInt64(width &* 8)) &- 1 }

  /// The RAM of both pages that a misaligned access touches, and the bytes in the first. Devices take none.
  private func crossing(
    _ address: UInt64, _ access: Access
  ) -> (first: UInt64, second: UInt64, firstCount: Int)? {
    let secondAddress = (address | (GuestMemory.pageSize - 1)) &+ 1
    guard let first = place(address, access), let second = place(secondAddress, access) else { return nil }
    guard let firstRAM = first.ram else {
      setException(access.accessFault, address)
      return nil
    }
    guard let secondRAM = second.ram else {
      setException(access.accessFault, secondAddress)
      return nil
    }
    return (firstRAM, secondRAM, Int(truncatingIfNeeded: secondAddress &- address))
  }

  private func loadCrossing(_ address: UInt64, _ width: Int) -> UInt64? {
    guard let places = crossing(address, .read) else { return nil }
    var value: UInt64 = 0
    withUnsafeMutableBytes(of: &value) { bytes in
      guard let target = bytes.baseAddress else { return }
      memcpy(target, memory.host + Int(truncatingIfNeeded: places.first), places.firstCount)
      memcpy(
        target + places.firstCount, memory.host + Int(truncatingIfNeeded: places.second), width &- places.firstCount)
    }
    return UInt64(littleEndian: value)
  }

  private func storeCrossing(_ address: UInt64, _ width: Int, _ value: UInt64) -> Bool {
    guard let places = crossing(address, .write) else { return false }
    withUnsafeBytes(of: value.littleEndian) { bytes in
      guard let source = bytes.baseAddress else { return }
      memcpy(memory.host + Int(truncatingIfNeeded: places.first), source, places.firstCount)
      memcpy(
        memory.host + Int(truncatingIfNeeded: places.second), source + places.firstCount, width &- places.firstCount)
    }
    return true
  }
}

extension OpCode {
  /// Bytes that a load or store touches.
  var accessWidth: Int {
    switch self {
    case .lb, .lbu, .sb: 1
    case .lh, .lhu, .sh: 2
    case .lw, .lwu, .flw, .sw: 4
    default: 8
    }
  }

  /// The register value of the bytes that a load read.
  func extendLoaded(_ value: UInt64) -> UInt64 {
    switch self {
    case .lb: UInt64(bitPattern: Int64(Int8(truncatingIfNeeded: value)))
    case .lh: UInt64(bitPattern: Int64(Int16(truncatingIfNeeded: value)))
    case .lw: UInt64(bitPattern: Int64(Int32(truncatingIfNeeded: value)))
    case .lbu: value & 0xFF
    case .lhu: value & 0xFFFF
    case .lwu: value & 0xFFFF_FFFF
    case .flw: value | Float32Box.upperHalf
    default: value
    }
  }
}
