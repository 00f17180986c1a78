import HypervisorModel

/// `domus top -b`: xentop's batch layout, one line of headings and one per domain for each sample, and what its options add.
///
/// Where there is no figure, a dash stands: counters of devices that the host does not serve itself, security labels
/// without a security module, and CPU(%) in the first sample, which has nothing to compare with.
public struct BatchReport {
  /// xentop's options.
  public struct Options: Hashable, Sendable {
    /// Names are not cut to ten characters (`-f`).
    public var showsFullNames = false
    /// A line for each network interface (`-n`).
    public var showsNetworks = false
    /// A line for each disk (`-x`).
    public var showsDisks = false
    /// The CPU seconds of each vCPU (`-v`).
    public var showsVCPUs = false
    /// The headings stand before each domain (`-r`).
    public var repeatsHeadings = false

    public init() {}
  }

  private let options: Options
  private var previous: HostSnapshot?

  public init(_ options: Options = Options()) { self.options = options }

  private static let columns: [(title: String, width: Int)] = [
    ("NAME", 10), ("STATE", 6), ("CPU(sec)", 10), ("CPU(%)", 6), ("MEM(k)", 10), ("MEM(%)", 6), ("MAXMEM(k)", 10),
    ("MAXMEM(%)", 9), ("VCPUS", 5), ("NETS", 4), ("NETTX(k)", 8), ("NETRX(k)", 8), ("VBDS", 4), ("VBD_OO", 8),
    ("VBD_RD", 8), ("VBD_WR", 8), ("VBD_RSECT", 10), ("VBD_WSECT", 10), ("SSID", 4),
  ]
  /// The lines of the next sample.
  public mutating func lines(for snapshot: HostSnapshot) -> [String] {
    let rates = previous.flatMap { Rates(from: $0, to: snapshot) }
    previous = snapshot
    let headings = [Self.line(Self.columns.map(\.title))]
    let domains = snapshot.domains.map { domain in
      [line(for: domain, cpu: rates?.cpu[domain.reference], total: snapshot.memory)] + details(of: domain)
    }
    guard options.repeatsHeadings else { return headings + domains.joined() }
    return domains.flatMap { headings + $0 }
  }

  private func details(of domain: DomainSnapshot) -> [String] {
    var lines: [String] = []
    if options.showsVCPUs { lines += Self.vcpus(domain.vcpus) }
    if options.showsNetworks { lines += domain.networks.map(Self.line) }
    if options.showsDisks { lines += domain.disks.map(Self.line) }
    return lines
  }

  /// Five in a line.
  private static func vcpus(_ vcpus: [VCPUSnapshot]) -> [String] {
    stride(from: 0, to: vcpus.count, by: 5).map { start in
      let cells = vcpus[start..<min(start + 5, vcpus.count)].map { vcpu in
        " " + "\(vcpu.id.rawValue)".leftPadded(to: 3) + ": "
          + Format.fixed(vcpu.cpuTime.seconds.rounded(.down), decimals: 0).leftPadded(to: 10) + "s"
      }
      return (start == 0 ? "VCPUs(sec):" : "           ") + cells.joined()
    }
  }

  /// RX is what the guest received, as in xentop.
  private static func line(_ network: NetworkSnapshot) -> String {
    func traffic(_ traffic: NetworkSnapshot.Traffic?) -> String {
      let cells = [
        (traffic?.bytes, "bytes"), (traffic?.packets, "pkts"), (traffic?.errors, "err"), (traffic?.drops, "drop"),
      ]
      return cells.map { value, unit in (value.map { String($0) } ?? "-").leftPadded(to: 8) + unit }
        .joined(separator: " ")
    }
    return "Net\(network.id) RX: \(traffic(network.counters?.received))  TX: \(traffic(network.counters?.transmitted))"
  }

  private static func line(_ disk: DiskSnapshot) -> String {
    func count(_ value: UInt64?, _ width: Int = 8) -> String {
      (value.map { String($0) } ?? "-").leftPadded(to: width)
    }
    let counters = disk.counters
    let (major, minor) = (String(disk.id >> 8, radix: 16), String(disk.id & 255, radix: 16))
    return "VBD BlkBack \(disk.id) [\(major.leftPadded(to: 2)):\(minor.leftPadded(to: 2))]  "
      + "OO: \(count(counters?.outOfRequests))   RD: \(count(counters?.reads))   WR: \(count(counters?.writes))   "
      + "RSECT: \(count(counters?.readSectors, 10))   WSECT: \(count(counters?.writtenSectors, 10))"
  }

  private func line(for domain: DomainSnapshot, cpu: Double?, total: Bytes) -> String {
    let name = DisplayText(domain.name, charset: .braille)
    let shown = options.showsFullNames ? name.pieces : Array(name.pieces.prefix(Self.columns[0].width))
    return Self.line(
      [
        shown.map(\.text).joined(), domain.state.flags, Format.fixed(domain.cpuTime.seconds, decimals: 0),
        cpu.map { Format.fixed($0 * 100) } ?? "-", String(domain.memory.kibibytes),
        Self.percent(domain.memory, of: total), domain.maxMemory.map { String($0.kibibytes) } ?? "no limit",
        domain.maxMemory.map { Self.percent($0, of: total) } ?? "n/a", String(domain.vcpus.count),
      ] + Self.networks(domain.networks) + Self.disks(domain.disks) + [domain.ssid.map { String($0) } ?? "-"])
  }

  private static func networks(_ networks: [NetworkSnapshot]) -> [String] {
    let counters = networks.map(\.counters)
    return [
      // xentop's NETTX is what the interface in Domain-0 sent, so what the guest received.
      String(networks.count), sum(counters, in: 1024, \.received.bytes), sum(counters, in: 1024, \.transmitted.bytes),
    ]
  }

  private static func disks(_ disks: [DiskSnapshot]) -> [String] {
    let counters = disks.map(\.counters)
    return [
      String(disks.count), sum(counters, \.outOfRequests), sum(counters, \.reads), sum(counters, \.writes),
      sum(counters, \.readSectors), sum(counters, \.writtenSectors),
    ]
  }

  /// A sum is no figure where one of its parts is none.
  private static func sum<Counters>(
    _ counters: [Counters?], in unit: UInt64 = 1, _ part: (Counters) -> UInt64
  ) -> String {
    var total: UInt64 = 0
    for counters in counters {
      guard let counters else { return "-" }
      total &+= part(counters)
    }
    return String(total / unit)
  }

  private static func percent(_ part: Bytes, of total: Bytes) -> String {
    total == .zero ? "-" : Format.fixed(Double(part.rawValue) * 100 / Double(total.rawValue))
  }

  private static func line(_ fields: [String]) -> String {
    zip(fields, columns).map { field, column in
      String(repeating: " ", count: max(column.width - field.unicodeScalars.count, 0)) + field
    }.joined(separator: " ")
  }
}
