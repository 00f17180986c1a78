/// A value of a TOML document (TOML 1.0.0).
package struct TOMLValue: Hashable, Sendable {
  package enum Content: Hashable, Sendable {
    case string(String)
    case integer(Int64)
    case float(Double)
    case boolean(Bool)
    /// A date, a time or both, as they were written.
    case dateTime(String)
    case array([TOMLValue])
    case table(TOMLTable)
  }

  package var content: Content
  /// Where its key stands or, in an array, the value itself; from 1.
  package var line: Int

  package init(_ content: Content, line: Int) {
    self.content = content
    self.line = line
  }

  package var string: String? {
    if case .string(let text) = content { text } else { nil }
  }

  package var integer: Int64? {
    if case .integer(let number) = content { number } else { nil }
  }

  /// A whole number counts too.
  package var number: Double? {
    switch content {
    case .float(let number): number
    case .integer(let number): Double(number)
    default: nil
    }
  }

  package var array: [TOMLValue]? {
    if case .array(let values) = content { values } else { nil }
  }

  package var table: TOMLTable? {
    if case .table(let table) = content { table } else { nil }
  }
}

/// Keys and their values, in the order in which the keys first appear.
package struct TOMLTable: Hashable, Sendable {
  package private(set) var keys: [String] = []
  private var values: [String: TOMLValue] = [:]

  package init() {}

  package subscript(key: String) -> TOMLValue? { values[key] }

  /// Sets a key that isn't there yet.
  mutating func add(_ key: String, _ value: TOMLValue) {
    if values.updateValue(value, forKey: key) == nil { keys.append(key) }
  }

  /// The line of a key, by the names of the tables that it is in; failing that, that of the innermost of them that is there.
  package func line(of path: some Collection<String>) -> Int? {
    guard let name = path.first, let value = values[name] else { return nil }
    return value.table?.line(of: path.dropFirst()) ?? value.line
  }
}
