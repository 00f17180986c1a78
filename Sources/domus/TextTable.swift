import HypervisorModel

/// Columns of text as `xl` prints them.
enum TextTable {
  /// Pads on the right to `width` or leaves a longer text whole.
  static func left(_ text: some CustomStringConvertible, _ width: Int) -> String {
    let text = text.description
    return text + String(repeating: " ", count: max(width - text.count, 0))
  }

  /// Pads on the left to `width` or leaves a longer text whole.
  static func right(_ text: some CustomStringConvertible, _ width: Int) -> String {
    let text = text.description
    return String(repeating: " ", count: max(width - text.count, 0)) + text
  }

  /// A span in seconds with one decimal.
  static func seconds(_ time: Nanoseconds) -> String {
    let tenths = time.rawValue / 100_000_000
    return "\(tenths / 10).\(tenths % 10)"
  }
}
