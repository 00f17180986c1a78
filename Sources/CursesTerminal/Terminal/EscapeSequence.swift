import TerminalUI

/// A sequence that the terminal sent and that terminfo doesn't know: another terminal's key, or an answer that nobody waits
/// for (ECMA-48, section 5.4; xterm's ctlseqs). Whatever it is, none of it is taken for keys of its own.
struct EscapeSequence {
  private enum Kind: Hashable {
    /// `ESC [`: parameters, and a final byte.
    case control
    /// `ESC O`: the same, of older terminals.
    case single
    /// `ESC ]`, `ESC P` and their like: text until BEL or `ESC \`.
    case text
  }

  private let kind: Kind
  private var parameters = ""
  private var final: Unicode.Scalar?
  /// Of a text: the scalar before was ESC.
  private var isEnding = false
  /// Scalars that still belong to it, whatever they are.
  private var rest = 0
  private(set) var isWhole = false

  /// Nil where no sequence begins with that after ESC.
  init?(_ scalar: Unicode.Scalar) {
    switch scalar {
    case "[": kind = .control
    case "O": kind = .single
    case "]", "P", "X", "^", "_": kind = .text
    default: return nil
    }
  }

  mutating func append(_ scalar: Unicode.Scalar) {
    if rest > 0 {
      rest -= 1
      isWhole = rest == 0
      if final == "[" { parameters = String(scalar) }
      return
    }
    if kind == .text {
      isWhole = scalar == "\u{7}" || (isEnding && scalar == "\\")
      isEnding = scalar == "\u{1B}"
      return
    }
    switch scalar {
    case " "..."?": if parameters.utf8.count < 32 { parameters.unicodeScalars.append(scalar) }
    default:
      final = scalar
      // The Linux console's function keys, and a mouse of the oldest kind.
      rest = kind == .control && parameters.isEmpty ? (scalar == "[" ? 1 : scalar == "M" ? 3 : 0) : 0
      isWhole = rest == 0
    }
  }

  /// The key that it stands for; nil if it is none that is known.
  var key: Key? {
    guard isWhole, kind != .text, let final else { return nil }
    if final == "[" {
      return parameters.unicodeScalars.first.flatMap { Self.function(Int($0.value) - 0x40, of: 1...5) }
    }
    let numbers = parameters.split(separator: ";", omittingEmptySubsequences: false).map { Int($0) ?? 1 }
    // Single keys have no number of their own before the modifiers.
    let place = kind == .single ? 0 : 1
    let modifiers = Self.modifiers(numbers.indices.contains(place) ? numbers[place] : 1)
    switch final {
    case "~" where numbers.count == 3 && numbers[0] == 27: return Self.typed(numbers[2], modifiers)
    case "u": return Self.typed(numbers.first ?? 0, modifiers)
    case "~": return Self.numbered[numbers.first ?? 0].map { Key($0, modifiers) }
    case "Z": return Key(.tab, .shift)
    // What says where the cursor is looks like a function key.
    case _ where kind == .control && numbers.first ?? 1 != 1: return nil
    case "P"..."S": return Key(.function(Int(final.value) - 0x4F), modifiers)
    default: return Self.lettered[final].map { Key($0, modifiers) }
    }
  }

  private static let lettered: [Unicode.Scalar: Key.Code] = [
    "A": .up, "B": .down, "C": .right, "D": .left, "H": .home, "F": .end,
  ]

  private static let numbered: [Int: Key.Code] = {
    var codes: [Int: Key.Code] = [
      1: .home, 2: .insert, 3: .delete, 4: .end, 5: .pageUp, 6: .pageDown, 7: .home, 8: .end,
    ]
    for (index, number) in [11, 12, 13, 14, 15, 17, 18, 19, 20, 21, 23, 24].enumerated() {
      codes[number] = .function(index + 1)
    }
    return codes
  }()

  private static func function(_ number: Int, of range: ClosedRange<Int>) -> Key? {
    range.contains(number) ? Key(.function(number)) : nil
  }

  /// xterm's number: 1 and the sum of Shift 1, Alt 2, Control 4; what else there is counts for nothing.
  private static func modifiers(_ number: Int) -> Key.Modifiers {
    Key.Modifiers(rawValue: UInt8(truncatingIfNeeded: max(number - 1, 0) & 7))
  }

  /// A character's key, as terminals send it that tell all modifiers apart.
  private static func typed(_ code: Int, _ modifiers: Key.Modifiers) -> Key? {
    switch code {
    case 9: return Key(.tab, modifiers)
    case 13: return Key(.enter, modifiers)
    case 27: return Key(.escape, modifiers)
    case 127: return Key(.backspace, modifiers)
    default:
      guard let scalar = UInt32(exactly: code).flatMap(Unicode.Scalar.init), scalar.value > 0x1F,
        // Private use: keys that Domus doesn't know.
        !(0xE000...0xF8FF).contains(scalar.value)
      else { return nil }
      var key = Key.character(scalar)
      // The character has the shift in it already.
      key.modifiers = modifiers.subtracting(.shift)
      return key
    }
  }
}
