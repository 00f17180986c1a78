/// Values that are a word: numbers, booleans, dates and times.
enum TOMLScalar {
  /// Nil for a word that is none of them.
  static func content(_ word: ArraySlice<UInt8>) -> TOMLValue.Content? {
    switch String(decoding: word, as: UTF8.self) {
    case "true": return .boolean(true)
    case "false": return .boolean(false)
    case "inf", "+inf": return .float(.infinity)
    case "-inf": return .float(-.infinity)
    case "nan", "+nan", "-nan": return .float(.nan)
    default: break
    }
    if let number = integer(word) { return .integer(number) }
    if let number = float(word) { return .float(number) }
    return isDateTime(word) ? .dateTime(String(decoding: word, as: UTF8.self)) : nil
  }

  static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }

  private static func isSign(_ byte: UInt8?) -> Bool { byte == UInt8(ascii: "+") || byte == UInt8(ascii: "-") }

  /// The digits without the underscores between them; nil where an underscore stands elsewhere or there is nothing.
  private static func digits(_ word: ArraySlice<UInt8>, _ isDigit: (UInt8) -> Bool) -> String? {
    var result: [UInt8] = []
    var previous = UInt8(ascii: "_")
    for byte in word {
      if byte == UInt8(ascii: "_") {
        guard previous != byte else { return nil }
      } else {
        guard isDigit(byte) else { return nil }
        result.append(byte)
      }
      previous = byte
    }
    return previous == UInt8(ascii: "_") ? nil : String(decoding: result, as: UTF8.self)
  }

  /// Decimal, or with 0x, 0o or 0b; nil where it doesn't fit 64 bits.
  private static func integer(_ word: ArraySlice<UInt8>) -> Int64? {
    let radices: [(prefix: String, radix: Int)] = [("0x", 16), ("0o", 8), ("0b", 2)]
    for (prefix, radix) in radices where word.starts(with: prefix.utf8) {
      let digits = digits(word.dropFirst(2)) { Character(Unicode.Scalar($0)).hexDigitValue.map { $0 < radix } ?? false }
      return digits.flatMap { Int64($0, radix: radix) }
    }
    guard let whole = whole(word) else { return nil }
    return Int64(whole)
  }

  /// A decimal number with its sign, without underscores; nil where it has zeros in front.
  private static func whole(_ word: ArraySlice<UInt8>) -> String? {
    let unsigned = isSign(word.first) ? word.dropFirst() : word
    guard let digits = digits(unsigned, isDigit), digits.utf8.first != UInt8(ascii: "0") || digits == "0" else {
      return nil
    }
    return (word.first == UInt8(ascii: "-") ? "-" : "") + digits
  }

  /// Digits, then a point and digits, an exponent, or both.
  private static func float(_ word: ArraySlice<UInt8>) -> Double? {
    let mantissa = word.prefix { $0 != UInt8(ascii: "e") && $0 != UInt8(ascii: "E") }
    let parts = mantissa.split(separator: UInt8(ascii: "."), maxSplits: 1, omittingEmptySubsequences: false)
    guard parts.count == 2 || mantissa.count < word.count else { return nil }
    guard let first = parts.first, var text = whole(first) else { return nil }
    if parts.count == 2 {
      guard let fraction = digits(parts[1], isDigit) else { return nil }
      text += "." + fraction
    }
    if mantissa.count < word.count {
      let exponent = word[mantissa.endIndex...].dropFirst()
      guard let digits = digits(isSign(exponent.first) ? exponent.dropFirst() : exponent, isDigit) else { return nil }
      text += "e" + (exponent.first == UInt8(ascii: "-") ? "-" : "") + digits
    }
    return Double(text)
  }

  /// `1979-05-27`, `07:32:00.5`, or both with T or a blank between them and, if need be, `Z` or an offset behind.
  static func isDateTime(_ word: ArraySlice<UInt8>) -> Bool {
    var rest = word[...]
    let hasDate = skip("dddd-dd-dd", &rest)
    if hasDate {
      guard let separator = rest.popFirst() else { return true }
      guard "Tt ".utf8.contains(separator) else { return false }
    }
    guard skip("dd:dd:dd", &rest) else { return false }
    if rest.first == UInt8(ascii: ".") {
      let fraction = rest.dropFirst().prefix(while: isDigit)
      guard !fraction.isEmpty else { return false }
      rest = rest[fraction.endIndex...]
    }
    if rest.isEmpty { return true }
    if rest.count == 1 { return hasDate && "Zz".utf8.contains(rest[rest.startIndex]) }
    return hasDate && isSign(rest.popFirst()) && skip("dd:dd", &rest) && rest.isEmpty
  }

  /// Steps over what looks like the pattern, in which `d` is a digit.
  private static func skip(_ pattern: String, _ text: inout ArraySlice<UInt8>) -> Bool {
    guard text.count >= pattern.utf8.count else { return false }
    for (byte, wanted) in zip(text, pattern.utf8) {
      guard wanted == UInt8(ascii: "d") ? isDigit(byte) : byte == wanted else { return false }
    }
    text = text.dropFirst(pattern.utf8.count)
    return true
  }
}
