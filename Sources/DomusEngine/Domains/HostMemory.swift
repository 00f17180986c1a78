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

  /// Resident memory of this process, from /proc/self/statm.
  static func ownResident() -> Bytes {
    let words = text(of: "/proc/self/statm").split(separator: " ")
    guard words.count >= 2, let pages = UInt64(words[1]) else { return .zero }
    return Bytes(pages &* UInt64(getpagesize()))
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
