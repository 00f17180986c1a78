extension TOMLScanner {
  private static let backslash = UInt8(ascii: "\\")
  /// Between these, escapes mean something.
  private static let basicQuote = UInt8(ascii: "\"")

  /// A string on one line; the present byte is its quote.
  mutating func shortString() throws(TOMLError) -> String {
    let quote = byte ?? Self.basicQuote
    step()
    var content: [UInt8] = []
    while let next = byte, next != UInt8(ascii: "\n"), !isCarriageReturnOfLineEnd {
      if skip(quote) { return String(decoding: content, as: UTF8.self) }
      if next == Self.backslash, quote == Self.basicQuote {
        content += try escape()
      } else {
        content.append(try plainByte(next))
      }
    }
    throw mistake("a string on this line has no closing \(quote == Self.basicQuote ? "\"" : "'")")
  }

  /// A string between three quotes, over as many lines as it likes; the present byte is the first of them.
  mutating func longString() throws(TOMLError) -> String {
    let start = line
    let quote = byte ?? Self.basicQuote
    for _ in 0..<3 { step() }
    // A line's end right behind the quotes doesn't count.
    if isCarriageReturnOfLineEnd { step() }
    _ = skip(UInt8(ascii: "\n"))
    var content: [UInt8] = []
    while let next = byte {
      if next == quote {
        let count = run { $0 == quote }.count
        guard count < 6 else { throw mistake("more than five quotes in a row") }
        // Up to two quotes belong to the text, also right before the three that end it.
        content += Array(repeating: quote, count: count < 3 ? count : count - 3)
        if count >= 3 { return String(decoding: content, as: UTF8.self) }
      } else if next == Self.backslash, quote == Self.basicQuote {
        if try !skipLineBreak() { content += try escape() }
      } else if next == UInt8(ascii: "\n") || isCarriageReturnOfLineEnd {
        content.append(next)
        step()
      } else {
        content.append(try plainByte(next))
      }
    }
    throw TOMLError(line: start, problem: "the string that begins here has no closing quotes")
  }

  private mutating func plainByte(_ next: UInt8) throws(TOMLError) -> UInt8 {
    guard !Self.isControl(next) else {
      throw mistake("a control character in a string; write it as \\u and four hexadecimal digits")
    }
    step()
    return next
  }

  /// At a backslash: steps over it and all white space behind it if it is the last thing in its line.
  private mutating func skipLineBreak() throws(TOMLError) -> Bool {
    let before = self
    step()
    skipBlanks()
    guard byte == UInt8(ascii: "\n") || isCarriageReturnOfLineEnd else {
      self = before
      return false
    }
    _ = run {
      $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") || $0 == UInt8(ascii: "\n") || $0 == UInt8(ascii: "\r")
    }
    return true
  }

  /// What an escape stands for; the present byte is its backslash.
  private mutating func escape() throws(TOMLError) -> [UInt8] {
    step()
    let letter = byte
    step()
    switch letter {
    case UInt8(ascii: "b"): return [0x08]
    case UInt8(ascii: "t"): return [0x09]
    case UInt8(ascii: "n"): return [0x0A]
    case UInt8(ascii: "f"): return [0x0C]
    case UInt8(ascii: "r"): return [0x0D]
    case UInt8(ascii: "\""): return [0x22]
    case UInt8(ascii: "\\"): return [0x5C]
    case UInt8(ascii: "u"): return try scalar(digits: 4)
    case UInt8(ascii: "U"): return try scalar(digits: 8)
    default:
      throw mistake("unknown escape in a string; there are \\b \\t \\n \\f \\r \\\" \\\\ \\uXXXX and \\UXXXXXXXX")
    }
  }

  private mutating func scalar(digits: Int) throws(TOMLError) -> [UInt8] {
    var value: UInt32 = 0
    for _ in 0..<digits {
      guard let digit = byte.flatMap({ Character(Unicode.Scalar($0)).hexDigitValue }), value >> 28 == 0 else {
        throw mistake("this escape needs \(digits) hexadecimal digits")
      }
      value = value << 4 | UInt32(digit)
      step()
    }
    guard let scalar = Unicode.Scalar(value) else { throw mistake("this escape stands for no character") }
    return Array(String(scalar).utf8)
  }
}
