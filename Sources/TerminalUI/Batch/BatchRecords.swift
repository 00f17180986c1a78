import FoundationEssentials
import HypervisorModel

/// `domus top -b --csv` and `--json`: the same figures for programs, one line for each domain or each sample.
///
/// A figure that the engine does not have is empty, or null.
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
    var domains: [Record]
  }

  private struct Record: Encodable {
    var name: String
    var id: UInt32
    var uuid: String
    var state: String
    var pool: String
    var vcpus: Int
    var cpuSeconds: Double
    /// Of one pCPU.
    @OrNull var cpuPercent: Double?
    @OrNull var entitledPercent: Double?
    /// Of its vCPUs, by which it could have run and did not.
    @OrNull var waitingPercent: Double?
    @OrNull var weight: Int?
    @OrNull var cap: Int?
    var memoryBytes: UInt64
    @OrNull var maxMemoryBytes: UInt64?
    @OrNull var networkTransmittedBytes: UInt64?
    @OrNull var networkReceivedBytes: UInt64?
    @OrNull var diskReads: UInt64?
    @OrNull var diskWrites: UInt64?
    @OrNull var diskReadSectors: UInt64?
    @OrNull var diskWrittenSectors: UInt64?
  }

  private let form: Form
  private var previous: HostSnapshot?

  public init(_ form: Form) { self.form = form }

  /// The lines of the next sample.
  public mutating func lines(for snapshot: HostSnapshot) -> [String] {
    let rates = previous.flatMap { Rates(from: $0, to: snapshot) }
    let isFirst = previous == nil
    previous = snapshot
    let entitlement = Entitlement(snapshot)
    let records = snapshot.domains.map { domain in
      Self.record(domain, cpu: rates?.cpu[domain.reference], entitled: entitlement[domain.reference])
    }
    switch form {
    case .csv: return (isFirst ? [Self.headings] : []) + records.map { Self.csv($0, time: snapshot.wallClock) }
    case .json:
      let sample = Sample(
        time: snapshot.wallClock, memoryBytes: snapshot.memory.rawValue,
        freeMemoryBytes: snapshot.freeMemory.rawValue, domains: records)
      let encoder = JSONEncoder()
      encoder.keyEncodingStrategy = .convertToSnakeCase
      encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
      return (try? encoder.encode(sample)).map { [MessageText.harmlessJSON(String(decoding: $0, as: UTF8.self))] } ?? []
    }
  }

  private static func record(_ domain: DomainSnapshot, cpu: Double?, entitled: Double?) -> Record {
    let (networks, disks) = (domain.networks.map(\.counters), domain.disks.map(\.counters))
    return Record(
      name: domain.name, id: domain.reference.id.rawValue, uuid: domain.reference.uuid.uuidString.lowercased(),
      state: domain.state.word, pool: domain.pool, vcpus: domain.vcpus.count, cpuSeconds: domain.cpuTime.seconds,
      cpuPercent: percent(cpu), entitledPercent: percent(entitled), waitingPercent: percent(domain.waiting),
      weight: domain.weight?.rawValue, cap: domain.cap?.rawValue, memoryBytes: domain.memory.rawValue,
      maxMemoryBytes: domain.maxMemory?.rawValue, networkTransmittedBytes: networks.map { $0?.transmitted.bytes }.total,
      networkReceivedBytes: networks.map { $0?.received.bytes }.total, diskReads: disks.map { $0?.reads }.total,
      diskWrites: disks.map { $0?.writes }.total, diskReadSectors: disks.map { $0?.readSectors }.total,
      diskWrittenSectors: disks.map { $0?.writtenSectors }.total)
  }

  /// With two decimals.
  private static func percent(_ part: Double?) -> Double? { part.map { ($0 * 10_000).rounded() / 100 } }

  private static let headings = """
    time,name,id,uuid,state,pool,vcpus,cpu_seconds,cpu_percent,entitled_percent,waiting_percent,weight,cap,memory_bytes,\
    max_memory_bytes,network_transmitted_bytes,network_received_bytes,disk_reads,disk_writes,disk_read_sectors,\
    disk_written_sectors
    """

  private static func csv(_ record: Record, time: Double) -> String {
    func text(_ value: (some CustomStringConvertible)?) -> String { value?.description ?? "" }
    return [
      text(time), quoted(record.name), text(record.id), record.uuid, record.state, quoted(record.pool),
      text(record.vcpus), text(record.cpuSeconds), text(record.cpuPercent), text(record.entitledPercent),
      text(record.waitingPercent), text(record.weight), text(record.cap), text(record.memoryBytes),
      text(record.maxMemoryBytes), text(record.networkTransmittedBytes), text(record.networkReceivedBytes),
      text(record.diskReads), text(record.diskWrites), text(record.diskReadSectors), text(record.diskWrittenSectors),
    ].joined(separator: ",")
  }

  /// A name can be anything; a line break in it would end the record for most readers.
  private static func quoted(_ text: String) -> String {
    let plain = MessageText.harmless(text)
    guard plain.contains(where: { ",\"".contains($0) }) else { return plain }
    return "\"" + plain.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"") + "\""
  }
}

/// Encoded as null, not left out, where there is no value.
@propertyWrapper private struct OrNull<Value: Encodable>: Encodable {
  var wrappedValue: Value?

  init(wrappedValue: Value?) { self.wrappedValue = wrappedValue }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    if let wrappedValue { try container.encode(wrappedValue) } else { try container.encodeNil() }
  }
}
