/// A place in a document's bytes, and the reading of keys and of values that hold no others.
struct TOMLScanner {
  private let bytes: [UInt8]
  private var offset = 0
  /// From 1.
  private(set) var line = 1

  init(_ text: String) { bytes = Array(text.utf8) }

  /// The next byte; nil at the end.
  var byte: UInt8? { offset < bytes.count ? bytes[offset] : nil }

  private func byte(ahead distance: Int) -> UInt8? {
    offset + distance < bytes.count ? bytes[offset + distance] : nil
  }

  mutating func step() {
    guard let passed = byte else { return }
    offset += 1
    if passed == UInt8(ascii: "\n") { line += 1 }
  }

  /// Steps over the byte if it is the next one.
  mutating func skip(_ wanted: UInt8) -> Bool {
    guard byte == wanted else { return false }
    step()
    return true
  }

  mutating func run(while belongs: (UInt8) -> Bool) -> ArraySlice<UInt8> {
    let start = offset
    while let next = byte, belongs(next) { step() }
    return bytes[start..<offset]
  }

  // MARK: Mistakes

  func mistake(_ problem: String) -> TOMLError { TOMLError(line: line, problem: problem) }

  /// "expected …, found …"
  func expected(_ wanted: String) -> TOMLError { mistake("expected \(wanted), found \(found)") }

  /// The character at the present place, in a message.
  private var found: String {
    guard let next = byte else { return "the end of the file" }
    if next == UInt8(ascii: "\n") || next == UInt8(ascii: "\r") { return "the end of the line" }
    let rest = String(decoding: bytes[offset..<min(offset + 4, bytes.count)], as: UTF8.self)
    return shown(String(rest.unicodeScalars.prefix(1)))
  }

  // MARK: What has no meaning

  mutating func skipBlanks() {
    while let next = byte, next == UInt8(ascii: " ") || next == UInt8(ascii: "\t") { step() }
  }

  /// Blanks, comments and the ends of lines.
  mutating func skipLines() throws(TOMLError) {
    while true {
      skipBlanks()
      switch byte {
      case UInt8(ascii: "#"), UInt8(ascii: "\n"), UInt8(ascii: "\r"): try endLine()
      default: return
      }
    }
  }

  /// What may still stand in a line, and its end.
  mutating func endLine() throws(TOMLError) {
    skipBlanks()
    if skip(UInt8(ascii: "#")) {
      while let next = byte, next != UInt8(ascii: "\n") {
        if Self.isControl(next), !isCarriageReturnOfLineEnd { throw mistake("a control character in a comment") }
        step()
      }
    }
    if isCarriageReturnOfLineEnd { step() }
    guard byte == nil || skip(UInt8(ascii: "\n")) else { throw expected("the end of the line") }
  }

  var isCarriageReturnOfLineEnd: Bool {
    byte == UInt8(ascii: "\r") && byte(ahead: 1) == UInt8(ascii: "\n")
  }

  /// Apart from the tab.
  static func isControl(_ byte: UInt8) -> Bool { byte < 0x20 && byte != UInt8(ascii: "\t") || byte == 0x7F }

  // MARK: Keys

  /// A bare or a quoted key.
  mutating func simpleKey() throws(TOMLError) -> String {
    if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "'") { return try shortString() }
    let key = run(while: Self.isKeyByte)
    guard !key.isEmpty else { throw expected("a key") }
    return String(decoding: key, as: UTF8.self)
  }

  private static func isKeyByte(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"):
      true
    default: false
    }
  }

  // MARK: Values

  /// A string, a number, a boolean, a date or a time.
  mutating func scalar() throws(TOMLError) -> TOMLValue.Content {
    if let quote = byte, quote == UInt8(ascii: "\"") || quote == UInt8(ascii: "'") {
      let isLong = byte(ahead: 1) == quote && byte(ahead: 2) == quote
      return .string(isLong ? try longString() : try shortString())
    }
    let start = offset
    var word = run(while: Self.isWordByte)
    // A date and its time may have a blank in between.
    if word.count == 10, byte == UInt8(ascii: " "), byte(ahead: 1).map(TOMLScalar.isDigit) == true,
      TOMLScalar.isDateTime(word)
    {
      step()
      _ = run(while: Self.isWordByte)
      word = bytes[start..<offset]
    }
    guard !word.isEmpty else { throw expected("a value") }
    guard let content = TOMLScalar.content(word) else {
      let text = String(decoding: word, as: UTF8.self)
      throw mistake("\(shown(text)) is not a value: strings stand in quotes, yes and no are true and false")
    }
    return content
  }

  private static func isWordByte(_ byte: UInt8) -> Bool {
    isKeyByte(byte) || byte == UInt8(ascii: "+") || byte == UInt8(ascii: ".") || byte == UInt8(ascii: ":")
  }
}
