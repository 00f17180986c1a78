import Figures
import HypervisorModel
import TerminalUI

/// Columns of text as `xl` prints them, by the columns that they take on a terminal.
enum TextTable {
  /// Pads on the right to `width` or leaves a longer text whole.
  static func left(_ text: some CustomStringConvertible, _ width: Int) -> String {
    let (text, padding) = padded(text, width)
    return text + padding
  }

  /// Pads on the left to `width` or leaves a longer text whole.
  static func right(_ text: some CustomStringConvertible, _ width: Int) -> String {
    let (text, padding) = padded(text, width)
    return padding + text
  }

  private static func padded(_ text: some CustomStringConvertible, _ width: Int) -> (text: String, padding: String) {
    let text = MessageText.harmless(text.description)
    return (text, String(repeating: " ", count: max(width - TextWidth.of(text), 0)))
  }

  /// A span in seconds with one decimal.
  static func seconds(_ time: Nanoseconds) -> String {
    let tenths = time.rawValue / 100_000_000
    return "\(tenths / 10).\(tenths % 10)"
  }
}
