import CEngine
import Glibc
import HypervisorModel

/// A domain's memory: one lazy anonymous mapping, from guest-physical `base` up.
///
/// Every write to it passes here or through a write translation in a hart's TLB. Pages carry flags that are consulted
/// when a write translation enters a TLB (never on the hot path): a page that holds decoded code gets none, so stores
/// to it come to `noteWrite`, which tells the harts by way of the page's code version that their blocks are stale.
///
/// `@unchecked Sendable`: the pointers never change; guest data is shared between harts and devices as it is in real
/// hardware, and flags and versions are only touched atomically.
final class GuestMemory: @unchecked Sendable {
  /// Where RAM begins in every domain.
  static let base: UInt64 = 0x8000_0000
  static let pageShift: UInt64 = 12
  static let pageSize: UInt64 = 1 << pageShift

  /// Per-page facts that a write must respect.
  struct PageFlags: OptionSet {
    let rawValue: UInt8
    /// Some hart has decoded instructions from this page.
    static let holdsCode = PageFlags(rawValue: 1)
  }

  /// Host address of guest-physical `base`.
  let host: UnsafeMutableRawPointer
  /// In bytes, a whole number of pages.
  let size: UInt64

  private let pageCount: Int
  private let flags: UnsafeMutablePointer<UInt8>
  private let versions: UnsafeMutablePointer<UInt32>

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
    pageCount = Int(rounded >> Self.pageShift)
    flags = .allocate(capacity: pageCount)
    flags.initialize(repeating: 0, count: pageCount)
    versions = .allocate(capacity: pageCount)
    versions.initialize(repeating: 0, count: pageCount)
  }

  deinit {
    munmap(host, Int(size))
    flags.deallocate()
    versions.deallocate()
  }

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
    noteWrite(address, count: UInt64(MemoryLayout<T>.size))
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
    noteWrite(address, count: count)
    return true
  }

  // MARK: Page flags

  @inline(__always)
  private func page(_ address: PhysicalAddress) -> Int {
    Int(truncatingIfNeeded: (address.rawValue &- Self.base) >> Self.pageShift)
  }

  /// Flags of the page of an address in RAM.
  @inline(__always)
  func pageFlags(_ address: PhysicalAddress) -> PageFlags {
    PageFlags(rawValue: domus_load_relaxed_u8(flags + page(address)))
  }

  /// Marks the page of an address in RAM as holding decoded code. True if it was not marked before: then no hart may
  /// keep a write translation for it.
  func markCode(_ address: PhysicalAddress) -> Bool {
    domus_fetch_or_u8(flags + page(address), PageFlags.holdsCode.rawValue) & PageFlags.holdsCode.rawValue == 0
  }

  /// Changes whenever the page of an address in RAM is written while it holds decoded code.
  @inline(__always)
  func codeVersion(_ address: PhysicalAddress) -> UInt32 {
    domus_load_relaxed_u32(versions + page(address))
  }

  /// To be called after a write that did not go through a write translation. Blocks decoded from the touched pages
  /// become stale, and the pages count as data again.
  @inline(__always)
  func noteWrite(_ address: PhysicalAddress, count: UInt64) {
    guard count > 0 else { return }
    var index = page(address)
    let last = page(address + (count &- 1))
    while index <= last {
      if domus_load_relaxed_u8(flags + index) & PageFlags.holdsCode.rawValue != 0 { staleCode(page: index) }
      index &+= 1
    }
  }

  /// Makes every block decoded from the page of an address in RAM stale, whether the page is marked or not.
  func invalidateCode(_ address: PhysicalAddress) { staleCode(page: page(address)) }

  private func staleCode(page index: Int) {
    _ = domus_fetch_and_u8(flags + index, ~PageFlags.holdsCode.rawValue)
    _ = domus_fetch_add_u32(versions + index, 1)
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
