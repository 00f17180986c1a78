/// Bounds how much one source can write into the log, and all sources together: what goes beyond is counted, and said in
/// one line when the interval is over. A guest or a peer that causes a line again and again can't fill a disk.
package struct LogLimiter {
  private struct Source {
    var written = 0
    var suppressed = 0
    var last = ""
  }

  package static let interval = Duration.seconds(60)
  /// Lines in an interval.
  package static let linesOfSource = 20
  package static let linesOfAll = 400
  /// Sources that are told apart.
  private static let sourceLimit = 256
  private static let others = ""

  private var start: ContinuousClock.Instant?
  private var sources: [String: Source] = [:]
  private var written = 0

  package init() {}

  /// Whether the line is written. `source`: lines of the same one say the same, about other moments.
  package mutating func admits(_ line: String, of source: String, at now: ContinuousClock.Instant) -> Bool {
    if start == nil { start = now }
    let known = sources[source] != nil || sources.count < Self.sourceLimit
    let key = known ? source : Self.others
    guard sources[key, default: Source()].written < Self.linesOfSource, written < Self.linesOfAll else {
      sources[key, default: Source()].suppressed += 1
      sources[key]?.last = line
      return false
    }
    sources[key, default: Source()].written += 1
    written += 1
    return true
  }

  /// When the interval is over, if one has begun.
  package var deadline: ContinuousClock.Instant? { start.map { $0 + Self.interval } }

  /// What the interval that is over has left out, a line for each source; a new one begins with the next line.
  package mutating func endInterval() -> [String] {
    let left = sources.values.filter { $0.suppressed > 0 }.map {
      "… \($0.suppressed) more like this in the last minute: \($0.last)"
    }
    self = LogLimiter()
    return left.sorted()
  }
}
