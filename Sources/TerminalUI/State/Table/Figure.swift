import HypervisorModel

/// What a column says of a row: one value for the screen, the order and the filter.
struct Figure {
  enum Value {
    /// The host has no such figure.
    case none
    case text(String)
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
    /// In KiB, as xentop shows it.
    case kibibytes(Bytes)
    /// Bytes per second.
    case rate(Double)
    /// A limit that is none.
    case unlimited(String)
    /// Parts of one over time, the newest last.
    case graph([Double])
    /// A part of one as a bar.
    case bar(Double)
  }

  var value: Value
  var role = ThemeRole.text

  static let none = Figure(value: .none, role: .dim)
  static func text(_ text: String, _ role: ThemeRole = .text) -> Figure { Figure(value: .text(text), role: role) }
  static func count(_ count: some BinaryInteger, _ role: ThemeRole = .text) -> Figure {
    Figure(value: .count(UInt64(clamping: count)), role: role)
  }
  static func kibibytes(_ bytes: Bytes) -> Figure { Figure(value: .kibibytes(bytes)) }

  /// A share of one in per cent, its colour by how much of `full` it is.
  static func percent(_ share: Double?, of full: Double = 1) -> Figure {
    guard let share else { return .none }
    let role: ThemeRole = share < 0.0005 ? .dim : .gauge(full > 0 ? share / full : 0)
    return Figure(value: .fixed(share * 100, decimals: 1), role: role)
  }

  /// Bytes or requests per second.
  static func rate(_ rate: Double?) -> Figure {
    guard let rate else { return .none }
    return Figure(value: .rate(rate), role: rate < 0.5 ? .dim : .text)
  }

  /// A sum of counters; none where a part of it is none.
  static func sum(_ counters: [UInt64?], unit: (UInt64) -> Figure = { .count($0) }) -> Figure {
    counters.total.map(unit) ?? .none
  }

  /// As text of at most `width` columns where that is possible; graphs and bars have none.
  func text(width: Int, none: String) -> String {
    switch value {
    case .none: return none
    case .text(let text): return text
    case .count(let count): return Format.count(count, width: width)
    case .fixed(let number, let decimals): return Format.fixed(number, decimals: decimals)
    case .seconds(let time): return Self.fitting(width, time.seconds)
    case .duration(let time): return Format.duration(time)
    case .uptime(let seconds): return Format.shortUptime(seconds)
    case .timeOfDay(let seconds): return Format.timeOfDay(seconds)
    case .kibibytes(let bytes):
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

  /// What orders it among the other figures of its column.
  enum Key: Hashable {
    case number(Double)
    case text(String)
    /// After all others, whichever way is sorted.
    case none

    /// Nil where both are the same.
    static func precedes(_ a: Key, _ b: Key, descending: Bool) -> Bool? {
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

  var key: Key {
    switch value {
    case .none, .graph: .none
    case .text(let text): .text(text)
    case .count(let count): .number(Double(count))
    case .fixed(let number, _), .uptime(let number), .timeOfDay(let number), .rate(let number), .bar(let number):
      number.isFinite ? .number(number) : .none
    case .seconds(let time), .duration(let time): .number(time.seconds)
    case .kibibytes(let bytes): .number(Double(bytes.kibibytes))
    case .unlimited: .number(.infinity)
    }
  }
}
