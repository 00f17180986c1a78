import CEngine

/// What an access wants of a page.
enum Access {
  case read, write, execute

  var pageFault: TrapCause {
    switch self {
    case .read: .loadPage
    case .write: .storePage
    case .execute: .instructionPage
    }
  }

  var accessFault: TrapCause {
    switch self {
    case .read: .loadAccess
    case .write: .storeAccess
    case .execute: .instructionAccess
    }
  }
}

/// Where a virtual page lies, and what the current privilege may do there.
struct Translation {
  /// Guest-physical address of the page.
  var page: UInt64
  var canRead: Bool
  var canWrite: Bool
  var canExecute: Bool
  /// log₂ of the bytes that the leaf entry maps.
  var sizeShift: UInt64
}

/// Fields of a page table entry (Privileged spec 12.4.1).
private enum PTE {
  static let valid: UInt64 = 1 << 0
  static let read: UInt64 = 1 << 1
  static let write: UInt64 = 1 << 2
  static let execute: UInt64 = 1 << 3
  static let user: UInt64 = 1 << 4
  static let accessed: UInt64 = 1 << 6
  static let dirty: UInt64 = 1 << 7
  /// Bits that are reserved, or belong to Svnapot and Svpbmt, which the hart does not have.
  static let reserved: UInt64 = 0x3FF << 54
  static let pageNumberShift: UInt64 = 10
  static let pageNumberMask: UInt64 = (1 << 44) - 1
}

extension Hart {
  /// Notes an exception for `takeException`.
  @inline(__always)
  func setException(_ cause: TrapCause, _ value: UInt64) {
    core.pointee.cause = cause
    core.pointee.trapValue = value
  }

  /// Virtual address translation (Privileged spec 12.3.2, with Svade). Nil is an exception, already noted.
  func translate(_ address: UInt64, _ access: Access) -> Translation? {
    let levels = core.pointee.levels
    guard levels != 0 else { return untranslated(address, access) }
    let width = 12 &+ 9 &* levels
    let unused = 64 &- width
    guard UInt64(bitPattern: Int64(bitPattern: address &<< unused) &>> Int64(unused)) == address else {
      return pageFault(address, access)
    }
    var table = core.pointee.rootTable
    var shift = width
    while shift > 12 {
      shift &-= 9
      let entryAddress = PhysicalAddress(table &+ ((address &>> shift) & 511) &* 8)
      guard memory.contains(entryAddress, count: 8) else {
        setException(access.accessFault, address)
        return nil
      }
      let entry = domus_load_u64(memory.pointer(entryAddress))
      guard entry & PTE.valid != 0, entry & PTE.reserved == 0, entry & (PTE.read | PTE.write) != PTE.write else {
        return pageFault(address, access)
      }
      if entry & (PTE.read | PTE.execute) != 0 { return leaf(entry, shift: shift, address, access) }
      guard entry & (PTE.accessed | PTE.dirty | PTE.user) == 0 else { return pageFault(address, access) }
      table = (entry &>> PTE.pageNumberShift & PTE.pageNumberMask) &<< 12
    }
    return pageFault(address, access)
  }

  private func pageFault(_ address: UInt64, _ access: Access) -> Translation? {
    setException(access.pageFault, address)
    return nil
  }

  private func untranslated(_ address: UInt64, _ access: Access) -> Translation? {
    guard address >> 56 == 0 else {
      setException(access.accessFault, address)
      return nil
    }
    return Translation(
      page: address & ~(GuestMemory.pageSize - 1), canRead: true, canWrite: true, canExecute: true, sizeShift: 12)
  }

  private func leaf(_ entry: UInt64, shift: UInt64, _ address: UInt64, _ access: Access) -> Translation? {
    let start = (entry &>> PTE.pageNumberShift & PTE.pageNumberMask) &<< 12
    let offsetMask = (1 &<< shift) &- 1
    let status = core.pointee.sstatus
    let isUserPage = entry & PTE.user != 0
    let mayFetch = isUserPage == core.pointee.isUser
    let mayTouch = mayFetch || (isUserPage && status & Status.sum != 0)
    let readBits = status & Status.mxr != 0 ? PTE.read | PTE.execute : PTE.read
    let translation = Translation(
      page: start | (address & offsetMask & ~(GuestMemory.pageSize - 1)),
      canRead: mayTouch && entry & readBits != 0,
      canWrite: mayTouch && entry & PTE.write != 0 && entry & PTE.dirty != 0,
      canExecute: mayFetch && entry & PTE.execute != 0,
      sizeShift: shift)
    let isAllowed =
      switch access {
      case .read: translation.canRead
      case .write: translation.canWrite
      case .execute: translation.canExecute
      }
    guard isAllowed, start & offsetMask == 0, entry & PTE.accessed != 0 else { return pageFault(address, access) }
    return translation
  }

  /// Enters a page of RAM into the current TLB and returns its offset in RAM; nil if it is not RAM. While written pages are
  /// logged, only a write brings the right to write, and marks the page.
  func fill(_ address: UInt64, _ translation: Translation, for access: Access) -> UInt64? {
    let physical = PhysicalAddress(translation.page)
    guard memory.contains(physical, count: GuestMemory.pageSize) else { return nil }
    let page = address & ~(GuestMemory.pageSize - 1)
    let offset = translation.page &- GuestMemory.base
    let tag = page | core.pointee.tlbGeneration
    var canWrite = translation.canWrite
    if memory.dirtyLog.isOn {
      canWrite = access == .write
      if canWrite { memory.dirtyLog.mark(offset: offset, count: GuestMemory.pageSize) }
    }
    let entry =
      core.pointee.tlb + Int(truncatingIfNeeded: page >> GuestMemory.pageShift & UInt64(HartArena.tlbEntries - 1))
    entry.pointee = TLBEntry(
      readTag: translation.canRead ? tag : 0,
      writeTag: canWrite ? tag : 0,
      executeTag: translation.canExecute ? tag : 0,
      addend: UInt64(bitPattern: Int64(memory.pointer(physical) - UnsafeMutableRawPointer(entry))) &- page)
    if translation.sizeShift > 12 {
      let offsetMask = (1 &<< translation.sizeShift) &- 1
      core.pointee.superpagesStart = min(core.pointee.superpagesStart, address & ~offsetMask)
      core.pointee.superpagesLast = max(core.pointee.superpagesLast, address | offsetMask)
    }
    return offset
  }
}
