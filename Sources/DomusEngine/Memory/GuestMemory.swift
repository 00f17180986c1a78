import Glibc
import HypervisorModel

/// A domain's memory: one lazy mapping, from guest-physical `base` up.
///
/// Every write to it passes here, and is known to the dirty log; only a hart writes through host addresses, which it gets
/// by way of its TLB.
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

  /// Which pages were written.
  let dirtyLog: DirtyLog
  private let backing: MemoryBacking

  /// Reserves address space; pages become real when they are touched. Throws if a file that is to back it is too small.
  init(size: Bytes, backing: MemoryBacking = .anonymous) throws(HypervisorError) {
    let rounded = size.rawValue & ~(Self.pageSize - 1)
    guard rounded > 0, let length = Int(exactly: rounded) else {
      throw .invalid("memory of \(size.rawValue) bytes is not possible")
    }
    dirtyLog = try DirtyLog(pages: length >> Int(Self.pageShift))
    self.size = rounded
    self.backing = backing
    host = try Self.map(length, backing)
  }

  private static func map(
    _ length: Int, _ backing: MemoryBacking
  ) throws(HypervisorError) -> UnsafeMutableRawPointer {
    let file: MemoryFile?
    let flags: Int32
    switch backing {
    case .anonymous: (file, flags) = (nil, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE)
    case .shared(let shared): (file, flags) = (shared, MAP_SHARED)
    case .privateCopy(let original): (file, flags) = (original, MAP_PRIVATE | MAP_NORESERVE)
    }
    if let file, file.size < UInt64(length) {
      throw .invalid("a file of \(file.size >> 20) MiB is too small for \(length >> 20) MiB of guest memory")
    }
    let pointer = mmap(nil, length, PROT_READ | PROT_WRITE, flags, file?.descriptor ?? -1, 0)
    guard let pointer, pointer != MAP_FAILED else {
      throw .exhausted(
        "no address space for \(length >> 20) MiB of guest memory: \(String(cString: strerror(errno)))")
    }
    return pointer
  }

  deinit { munmap(host, Int(size)) }

  /// Whether `count` bytes from `address` are all RAM.
  @inline(__always)
  func contains(_ address: PhysicalAddress, count: UInt64) -> Bool {
    let offset = address.rawValue &- Self.base
    return offset < size && count <= size &- offset
  }

  /// Host address of a guest-physical address that `contains` accepts, for harts: what they write there, they mark in
  /// the dirty log. Everybody else has `withBytes` and `withMutableBytes`.
  @inline(__always)
  func pointer(_ address: PhysicalAddress) -> UnsafeMutableRawPointer {
    host + Int(truncatingIfNeeded: address.rawValue &- Self.base)
  }

  // MARK: Checked access, for devices and the loader

  /// Nil if any byte is outside RAM.
  func load<T: FixedWidthInteger & BitwiseCopyable>(_ address: PhysicalAddress, as type: T.Type = T.self) -> T? {
    withBytes(address, count: MemoryLayout<T>.size) { T(littleEndian: $0.loadUnaligned(as: T.self)) }
  }

  /// False if any byte is outside RAM; nothing is written then.
  func store<T: FixedWidthInteger & BitwiseCopyable>(_ address: PhysicalAddress, _ value: T) -> Bool {
    withMutableBytes(address, count: MemoryLayout<T>.size) {
      $0.storeBytes(of: value.littleEndian, as: T.self)
    } != nil
  }

  /// Nil if any byte is outside RAM.
  func read(_ address: PhysicalAddress, count: Int) -> [UInt8]? {
    withBytes(address, count: count) { [UInt8]($0) }
  }

  /// False if any byte is outside RAM; nothing is written then.
  func write(_ address: PhysicalAddress, _ bytes: some Collection<UInt8>) -> Bool {
    withMutableBytes(address, count: bytes.count) { $0.copyBytes(from: bytes) } != nil
  }

  /// Has `body` read RAM where it lies. Harts and devices may change it meanwhile. Nil, and `body` is not called, if
  /// any byte is outside RAM.
  @discardableResult
  func withBytes<Result, Failure: Error>(
    _ address: PhysicalAddress, count: Int, _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
  ) throws(Failure) -> Result? {
    guard count >= 0, contains(address, count: UInt64(count)) else { return nil }
    return try body(UnsafeRawBufferPointer(start: pointer(address), count: count))
  }

  /// Has `body` write RAM where it lies, and notes that it did. Nil, and `body` is not called, if any byte is outside RAM.
  @discardableResult
  func withMutableBytes<Result, Failure: Error>(
    _ address: PhysicalAddress, count: Int, _ body: (UnsafeMutableRawBufferPointer) throws(Failure) -> Result
  ) throws(Failure) -> Result? {
    guard count >= 0, contains(address, count: UInt64(count)) else { return nil }
    // Afterwards: a mark that is collected before the write would be lost.
    defer { dirtyLog.mark(offset: address.rawValue &- Self.base, count: UInt64(count)) }
    return try body(UnsafeMutableRawBufferPointer(start: pointer(address), count: count))
  }

  // MARK: Accounting

  /// Host memory that the guest's pages really occupy; of a private copy, those that it has written.
  func residentSize() -> Bytes {
    let pages: Int
    if case .privateCopy = backing { pages = ownPages() } else { pages = presentPages() }
    return Bytes(UInt64(pages) << Self.pageShift)
  }

  private func presentPages() -> Int {
    var map = [UInt8](repeating: 0, count: min(pageCount, 1 << 16))
    var present = 0
    var index = 0
    while index < pageCount {
      let count = min(map.count, pageCount - index)
      guard mincore(host + (index << Int(Self.pageShift)), count << Int(Self.pageShift), &map) == 0 else { break }
      for entry in map[..<count] where entry & 1 != 0 { present += 1 }
      index += count
    }
    return present
  }

  /// Present or swapped pages that belong to no file (proc_pid_pagemap(5): bits 63, 62 and 61). mincore(2) would count
  /// the file's as well.
  private func ownPages() -> Int {
    let file = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { return 0 }
    defer { close(file) }
    var entries = [UInt64](repeating: 0, count: min(pageCount, 1 << 13))
    let start = Int(bitPattern: host) >> Int(Self.pageShift)
    var own = 0
    var index = 0
    while index < pageCount {
      let count = min(entries.count, pageCount - index)
      guard pread(file, &entries, count * 8, (start + index) * 8) == count * 8 else { break }
      for entry in entries[..<count] where entry >> 62 != 0 && entry >> 61 & 1 == 0 { own += 1 }
      index += count
    }
    return own
  }
}
