/// Cuts a config text into tokens, as xl's lexer does.
///
/// Works on bytes that are known to be UTF-8, in one pass and with no more state than a position.
struct ConfigLexer {
  enum Token: Equatable {
    case word(String), number(String), string(String)
    case equals, plus, comma, openList, closeList, newline, semicolon, end
  }

  private let bytes: [UInt8]
  private let file: String
  private var offset = 0
  private var line: Int
  private var column = 1

  /// `line` is the number of the text's first line.
  init(_ bytes: [UInt8], file: String, line: Int = 1) {
    self.bytes = bytes
    self.file = file
    self.line = line
    let byteOrderMark: [UInt8] = [0xEF, 0xBB, 0xBF]
    if bytes.starts(with: byteOrderMark) { offset = byteOrderMark.count }
  }

  /// Where the next byte stands.
  var position: SourcePosition { SourcePosition(file: file, line: line, column: column) }

  private func byte(ahead distance: Int = 0) -> UInt8? {
    let index = offset + distance
    return index < bytes.count ? bytes[index] : nil
  }

  /// Steps over one byte; bytes that continue a UTF-8 sequence are no columns of their own.
  private mutating func step() {
    guard let passed = byte() else { return }
    offset += 1
    if passed == UInt8(ascii: "\n") {
      line += 1
      column = 1
    } else if byte().map({ $0 & 0xC0 != 0x80 }) ?? true {
      column += 1
    }
  }

  /// The next token and where it starts.
  mutating func next() throws(ConfigError) -> (token: Token, position: SourcePosition) {
    try skipBlanks()
    let start = position
    guard let first = byte() else { return (.end, start) }
    switch first {
    case UInt8(ascii: "'"), UInt8(ascii: "\""): return (.string(try quotedString(quote: first)), start)
    case UInt8(ascii: "0")...UInt8(ascii: "9"): return (.number(run(while: Self.isWordByte)), start)
    case _ where Self.isWordByte(first): return (.word(run(while: Self.isWordByte)), start)
    default: break
    }
    guard let token = Self.mark(first) else {
      throw ConfigError(at: start, "unexpected \(describeCharacter()); strings need quotes, comments start with '#'")
    }
    step()
    return (token, start)
  }

  private static func mark(_ byte: UInt8) -> Token? {
    switch byte {
    case UInt8(ascii: "="): .equals
    case UInt8(ascii: "+"): .plus
    case UInt8(ascii: ","): .comma
    case UInt8(ascii: "["): .openList
    case UInt8(ascii: "]"): .closeList
    case UInt8(ascii: ";"): .semicolon
    case UInt8(ascii: "\n"): .newline
    default: nil
    }
  }

  private static func isWordByte(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"):
      true
    default: false
    }
  }

  private mutating func run(while belongs: (UInt8) -> Bool) -> String {
    let start = offset
    while let next = byte(), belongs(next) { step() }
    return String(decoding: bytes[start..<offset], as: UTF8.self)
  }

  /// Spaces, tabs, the CR of a CRLF, and comments up to their line's end.
  private mutating func skipBlanks() throws(ConfigError) {
    while let next = byte() {
      switch next {
      case UInt8(ascii: " "), UInt8(ascii: "\t"): step()
      case UInt8(ascii: "\r"):
        guard byte(ahead: 1) ?? UInt8(ascii: "\n") == UInt8(ascii: "\n") else { return }
        step()
      case UInt8(ascii: "#"):
        while let inside = byte(), inside != UInt8(ascii: "\n") {
          if inside == 0 { throw ConfigError(at: position, "a NUL byte: this is not a text file") }
          step()
        }
      default: return
      }
    }
  }

  /// The character at the present offset, for a message.
  private func describeCharacter() -> String {
    let rest = String(decoding: bytes[offset..<min(offset + 4, bytes.count)], as: UTF8.self)
    guard let scalar = rest.unicodeScalars.first else { return "end of the text" }
    if scalar.value == 0 { return "NUL byte" }
    return "'\(MessageText.printable(String(Character(scalar))))'"
  }
}

// MARK: - Strings

extension ConfigLexer {
  private mutating func quotedString(quote: UInt8) throws(ConfigError) -> String {
    let start = position
    step()
    var content: [UInt8] = []
    while true {
      guard let next = byte(), next != UInt8(ascii: "\n") else {
        let mark = quote == UInt8(ascii: "'") ? "'" : "\""
        throw ConfigError(at: start, "the string that starts here has no closing \(mark) on its line")
      }
      if next == 0 { throw ConfigError(at: position, "a string can't hold a NUL byte") }
      if next == UInt8(ascii: "\\") {
        content.append(try escape())
        continue
      }
      step()
      if next == quote { break }
      content.append(next)
    }
    guard let text = String(validating: content, as: UTF8.self) else {
      throw ConfigError(at: start, "the escapes in this string don't make valid UTF-8")
    }
    return text
  }

  /// One escape sequence; the present byte is its backslash.
  private mutating func escape() throws(ConfigError) -> UInt8 {
    let start = position
    step()
    let code = byte()
    switch code {
    case UInt8(ascii: "\""), UInt8(ascii: "'"), UInt8(ascii: "\\"):
      step()
      return code ?? 0
    case (UInt8(ascii: "0")...UInt8(ascii: "7"))?:
      return try numericEscape(digits: 1...3, radix: 8, at: start)
    case UInt8(ascii: "x"):
      step()
      return try numericEscape(digits: 2...2, radix: 16, at: start)
    default: break
    }
    guard let value = code.flatMap(Self.controlCharacter) else {
      throw ConfigError(
        at: start,
        "unknown escape; use \\\\ \\' \\\" \\a \\b \\f \\n \\r \\t \\v, \\xNN or octal \\NNN, or \\\\ for a backslash")
    }
    step()
    return value
  }

  private static func controlCharacter(_ letter: UInt8) -> UInt8? {
    switch letter {
    case UInt8(ascii: "a"): 0x07
    case UInt8(ascii: "b"): 0x08
    case UInt8(ascii: "f"): 0x0C
    case UInt8(ascii: "n"): 0x0A
    case UInt8(ascii: "r"): 0x0D
    case UInt8(ascii: "t"): 0x09
    case UInt8(ascii: "v"): 0x0B
    default: nil
    }
  }

  private mutating func numericEscape(
    digits: ClosedRange<Int>, radix: Int, at start: SourcePosition
  ) throws(ConfigError) -> UInt8 {
    var value = 0
    var count = 0
    while count < digits.upperBound, let next = byte(),
      let digit = Character(Unicode.Scalar(next)).hexDigitValue, digit < radix
    {
      value = value * radix + digit
      count += 1
      step()
    }
    guard digits.contains(count), let result = UInt8(exactly: value) else {
      throw ConfigError(at: start, "an escape is \\x and two hexadecimal digits, or \\ and octal digits up to \\377")
    }
    if result == 0 { throw ConfigError(at: start, "a string can't hold a NUL byte") }
    return result
  }
}

// MARK: - Bare values of the command line

extension ConfigLexer {
  /// Whether a value starts here that looks neither like a string in quotes nor like a list.
  mutating func isAtBareValue() throws(ConfigError) -> Bool {
    try skipBlanks()
    return byte().map { ![UInt8(ascii: "'"), UInt8(ascii: "\""), UInt8(ascii: "[")].contains($0) } ?? false
  }

  /// Everything up to the next `;` or line's end, without blanks around it.
  mutating func bareValue() -> (text: String, position: SourcePosition) {
    let start = position
    var end = offset
    let from = offset
    while let next = byte(), next != UInt8(ascii: ";"), next != UInt8(ascii: "\n") {
      step()
      if next != UInt8(ascii: " "), next != UInt8(ascii: "\t"), next != UInt8(ascii: "\r") { end = offset }
    }
    return (String(decoding: bytes[from..<end], as: UTF8.self), start)
  }
}
