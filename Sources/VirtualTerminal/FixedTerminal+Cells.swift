import CVTerm

extension FixedTerminal {
  /// libvterm's mark of the cell behind the left half of a wide character.
  static let continuation = UInt32.max

  static func cells(of raw: [VTermScreenCell], columns: Int, isReversed: Bool = false) -> [ConsoleCell] {
    var cells: [ConsoleCell] = []
    cells.reserveCapacity(columns)
    for index in 0..<columns {
      guard index < raw.count else {
        cells.append(.blank)
        continue
      }
      let flat = withUnsafePointer(to: raw[index]) { cvterm_flatten($0) }
      var style = Self.style(of: flat)
      if isReversed { style.attributes.formSymmetricDifference(.reverse) }
      if flat.chars.0 == continuation {
        let isSecondHalf = cells.last?.width == 2
        cells.append(ConsoleCell(text: isSecondHalf ? "" : " ", width: isSecondHalf ? 0 : 1, style: style))
      } else {
        let isWide = flat.width == 2 && index + 1 < columns && index + 1 < raw.count
        cells.append(ConsoleCell(text: text(of: flat), width: isWide ? 2 : 1, style: style))
      }
    }
    return cells
  }

  private static func text(of flat: CVTermFlatCell) -> String {
    var text = String.UnicodeScalarView()
    withUnsafeBytes(of: flat.chars) { raw in
      for value in raw.bindMemory(to: UInt32.self) {
        guard value != 0 else { break }
        guard let scalar = Unicode.Scalar(value), isPrintable(scalar) else {
          if text.isEmpty { text.append("\u{FFFD}") }
          continue
        }
        text.append(scalar)
      }
    }
    return text.isEmpty ? " " : String(text)
  }

  /// False for C0, C1 and delete, and for what reorders or hides text on the operator's terminal.
  private static func isPrintable(_ scalar: Unicode.Scalar) -> Bool {
    if (0x20..<0x7F).contains(scalar.value) { return true }
    if scalar.value < 0xA0 { return false }
    switch scalar.properties.generalCategory {
    case .control, .format, .surrogate, .lineSeparator, .paragraphSeparator, .unassigned, .privateUse: return false
    default: return true
    }
  }

  private static func style(of flat: CVTermFlatCell) -> ConsoleStyle {
    ConsoleStyle(
      foreground: color(kind: flat.foreground_kind, value: flat.foreground),
      background: color(kind: flat.background_kind, value: flat.background),
      attributes: ConsoleStyle.Attributes(rawValue: flat.attributes))
  }

  private static func color(kind: UInt8, value: UInt32) -> ConsoleStyle.Color {
    switch UInt32(kind) {
    case UInt32(CVTERM_COLOR_INDEXED): .palette(UInt8(truncatingIfNeeded: value))
    case UInt32(CVTERM_COLOR_RGB):
      .rgb(
        UInt8(truncatingIfNeeded: value >> 16), UInt8(truncatingIfNeeded: value >> 8), UInt8(truncatingIfNeeded: value))
    default: .standard
    }
  }
}
