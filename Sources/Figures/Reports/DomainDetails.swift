import HypervisorModel

/// What xentop's `-v`, `-n`, `-x` and `-r`, and its keys V, N, B and R, add to the line of a domain.
public struct DomainDetails: OptionSet, Hashable, Sendable {
  public let rawValue: UInt8

  public init(rawValue: UInt8) { self.rawValue = rawValue }

  /// The CPU seconds of each vCPU.
  public static let vcpus = DomainDetails(rawValue: 1)
  /// A line for each network interface.
  public static let networks = DomainDetails(rawValue: 2)
  /// A line for each virtual block device.
  public static let disks = DomainDetails(rawValue: 4)
  /// The heading stands above each domain, not only above the first.
  public static let repeatedHeading = DomainDetails(rawValue: 8)

  private static let vcpusInLine = 5

  /// How many lines stand below the one of a domain.
  package func count(of domain: DomainSnapshot) -> Int {
    (contains(.vcpus) ? Self.vcpuLines(domain) : 0) + (contains(.networks) ? domain.networks.count : 0)
      + (contains(.disks) ? domain.disks.count : 0)
  }

  /// One of these lines, in xentop's words. `none`, one column wide, is for figures that the host does not have.
  ///
  /// Precondition: `index` is less than `count(of:)`.
  package func line(_ index: Int, of domain: DomainSnapshot, none: String) -> String {
    var index = index
    if contains(.vcpus) {
      let count = Self.vcpuLines(domain)
      guard index >= count else { return Self.vcpus(domain.vcpus, line: index) }
      index -= count
    }
    if contains(.networks) {
      guard index >= domain.networks.count else { return Self.line(domain.networks[index], none) }
      index -= domain.networks.count
    }
    return Self.line(domain.disks[index], none)
  }

  private static func vcpuLines(_ domain: DomainSnapshot) -> Int {
    (domain.vcpus.count + vcpusInLine - 1) / vcpusInLine
  }

  private static func vcpus(_ vcpus: [VCPUSnapshot], line: Int) -> String {
    let start = line * vcpusInLine
    let cells = vcpus[start..<min(start + vcpusInLine, vcpus.count)].map { vcpu in
      " " + "\(vcpu.id.rawValue)".leftPadded(to: 3) + ": "
        + Format.fixed(vcpu.cpuTime.seconds.rounded(.down), decimals: 0).leftPadded(to: 10) + "s"
    }
    return (line == 0 ? "VCPUs(sec):" : "           ") + cells.joined()
  }

  /// RX is what the guest received, as in xentop.
  private static func line(_ network: NetworkSnapshot, _ none: String) -> String {
    func traffic(_ traffic: NetworkSnapshot.Traffic?) -> String {
      let cells = [
        (traffic?.bytes, "bytes"), (traffic?.packets, "pkts"), (traffic?.errors, "err"), (traffic?.drops, "drop"),
      ]
      return cells.map { count($0, none) + $1 }.joined(separator: " ")
    }
    return "Net\(network.id) RX: \(traffic(network.counters?.received))  TX: \(traffic(network.counters?.transmitted))"
  }

  private static func line(_ disk: DiskSnapshot, _ none: String) -> String {
    let counters = disk.counters
    let (major, minor) = (String(disk.id >> 8, radix: 16), String(disk.id & 255, radix: 16))
    return "VBD BlkBack \(disk.id) [\(major.leftPadded(to: 2)):\(minor.leftPadded(to: 2))]  "
      + "OO: \(count(counters?.outOfRequests, none))   RD: \(count(counters?.reads, none))   "
      + "WR: \(count(counters?.writes, none))   RSECT: \(count(counters?.readSectors, none, width: 10))   "
      + "WSECT: \(count(counters?.writtenSectors, none, width: 10))"
  }

  private static func count(_ value: UInt64?, _ none: String, width: Int = 8) -> String {
    value.map { String($0).leftPadded(to: width) } ?? String(repeating: " ", count: width - 1) + none
  }
}
