import FoundationEssentials
import Glibc
import HypervisorModel

/// Counters of the devices that dom0's kernel serves.
struct DeviceCounters {
  /// Where the kernel's files are; another place in tests.
  var root = ""

  /// Counters by interface, from one reading of /proc/net/dev. What the backend received is what the guest sent.
  func networks() -> [String: NetworkSnapshot.Counters] {
    guard let text = Self.read("\(root)/proc/net/dev") else { return [:] }
    var result: [String: NetworkSnapshot.Counters] = [:]
    for line in text.split(separator: "\n") {
      guard let colon = line.lastIndex(of: ":") else { continue }
      let name = line[..<colon].drop { $0 == " " }
      let figures = line[line.index(after: colon)...].split(separator: " ").compactMap { UInt64($0) }
      guard figures.count >= 12 else { continue }
      result[String(name)] = .init(
        transmitted: .init(bytes: figures[0], packets: figures[1], errors: figures[2], drops: figures[3]),
        received: .init(bytes: figures[8], packets: figures[9], errors: figures[10], drops: figures[11]))
    }
    return result
  }

  /// Counters of a disk; nil where the kernel has none.
  func disk(domain: UInt32, device: Int) -> DiskSnapshot.Counters? {
    let directory = "\(root)/sys/bus/xen-backend/devices/vbd-\(domain)-\(device)/statistics"
    func figure(_ name: String) -> UInt64? {
      Self.read("\(directory)/\(name)").flatMap { UInt64($0.prefix { $0.isNumber }) }
    }
    guard let reads = figure("rd_req"), let writes = figure("wr_req"), let readSectors = figure("rd_sect"),
      let writtenSectors = figure("wr_sect")
    else { return nil }
    return DiskSnapshot.Counters(
      reads: reads, writes: writes, readSectors: readSectors, writtenSectors: writtenSectors,
      outOfRequests: figure("oo_req") ?? 0)
  }

  /// A file of /proc or /sys, which tells no size.
  private static func read(_ path: String) -> String? {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    var bytes: [UInt8] = []
    while true {
      let piece = [UInt8](unsafeUninitializedCapacity: 16384) { buffer, count in
        count = max(Glibc.read(descriptor, buffer.baseAddress, buffer.count), 0)
      }
      if piece.isEmpty { return String(decoding: bytes, as: UTF8.self) }
      bytes += piece
    }
  }
}
