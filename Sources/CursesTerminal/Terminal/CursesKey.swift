import CNcurses
import TerminalUI

/// ncurses' key codes as keys.
enum CursesKey {
  static func key(_ code: Int32) -> Key? {
    if let key = table[code] { return key }
    if (KEY_F0 + 1...KEY_F0 + 12).contains(code) { return Key(.function(Int(code - KEY_F0))) }
    if (KEY_F0 + 13...KEY_F0 + 24).contains(code) { return Key(.function(Int(code - KEY_F0) - 12), .shift) }
    if (KEY_F0 + 25...KEY_F0 + 36).contains(code) { return Key(.function(Int(code - KEY_F0) - 24), .control) }
    return keyname(code).flatMap { extended(String(cString: $0)) }
  }

  private static let table: [Int32: Key] = [
    KEY_ENTER: Key(.enter), KEY_BACKSPACE: Key(.backspace), KEY_BTAB: Key(.tab, .shift),
    KEY_UP: Key(.up), KEY_DOWN: Key(.down), KEY_LEFT: Key(.left), KEY_RIGHT: Key(.right),
    KEY_IC: Key(.insert), KEY_DC: Key(.delete), KEY_HOME: Key(.home), KEY_END: Key(.end),
    KEY_PPAGE: Key(.pageUp), KEY_NPAGE: Key(.pageDown),
    KEY_SR: Key(.up, .shift), KEY_SF: Key(.down, .shift), KEY_SLEFT: Key(.left, .shift),
    KEY_SRIGHT: Key(.right, .shift), KEY_SIC: Key(.insert, .shift), KEY_SDC: Key(.delete, .shift),
    KEY_SHOME: Key(.home, .shift), KEY_SEND: Key(.end, .shift), KEY_SPREVIOUS: Key(.pageUp, .shift),
    KEY_SNEXT: Key(.pageDown, .shift),
  ]

  private static let extendedNames: [String: Key.Code] = [
    "kUP": .up, "kDN": .down, "kLFT": .left, "kRIT": .right, "kHOM": .home, "kEND": .end, "kPRV": .pageUp,
    "kNXT": .pageDown, "kDC": .delete, "kIC": .insert,
  ]

  /// terminfo's extended names end in xterm's number for the modifiers: 1 and the sum of Shift 1, Alt 2, Control 4.
  private static func extended(_ name: String) -> Key? {
    guard let digit = name.last?.wholeNumberValue, (2...8).contains(digit),
      let code = extendedNames[String(name.dropLast())]
    else { return nil }
    return Key(code, Key.Modifiers(rawValue: UInt8(digit - 1)))
  }
}
