extension DomainConfig {
  /// The config in the words of xl.cfg(5), a setting a line; what the config leaves open is left out.
  /// `DomainConfigFile.domain` makes the same config from it.
  public var fileText: String {
    SupportedKey.all.compactMap { key in key.write(self).map { "\(key.name) = \($0)\n" } }.joined()
  }

  static func list(_ sets: [CPUSet]) -> String {
    "[" + sets.map { quoted($0.description) }.joined(separator: ", ") + "]"
  }

  static func quoted(_ text: String) -> String {
    var quoted = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"", "\\": quoted += "\\" + String(scalar)
      case "\0"..<" ", "\u{7F}": quoted += "\\x" + (scalar.value < 16 ? "0" : "") + String(scalar.value, radix: 16)
      default: quoted.unicodeScalars.append(scalar)
      }
    }
    return quoted + "\""
  }
}
