import FoundationEssentials
import HypervisorModel

/// The figures of a domain for a program: `top -b` in CSV and JSON, and `list -l`. A figure that the host does not have is
/// empty, or null.
package struct DomainRecord: Encodable {
  private let fields: [FigureValue.Field]

  package init(_ sample: DomainSample) { fields = Self.columns.map { $0.figure.value(sample).field } }

  /// In the order of CSV.
  private static let figures: [DomainFigure] = [
    .domain, .id, .uuid, .state, .pool, .uptime, .vcpus, .cpuSeconds, .cpu, .entitled, .waiting, .weight, .cap, .memory,
    .maxMemory, .transmitted, .received, .reads, .writes, .readSectors, .writtenSectors, .switches, .migrations,
    .latency,
  ]
  private static let columns = figures.compactMap { figure in figure.field.map { (key: $0, figure: figure) } }

  package static var csvHeading: String { columns.map(\.key).joined(separator: ",") }

  package var csv: String {
    fields.map { field in
      switch field {
      case .null: ""
      case .text(let text): Self.quoted(text)
      case .integer(let count): "\(count)"
      case .number(let number): "\(number)"
      }
    }.joined(separator: ",")
  }

  /// A name can be anything; a line break in it would end the record for most readers.
  private static func quoted(_ text: String) -> String {
    let plain = MessageText.harmless(text)
    guard plain.contains(where: { ",\"".contains($0) }) else { return plain }
    return "\"" + plain.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"") + "\""
  }

  private struct Key: CodingKey {
    let stringValue: String
    var intValue: Int? { nil }
    init(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
  }

  package func encode(to encoder: any Encoder) throws {
    var object = encoder.container(keyedBy: Key.self)
    for (column, field) in zip(Self.columns, fields) {
      let key = Key(stringValue: column.key)
      switch field {
      case .null: try object.encodeNil(forKey: key)
      case .text(let text): try object.encode(text, forKey: key)
      case .integer(let count): try object.encode(count, forKey: key)
      case .number(let number): try object.encode(number, forKey: key)
      }
    }
  }
}
