import Figures
import HypervisorModel

/// What has happened, oldest first, at most `limit` entries.
struct EventLog {
  private(set) var entries: [LogEntry] = []
  private var serial = 0

  static let limit = 1000

  /// Returns the entry's number, by which its outcome can be told later.
  @discardableResult
  mutating func add(_ entry: LogEntry) -> Int {
    serial += 1
    var entry = entry
    entry.serial = serial
    if entries.count >= Self.limit { entries.removeFirst(Self.limit / 10) }
    entries.append(entry)
    return serial
  }

  mutating func update(_ serial: Int, _ change: (inout LogEntry) -> Void) {
    guard let index = entries.lastIndex(where: { $0.serial == serial }) else { return }
    change(&entries[index])
  }
}

/// One thing that happened: an event of the host, or a change that the operator asked for.
struct LogEntry: Hashable {
  fileprivate(set) var serial = 0
  /// Seconds since 1970, in the operator's time zone.
  var time: Double
  var domain: DomainReference?
  var name = ""
  var text: String
  /// Of what was changed.
  var old: String?
  var new: String?
  var kind = Message.Kind.info
  /// What became of a change.
  var outcome = ""
}

extension LogEntry: TableRow {
  var key: Int { serial }
  /// The newest first.
  static func precedes(_ a: LogEntry, _ b: LogEntry) -> Bool { a.serial > b.serial }

  static let standardColumns = ["time", "name", "event", "old", "new", "outcome"].map { Column($0) }

  static let columns: [TableColumn<LogEntry>] = [
    .init("time", "TIME", 8, sacrifice: 0, "time of day") { entry, _ in
      Figure(value: .timeOfDay(entry.time), role: .dim)
    },
    .init("name", "DOMAIN", 8, upTo: 24, left: true, sacrifice: 2, "the domain that it is about") { entry, _ in
      .text(entry.name)
    },
    .init("event", "EVENT", 12, upTo: 60, left: true, sacrifice: 1, "what happened") { entry, _ in
      .text(entry.text, entry.kind.role)
    },
    .init("old", "OLD", 6, upTo: 16, left: true, sacrifice: 4, "the value before") { entry, _ in
      .text(entry.old ?? "", .dim)
    },
    .init("new", "NEW", 6, upTo: 16, left: true, sacrifice: 3, "the value that was asked for") { entry, _ in
      .text(entry.new ?? "")
    },
    .init("outcome", "OUTCOME", 8, upTo: 48, left: true, sacrifice: 5, "what became of it") { entry, _ in
      .text(entry.outcome, entry.kind.role)
    },
  ]
}
