import FoundationEssentials
import HypervisorModel

/// `domus top -b --csv` and `--json`: the same figures for programs, one line for each domain or each sample.
public struct BatchRecords {
  public enum Form: Sendable {
    /// A line of headings, then one for each domain of each sample (RFC 4180).
    case csv
    /// One JSON object for each sample (JSON lines).
    case json
  }

  private struct Sample: Encodable {
    /// Seconds since 1970.
    var time: Double
    var memoryBytes: UInt64
    var freeMemoryBytes: UInt64
    var domains: [DomainRecord]

    enum CodingKeys: String, CodingKey {
      case time, domains
      case memoryBytes = "memory_bytes"
      case freeMemoryBytes = "free_memory_bytes"
    }
  }

  private let form: Form
  private var sampler = DomainSampler()
  private var isFirst = true

  public init(_ form: Form) { self.form = form }

  /// The lines of the next sample.
  public mutating func lines(for snapshot: HostSnapshot) -> [String] {
    defer { isFirst = false }
    let records = sampler.samples(of: snapshot).map(DomainRecord.init)
    switch form {
    case .csv:
      return (isFirst ? ["time," + DomainRecord.csvHeading] : []) + records.map { "\(snapshot.wallClock)," + $0.csv }
    case .json:
      let sample = Sample(
        time: snapshot.wallClock, memoryBytes: snapshot.memory.rawValue, freeMemoryBytes: snapshot.freeMemory.rawValue,
        domains: records)
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
      return (try? encoder.encode(sample)).map { [MessageText.harmlessJSON(String(decoding: $0, as: UTF8.self))] } ?? []
    }
  }
}
