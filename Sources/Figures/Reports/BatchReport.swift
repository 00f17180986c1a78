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
  private var sampler = DomainSampler()

  public init(_ options: Options = Options()) { self.options = options }

  private static let nameWidth = 10

  /// After the name.
  private static let columns: [(figure: DomainFigure, width: Int)] = [
    (.state, 6), (.cpuSeconds, 10), (.cpu, 6), (.memory, 10), (.memoryShare, 6), (.maxMemory, 10),
    (.maxMemoryShare, 9), (.vcpus, 5), (.networks, 4), (.received, 8), (.transmitted, 8), (.disks, 4),
    (.outOfRequests, 8), (.reads, 8), (.writes, 8), (.readSectors, 10), (.writtenSectors, 10), (.ssid, 4),
  ]

  private static let headings = line(DomainFigure.domain.title, columns.map(\.figure.title))

  /// The lines of the next sample.
  public mutating func lines(for snapshot: HostSnapshot) -> [String] {
    let domains = sampler.samples(of: snapshot).map { [line(for: $0)] + details(of: $0.snapshot) }
    guard options.details.contains(.repeatedHeading) else { return [Self.headings] + domains.joined() }
    return domains.flatMap { [Self.headings] + $0 }
  }

  private func details(of domain: DomainSnapshot) -> [String] {
    (0..<options.details.count(of: domain)).map { options.details.line($0, of: domain, none: "-") }
  }

  private func line(for sample: DomainSample) -> String {
    let name = DisplayText(sample.snapshot.name, charset: .braille)
    let shown = options.showsFullNames ? name : name.lines(of: Self.nameWidth)[0]
    return Self.line(shown.text, Self.columns.map { Self.text($0.figure.value(sample)) })
  }

  /// xentop's CPU seconds are whole ones.
  private static func text(_ value: FigureValue) -> String {
    if case .seconds(let time) = value { Format.fixed(time.seconds, decimals: 0) } else { value.text(none: "-") }
  }

  private static func line(_ name: String, _ fields: [String]) -> String {
    zip([name] + fields, [nameWidth] + columns.map(\.width)).map { field, width in
      String(repeating: " ", count: max(width - TextWidth.of(field), 0)) + field
    }.joined(separator: " ")
  }
}
