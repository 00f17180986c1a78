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
    /// What `-v`, `-n`, `-x` and `-r` add.
    public var details: DomainDetails = []

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
    guard options.details.contains(.repeatedHeading) else { return headings + domains.joined() }
    return domains.flatMap { headings + $0 }
  }

  private func details(of domain: DomainSnapshot) -> [String] {
    (0..<options.details.count(of: domain)).map { options.details.line($0, of: domain, none: "-") }
  }

  private func line(for domain: DomainSnapshot, cpu: Double?, total: Bytes) -> String {
    let name = DisplayText(domain.name, charset: .braille)
    let shown = options.showsFullNames ? name : name.lines(of: Self.columns[0].width)[0]
    return Self.line(
      [
        shown.text, domain.state.flags, Format.fixed(domain.cpuTime.seconds, decimals: 0),
        cpu.map { Format.fixed($0 * 100) } ?? "-", String(domain.memory.kibibytes),
        Self.percent(domain.memory, of: total), domain.maxMemory.map { String($0.kibibytes) } ?? "no limit",
        domain.maxMemory.map { Self.percent($0, of: total) } ?? "n/a", String(domain.vcpus.count),
      ] + Self.networks(domain.networks) + Self.disks(domain.disks) + [domain.ssid.map { String($0) } ?? "-"])
  }

  private static func networks(_ networks: [NetworkSnapshot]) -> [String] {
    let counters = networks.map(\.counters)
    return [
      // xentop's NETTX is what the interface in Domain-0 sent, so what the guest received.
      String(networks.count), text(counters.map { $0?.received.bytes }.total, in: 1024),
      text(counters.map { $0?.transmitted.bytes }.total, in: 1024),
    ]
  }

  private static func disks(_ disks: [DiskSnapshot]) -> [String] {
    let counters = disks.map(\.counters)
    return [
      String(disks.count), text(counters.map { $0?.outOfRequests }.total), text(counters.map { $0?.reads }.total),
      text(counters.map { $0?.writes }.total),
      text(counters.map { $0?.readSectors }.total), text(counters.map { $0?.writtenSectors }.total),
    ]
  }

  private static func text(_ total: UInt64?, in unit: UInt64 = 1) -> String { total.map { String($0 / unit) } ?? "-" }

  private static func percent(_ part: Bytes, of total: Bytes) -> String {
    total == .zero ? "-" : Format.fixed(Double(part.rawValue) * 100 / Double(total.rawValue))
  }

  private static func line(_ fields: [String]) -> String {
    zip(fields, columns).map { field, column in
      String(repeating: " ", count: max(column.width - TextWidth.of(field), 0)) + field
    }.joined(separator: " ")
  }
}
