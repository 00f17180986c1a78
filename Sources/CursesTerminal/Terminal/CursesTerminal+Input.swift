import CNcurses
import Glibc
import TerminalUI

extension CursesTerminal {
  /// A paste that has begun and not ended.
  struct Paste {
    private(set) var text = String.UnicodeScalarView()
    private var count = 0
    private(set) var grewAt = ContinuousClock.now

    /// The most that one paste may bring.
    static let limit = 1 << 20
    /// A terminal that never says that the paste has ended must not swallow the keyboard.
    static let patience = Duration.seconds(2)

    mutating func append(_ scalar: Unicode.Scalar) {
      grewAt = .now
      guard count < Self.limit else { return }
      count += 1
      text.append(scalar)
    }
  }

  /// What was typed since the last call, without waiting.
  func readEvents() -> [UIEvent] {
    var events: [UIEvent] = []
    var value: UInt32 = 0
    while true {
      switch Int(curses_read(&value)) {
      case Int(CURSES_CHARACTER): if let event = character(value) { events.append(event) }
      case Int(CURSES_KEY): if let event = special(Int32(bitPattern: value)) { events.append(event) }
      default:
        if let event = abandonedPaste() { events.append(event) }
        return events
      }
    }
  }

  private func character(_ value: UInt32) -> UIEvent? {
    guard let scalar = Unicode.Scalar(value) else { return nil }
    if paste != nil {
      paste?.append(scalar)
      return nil
    }
    guard value == 0x1B else { return .key(Self.key(scalar)) }
    // Escape and something at once is Alt, or a sequence that terminfo doesn't know.
    var next: UInt32 = 0
    switch Int(curses_read(&next)) {
    case Int(CURSES_CHARACTER):
      guard let scalar = Unicode.Scalar(next) else { return .key(Key(.escape)) }
      if let sequence = EscapeSequence(scalar) { return rest(of: sequence, after: scalar) }
      guard case .key(var key)? = character(next) else { return .key(Key(.escape)) }
      if key != Key(.escape) { key.modifiers.insert(.alt) }
      return .key(key)
    case Int(CURSES_KEY):
      guard case .key(var key) = special(Int32(bitPattern: next)) else { return .key(Key(.escape)) }
      key.modifiers.insert(.alt)
      return .key(key)
    default: return .key(Key(.escape))
    }
  }

  /// Reads a sequence to its end. One that breaks off was none, if nothing came at all: Alt and a bracket.
  private func rest(of begun: EscapeSequence, after first: Unicode.Scalar) -> UIEvent? {
    var sequence = begun
    var isEmpty = true
    while !sequence.isWhole {
      var next: UInt32 = 0
      guard readSoon(&next), let scalar = Unicode.Scalar(next) else {
        guard isEmpty else { return nil }
        var key = Self.key(first)
        key.modifiers.insert(.alt)
        return .key(key)
      }
      isEmpty = false
      sequence.append(scalar)
    }
    return sequence.key.map(UIEvent.key)
  }

  /// The next character of a sequence, which may come in several packets.
  private func readSoon(_ value: inout UInt32) -> Bool {
    if Int(curses_read(&value)) == Int(CURSES_CHARACTER) { return true }
    Milliseconds.wait(for: STDIN_FILENO, 25)
    return Int(curses_read(&value)) == Int(CURSES_CHARACTER)
  }

  /// What a byte below the blank, or a character, was typed with.
  private static func key(_ scalar: Unicode.Scalar) -> Key {
    switch scalar.value {
    case 0: return .control(" ")
    case 0x08, 0x7F: return Key(.backspace)
    case 0x09: return Key(.tab)
    case 0x0D: return Key(.enter)
    case 0x1B: return Key(.escape)
    case 0x01...0x1A: return .control(Unicode.Scalar(UInt8(scalar.value) + 0x60))
    case 0x1C...0x1F: return .control(Unicode.Scalar(UInt8(scalar.value) + 0x40))
    default: return .character(scalar)
    }
  }

  private func special(_ code: Int32) -> UIEvent? {
    switch code {
    case Self.pasteBegins:
      paste = Paste()
      return nil
    case Self.pasteEnds: return endPaste()
    // Text that looks like a key is no key.
    case _ where paste != nil: return nil
    case KEY_MOUSE: return mouse()
    // The terminal's size comes by the signal.
    case KEY_RESIZE: return nil
    default: return CursesKey.key(code).map(UIEvent.key)
    }
  }

  private func endPaste() -> UIEvent? {
    defer { paste = nil }
    return paste.map { .paste(String($0.text)) }
  }

  private func abandonedPaste() -> UIEvent? {
    guard let paste, paste.grewAt.duration(to: .now) > Paste.patience else { return nil }
    return endPaste()
  }

  private func mouse() -> UIEvent? {
    var row: Int32 = 0
    var column: Int32 = 0
    let kind = Int(curses_read_mouse(&row, &column))
    let position = Position(column: Int(column), row: Int(row))
    switch kind {
    case Int(CURSES_MOUSE_PRESS): return .mouse(MouseEvent(.press, at: position))
    case Int(CURSES_MOUSE_WHEEL_UP): return .mouse(MouseEvent(.wheelUp, at: position))
    case Int(CURSES_MOUSE_WHEEL_DOWN): return .mouse(MouseEvent(.wheelDown, at: position))
    default: return nil
    }
  }
}
