import CVTerm

extension FixedTerminal {
  /// The most bytes that one special key makes.
  private static let keyLimit = 64

  func encode(_ key: Key) -> [UInt8] {
    if case .character(let scalar) = key.code { return Self.encode(scalar, key.modifiers) }
    guard let code = Self.keyCode(key.code) else { return [] }
    var modifiers = VTERM_MOD_NONE.rawValue
    if key.modifiers.contains(.shift) { modifiers |= VTERM_MOD_SHIFT.rawValue }
    if key.modifiers.contains(.alt) { modifiers |= VTERM_MOD_ALT.rawValue }
    if key.modifiers.contains(.control) { modifiers |= VTERM_MOD_CTRL.rawValue }
    return collecting(limit: Self.keyLimit) { $0.pressKey(code, VTermModifier(rawValue: modifiers)) }
  }

  /// What begins a paste; nothing if the guest does not want to know.
  var pasteStart: [UInt8] { collecting(limit: Self.keyLimit) { $0.startPaste() } }

  /// Control characters other than tab and line ends are left out: none can end the bracket.
  func encode(paste text: String) -> [UInt8] {
    var bytes = pasteStart
    var previous: Unicode.Scalar = " "
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\n": if previous != "\r" { bytes.append(0x0D) }
      case "\r", "\t": bytes.append(UInt8(truncatingIfNeeded: scalar.value))
      case _ where scalar.properties.generalCategory == .control: break
      default: bytes += UTF8.encode(scalar).map(Array.init) ?? []
      }
      previous = scalar
    }
    return bytes + collecting(limit: Self.keyLimit) { $0.endPaste() }
  }

  /// Ctrl gives the control byte that every serial line knows; libvterm's own encoding (CSI u) would confuse a getty.
  private static func encode(_ scalar: Unicode.Scalar, _ modifiers: Key.Modifiers) -> [UInt8] {
    var bytes = UTF8.encode(scalar).map(Array.init) ?? []
    if modifiers.contains(.control) {
      switch scalar.value {
      case 0x40...0x5F, 0x61...0x7A: bytes = [UInt8(truncatingIfNeeded: scalar.value & 0x1F)]
      case 0x20: bytes = [0]
      case 0x3F: bytes = [0x7F]
      default: break
      }
    }
    return modifiers.contains(.alt) ? [0x1B] + bytes : bytes
  }

  private static func keyCode(_ code: Key.Code) -> VTermKey? {
    switch code {
    case .character: nil
    case .enter: VTERM_KEY_ENTER
    case .tab: VTERM_KEY_TAB
    case .backspace: VTERM_KEY_BACKSPACE
    case .escape: VTERM_KEY_ESCAPE
    case .up: VTERM_KEY_UP
    case .down: VTERM_KEY_DOWN
    case .left: VTERM_KEY_LEFT
    case .right: VTERM_KEY_RIGHT
    case .insert: VTERM_KEY_INS
    case .delete: VTERM_KEY_DEL
    case .home: VTERM_KEY_HOME
    case .end: VTERM_KEY_END
    case .pageUp: VTERM_KEY_PAGEUP
    case .pageDown: VTERM_KEY_PAGEDOWN
    case .function(let number):
      (1...24).contains(number) ? VTermKey(rawValue: VTERM_KEY_FUNCTION_0.rawValue + UInt32(number)) : nil
    }
  }
}
