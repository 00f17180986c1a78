import Figures
import TerminalUI

extension Settings {
  private static let width = 118

  /// All values as a configuration file, each with where it comes from.
  public var text: String {
    var lines = [
      Self.line("theme", Self.quoted(theme.value), theme.source),
      Self.line("refresh", Self.seconds(refresh.value.rawValue), refresh.source),
      Self.line("charset", Self.quoted(charset.value?.rawValue ?? "auto"), charset.source),
    ]
    lines += Self.lines("columns", columns.value.map(\.rawValue), columns.source)
    lines.append(Self.line("sort", Self.quoted(sort.value.text), sort.source))
    lines += Self.lines("confirm", confirm.value.map(\.rawValue).sorted(), confirm.source)
    lines += ["", "[console]"]
    lines.append(Self.line("detach", Self.quoted(detach.value.name), detach.source))
    lines.append(Self.line("prefix", Self.quoted(prefix.value.name), prefix.source))
    lines += ["", "[keys]"]
    for name in KeyMap.commandNames {
      let own = keys[name]
      let shown = (own?.value ?? KeyMap.standardKeys(of: name) ?? []).map(\.name)
      lines += Self.lines(name, shown, own?.source ?? .standard)
    }
    lines += ["", "[host]"]
    let limit = memoryLimit.value.map { "\($0.mebibytes)m" } ?? "auto"
    lines.append(Self.line("memory_limit", Self.quoted(limit), memoryLimit.source))
    lines.append(Self.line("overcommit", "\(overcommit.value)", overcommit.source))
    return lines.joined(separator: "\n") + "\n"
  }

  /// The file of what the program has saved: what isn't a default.
  var savedText: String {
    var lines = ["# Written by domus (:save-columns, :save-theme). What config.toml says goes first."]
    if theme.source != .standard { lines.append("theme = \(Self.quoted(theme.value))") }
    if columns.source != .standard { lines += Self.list("columns", columns.value.map(\.rawValue)) }
    if sort.source != .standard { lines.append("sort = \(Self.quoted(sort.value.text))") }
    return lines.joined(separator: "\n") + "\n"
  }

  private static func line(_ name: String, _ value: String, _ source: SettingSource) -> String {
    "\(name) = \(value)".padded(to: 32) + "# \(source)"
  }

  /// Of more than one line, the source stands above.
  private static func lines(_ name: String, _ words: [String], _ source: SettingSource) -> [String] {
    let list = list(name, words)
    guard list.count > 1 else { return [list[0].padded(to: 32) + "# \(source)"] }
    return ["# \(source)"] + list
  }

  private static func list(_ name: String, _ words: [String]) -> [String] {
    var lines = ["\(name) = ["]
    for (index, word) in words.enumerated() {
      let piece = quoted(word) + (index + 1 < words.count ? "," : "]")
      if let last = lines.last, last.count + piece.count + 1 > width {
        lines.append("  " + piece)
      } else {
        lines[lines.count - 1] += (lines[lines.count - 1].hasSuffix("[") ? "" : " ") + piece
      }
    }
    if words.isEmpty { lines[0] += "]" }
    return lines
  }

  /// A basic string (TOML 1.0.0, "String").
  private static func quoted(_ text: String) -> String {
    var quoted = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": quoted += "\\\""
      case "\\": quoted += "\\\\"
      case _ where scalar.value < 0x20 || scalar.value == 0x7F:
        let digits = String(scalar.value, radix: 16)
        quoted += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: quoted.unicodeScalars.append(scalar)
      }
    }
    return quoted + "\""
  }

  /// Without zeros at the end, to the millisecond.
  private static func seconds(_ nanoseconds: UInt64) -> String {
    var text = Format.fixed(Double(nanoseconds) / 1e9, decimals: 3)
    while text.hasSuffix("0"), !text.hasSuffix(".0") { text.removeLast() }
    return text
  }
}

extension String {
  /// With a blank at the end in any case.
  fileprivate func padded(to width: Int) -> String { self + String(repeating: " ", count: max(width - count, 1)) }
}
