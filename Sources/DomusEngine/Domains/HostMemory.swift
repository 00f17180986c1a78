import Glibc
import HypervisorModel

/// The machine's memory and this process's part of it, as the kernel tells them.
struct HostMemory {
  var total: Bytes
  /// What could be used without swapping.
  var available: Bytes

  /// From /proc/meminfo; zero where it can't be read.
  static func read() -> HostMemory {
    var result = HostMemory(total: .zero, available: .zero)
    for line in text(of: "/proc/meminfo").split(separator: "\n") {
      let words = line.split(separator: " ", omittingEmptySubsequences: true)
      guard words.count >= 2, let value = UInt64(words[1]) else { continue }
      if words[0] == "MemTotal:" { result.total = .kibibytes(value) }
      if words[0] == "MemAvailable:" { result.available = .kibibytes(value) }
    }
    return result
  }

  /// What the machine has.
  static var physical: Bytes { pages(UInt64(clamping: sysconf(Int32(_SC_PHYS_PAGES)))) }

  /// Resident memory of this process.
  static func ownResident() -> Bytes { ownPages(1) }

  /// Address space that this process uses.
  static func ownAddressSpace() -> Bytes { ownPages(0) }

  /// A figure of /proc/self/statm; zero where it can't be read.
  private static func ownPages(_ index: Int) -> Bytes {
    let words = text(of: "/proc/self/statm").split(separator: " ")
    guard words.indices.contains(index), let count = UInt64(words[index]) else { return .zero }
    return pages(count)
  }

  private static func pages(_ count: UInt64) -> Bytes {
    let (size, overflow) = count.multipliedReportingOverflow(by: UInt64(getpagesize()))
    return Bytes(overflow ? .max : size)
  }

  private static func text(of path: String) -> String {
    let file = open(path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { return "" }
    defer { close(file) }
    var buffer = [UInt8](repeating: 0, count: 8192)
    let count = Glibc.read(file, &buffer, buffer.count)
    return String(decoding: buffer.prefix(max(count, 0)), as: UTF8.self)
  }
}
