/// One parameter of a scheduler: its name, unit, range and default stand here and nowhere else. Commands, palette, checks and
/// the wire read them.
///
/// A value is a whole number in the parameter's base unit: nanoseconds for times, 0 or 1 for switches.
public struct SchedulerParameter: Sendable {
  /// How a value is written and read.
  public enum Unit: Hashable, Sendable {
    case number
    /// Per cent of one pCPU.
    case percent
    /// The operator gives whole µs; the value is in ns.
    case microseconds
    /// The operator gives ms, with fractions; the value is in ns.
    case milliseconds
    /// `on` and `off`, or xl's 1 and 0.
    case flag
  }

  /// In the palette and on the wire.
  public let name: String
  /// In messages: `time slice`.
  public let title: String
  public let unit: Unit
  /// Legal values but for zero where it has a meaning of its own.
  public let range: ClosedRange<Int64>
  /// What zero means; nil where zero is legal only if the range has it.
  public let zero: String?
  public let standard: Int64
  /// What it does, without the range.
  public let help: String
  /// Where a domain keeps it; nil for a parameter of a pool.
  let place: Place?

  /// Reads and writes a parameter among all that a domain is set to.
  struct Place: Sendable {
    let get: @Sendable (SchedulingParameters) -> Int64
    let set: @Sendable (inout SchedulingParameters, Int64) -> Void

    init<Value: ParameterRepresentable>(_ path: WritableKeyPath<SchedulingParameters, Value> & Sendable) {
      get = { $0[keyPath: path].parameterValue }
      set = { $0[keyPath: path] = Value(parameterValue: $1) }
    }
  }

  init(
    _ name: String, title: String, _ unit: Unit, _ range: ClosedRange<Int64>, zero: String? = nil, standard: Int64,
    _ help: String, at place: Place? = nil
  ) {
    self.name = name
    self.title = title
    self.unit = unit
    self.range = range
    self.zero = zero
    self.standard = standard
    self.help = help
    self.place = place
  }

  /// The range of a parameter that is a time.
  public var times: ClosedRange<Nanoseconds> {
    Nanoseconds(UInt64(clamping: range.lowerBound))...Nanoseconds(UInt64(clamping: range.upperBound))
  }

  /// Whether a value is legal by itself.
  public func allows(_ value: Int64) -> Bool { range.contains(value) || (zero != nil && value == 0) }

  /// What is wrong with a value, with what would be right; nil where nothing is.
  public func fault(of value: Int64) -> String? {
    if allows(value) { return nil }
    return "a \(title) of \(text(value))\(suffix) is out of range; it must be \(rangeText)"
  }

  /// The legal values with their unit: `10 to 2147483647 µs`, `0 (off) or 100 to 500000 µs`.
  public var rangeText: String {
    if unit == .flag { return "on or off" }
    let others = range.lowerBound == range.upperBound ? "" : " to \(text(range.upperBound))"
    let meaning = zero.map { "0 (\($0)) or " } ?? ""
    return meaning + text(range.lowerBound) + others + suffix
  }

  /// What the operator is told of it: what it does, and the legal values.
  public var usage: String { "\(help), \(rangeText)" }

  /// A value as the operator writes it, without its unit.
  public func text(_ value: Int64) -> String {
    switch unit {
    case .number, .percent: String(value)
    case .microseconds: String(value / 1000)
    case .milliseconds: Nanoseconds(UInt64(clamping: value)).milliseconds
    case .flag: value == 0 ? "off" : "on"
    }
  }

  /// A value with its unit, as the event log shows it.
  public func shown(_ value: Int64) -> String { value == 0 ? zero ?? text(value) + suffix : text(value) + suffix }

  private var suffix: String {
    switch unit {
    case .number, .flag: ""
    case .percent: " %"
    case .microseconds: " µs"
    case .milliseconds: " ms"
    }
  }

  /// The value of a word that the operator wrote. Throws a refusal that names what would be right.
  public func value(_ word: String) throws(HypervisorError) -> Int64 {
    guard let value = number(word) else {
      throw .invalid("'\(MessageText.printable(word))' is not a valid \(title); it must be \(rangeText)")
    }
    if let fault = fault(of: value) { throw .invalid(fault) }
    return value
  }

  private func number(_ word: String) -> Int64? {
    switch unit {
    case .number, .percent: return Int64(word)
    case .microseconds:
      guard let number = Int64(word) else { return nil }
      let (value, overflow) = number.multipliedReportingOverflow(by: 1000)
      return overflow ? number.signum() * Int64.max : value
    case .milliseconds:
      guard let number = Double(word), number.isFinite else { return nil }
      return Int64((min(max(number, -1e12), 1e12) * 1e6).rounded())
    case .flag: return ["on": 1, "1": 1, "off": 0, "0": 0][word]
    }
  }
}

extension SchedulerParameter: Hashable {
  public static func == (a: SchedulerParameter, b: SchedulerParameter) -> Bool { a.name == b.name && a.unit == b.unit }
  public func hash(into hasher: inout Hasher) {
    hasher.combine(name)
    hasher.combine(unit)
  }
}

/// Parameters' values by their names. On the wire an object: `{"weight": 512}`.
public struct ParameterValues: Hashable, Sendable, ExpressibleByDictionaryLiteral {
  private var values: [String: Int64] = [:]

  public init() {}
  public init(dictionaryLiteral elements: (SchedulerParameter, Int64)...) {
    for (parameter, value) in elements { values[parameter.name] = value }
  }

  /// In the parameter's base unit; nil where it is not among them.
  public subscript(parameter: SchedulerParameter) -> Int64? {
    get { values[parameter.name] }
    set { values[parameter.name] = newValue }
  }

  public var isEmpty: Bool { values.isEmpty }
  /// The names of the parameters that have a value.
  public var names: Set<String> { Set(values.keys) }
}

extension ParameterValues: Codable {
  public init(from decoder: any Decoder) throws {
    values = try decoder.singleValueContainer().decode([String: Int64].self)
  }
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(values)
  }
}
