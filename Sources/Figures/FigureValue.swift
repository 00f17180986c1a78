import HypervisorModel

/// The value of a figure, with its unit, and how it is printed: for people in a table, for programs in a record.
package enum FigureValue: Hashable, Sendable {
  /// The host has no such figure.
  case none
  case text(String)
  /// xentop's letters for people, a word for programs.
  case state(DomainState)
  case count(UInt64)
  /// With a fixed number of decimals.
  case fixed(Double, decimals: Int)
  case seconds(Nanoseconds)
  /// Microseconds to seconds.
  case duration(Nanoseconds)
  /// Days, hours, minutes.
  case uptime(Double)
  /// Seconds since midnight, or since any midnight.
  case timeOfDay(Double)
  /// In KiB for people, as xentop shows it.
  case memory(Bytes)
  /// Bytes per second.
  case rate(Double)
  /// A limit that is none.
  case unlimited(String)
  /// Parts of one over time, the newest last.
  case graph([Double])
  /// A part of one as a bar.
  case bar(Double)

  package static func count(_ count: some BinaryInteger) -> FigureValue { .count(UInt64(clamping: count)) }

  /// A part of one, in per cent; none where it is not known.
  package static func percent(_ part: Double?) -> FigureValue { part.map { .fixed($0 * 100, decimals: 1) } ?? .none }

  package static func percent(_ part: Bytes, of whole: Bytes) -> FigureValue {
    whole == .zero ? .none : .percent(Double(part.rawValue) / Double(whole.rawValue))
  }

  /// A sum of counters; none where a part of it is none.
  package static func sum(
    _ counters: [UInt64?], in unit: (UInt64) -> FigureValue = { .count($0) }
  ) -> FigureValue {
    counters.total.map(unit) ?? .none
  }

  // MARK: For people

  /// At most `width` columns where that is possible; graphs and bars have no text.
  package func text(width: Int = .max, none: String) -> String {
    switch self {
    case .none: return none
    case .text(let text): return text
    case .state(let state): return state.flags
    case .count(let count): return Format.count(count, width: width)
    case .fixed(let number, let decimals): return Format.fixed(number, decimals: decimals)
    case .seconds(let time): return Self.fitting(width, time.seconds)
    case .duration(let time): return Format.duration(time)
    case .uptime(let seconds): return Format.shortUptime(seconds)
    case .timeOfDay(let seconds): return Format.timeOfDay(seconds)
    case .memory(let bytes):
      let text = String(bytes.kibibytes)
      return text.utf8.count <= width ? text : Format.bytes(bytes)
    case .rate(let rate): return Format.rate(rate)
    case .unlimited(let word): return word
    case .graph, .bar: return ""
    }
  }

  private static func fitting(_ width: Int, _ number: Double) -> String {
    let text = Format.fixed(number)
    return text.utf8.count <= width ? text : Format.fixed(number, decimals: 0)
  }

  // MARK: For programs

  /// What a record in CSV or JSON has of it.
  package enum Field: Hashable, Sendable {
    case null
    case text(String)
    case integer(UInt64)
    case number(Double)
  }

  /// In bytes and seconds; what is computed has two decimals.
  package var field: Field {
    switch self {
    case .none, .unlimited, .graph, .bar: .null
    case .text(let text): .text(text)
    case .state(let state): .text(state.word)
    case .count(let count): .integer(count)
    case .memory(let bytes): .integer(bytes.rawValue)
    case .seconds(let time), .duration(let time): .number(time.seconds)
    case .fixed(let number, _), .uptime(let number), .timeOfDay(let number), .rate(let number):
      number.isFinite ? .number((number * 100).rounded() / 100) : .null
    }
  }

  // MARK: Order

  /// What orders it among the other values of its column.
  package enum Key: Hashable {
    case number(Double)
    case text(String)
    /// After all others, whichever way is sorted.
    case none

    /// Nil where both are the same.
    package static func precedes(_ a: Key, _ b: Key, descending: Bool) -> Bool? {
      switch (a, b) {
      case (.none, .none): nil
      case (.none, _): false
      case (_, .none): true
      case (.number(let a), .number(let b)): a == b ? nil : (a < b) != descending
      case (.text(let a), .text(let b)): a == b ? nil : (a < b) != descending
      case (.number, .text): !descending
      case (.text, .number): descending
      }
    }
  }

  package var key: Key {
    switch self {
    case .none, .graph: .none
    case .text(let text): .text(text)
    case .state(let state): .text(state.flags)
    case .count(let count): .number(Double(count))
    case .fixed(let number, _), .uptime(let number), .timeOfDay(let number), .rate(let number), .bar(let number):
      number.isFinite ? .number(number) : .none
    case .seconds(let time), .duration(let time): .number(time.seconds)
    case .memory(let bytes): .number(Double(bytes.kibibytes))
    case .unlimited: .number(.infinity)
    }
  }
}
