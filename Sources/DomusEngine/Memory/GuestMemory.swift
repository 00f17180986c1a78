import Glibc
import HypervisorModel

/// A domain's memory: one lazy anonymous mapping, from guest-physical `base` up.
///
/// Every write to it passes here, or through the host address that a range gets once `contains` has checked it: a write
/// translation in a hart's TLB, a device's descriptor, the loader.
///
/// `@unchecked Sendable`: the pointer never changes; guest data is shared between harts and devices as it is in real
/// hardware.
final class GuestMemory: @unchecked Sendable {
  /// Where RAM begins in every domain.
  static let base: UInt64 = 0x8000_0000
  static let pageShift: UInt64 = 12
  static let pageSize: UInt64 = 1 << pageShift

  /// Host address of guest-physical `base`.
  let host: UnsafeMutableRawPointer
  /// In bytes, a whole number of pages.
  let size: UInt64

  private var pageCount: Int { Int(truncatingIfNeeded: size >> Self.pageShift) }

  /// Reserves address space; pages become real when they are touched.
  init(size: Bytes) throws(HypervisorError) {
    let rounded = size.rawValue & ~(Self.pageSize - 1)
    guard rounded > 0, let length = Int(exactly: rounded) else {
      throw .invalid("memory of \(size.rawValue) bytes is not possible")
    }
    let pointer = mmap(nil, length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0)
    guard let pointer, pointer != MAP_FAILED else {
      throw .exhausted(
        "no address space for \(size.mebibytes) MiB of guest memory: \(String(cString: strerror(errno)))")
    }
    host = pointer
    self.size = rounded
  }

  deinit { munmap(host, Int(size)) }

  /// Whether `count` bytes from `address` are all RAM.
  @inline(__always)
  func contains(_ address: PhysicalAddress, count: UInt64) -> Bool {
    let offset = address.rawValue &- Self.base
    return offset < size && count <= size &- offset
  }

  /// Host address of a guest-physical address that `contains` accepts.
  @inline(__always)
  func pointer(_ address: PhysicalAddress) -> UnsafeMutableRawPointer {
    host + Int(truncatingIfNeeded: address.rawValue &- Self.base)
  }

  // MARK: Checked access, for devices and the loader

  /// Nil if any byte is outside RAM.
  func load<T: FixedWidthInteger & BitwiseCopyable>(_ address: PhysicalAddress, as type: T.Type = T.self) -> T? {
    guard contains(address, count: UInt64(MemoryLayout<T>.size)) else { return nil }
    return T(littleEndian: pointer(address).loadUnaligned(as: T.self))
  }

  /// False if any byte is outside RAM; nothing is written then.
  func store<T: FixedWidthInteger & BitwiseCopyable>(_ address: PhysicalAddress, _ value: T) -> Bool {
    guard contains(address, count: UInt64(MemoryLayout<T>.size)) else { return false }
    pointer(address).storeBytes(of: value.littleEndian, as: T.self)
    return true
  }

  /// Nil if any byte is outside RAM.
  func read(_ address: PhysicalAddress, count: Int) -> [UInt8]? {
    guard count >= 0, contains(address, count: UInt64(count)) else { return nil }
    return [UInt8](UnsafeRawBufferPointer(start: pointer(address), count: count))
  }

  /// False if any byte is outside RAM; nothing is written then.
  func write(_ address: PhysicalAddress, _ bytes: some Collection<UInt8>) -> Bool {
    let count = UInt64(bytes.count)
    guard contains(address, count: count) else { return false }
    UnsafeMutableRawBufferPointer(start: pointer(address), count: bytes.count).copyBytes(from: bytes)
    return true
  }

  // MARK: Accounting

  /// Host memory that the guest's pages really occupy.
  func residentSize() -> Bytes {
    var map = [UInt8](repeating: 0, count: min(pageCount, 1 << 16))
    var resident: UInt64 = 0
    var index = 0
    while index < pageCount {
      let count = min(map.count, pageCount - index)
      guard mincore(host + (index << Int(Self.pageShift)), count << Int(Self.pageShift), &map) == 0 else { break }
      for entry in map[..<count] where entry & 1 != 0 { resident += 1 }
      index += count
    }
    return Bytes(resident << Self.pageShift)
  }
}
