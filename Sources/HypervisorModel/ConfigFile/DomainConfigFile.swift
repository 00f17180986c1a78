/// Reads domain config files in the syntax of xl.cfg(5).
///
/// `key = value` and `key += value`, one to a line or separated by `;`; values are strings in either kind of quotes,
/// decimal, octal (`010`) or hexadecimal (`0x10`) numbers, and lists; `#` starts a comment. All functions are pure and
/// may be called from any thread. They take time in proportion to the text, and nothing in a text makes them trap.
public enum DomainConfigFile {
  /// The longest text that is read, in bytes.
  public static let maximumSize = 1 << 20
  /// How deep lists may stand in lists.
  public static let maximumDepth = 16
  /// How many assignments a text may make.
  public static let maximumSettings = 4096

  /// Parses a text that was already decoded. `file` is its name in positions.
  public static func parse(_ text: String, file: String) throws(ConfigError) -> ConfigDocument {
    try parse(checked: Array(text.utf8), file: file)
  }

  /// Parses a file's bytes, which need not even be text.
  public static func parse(bytes: [UInt8], file: String) throws(ConfigError) -> ConfigDocument {
    try parse(try text(of: bytes, file: file), file: file)
  }

  /// A file's bytes as text. Comments may be in any encoding; what isn't UTF-8 in them is replaced.
  static func text(of bytes: [UInt8], file: String) throws(ConfigError) -> String {
    try checkSize(bytes.count, SourcePosition(file: file, line: 1, column: 1))
    if let text = String(validating: bytes, as: UTF8.self) { return text }
    var text = ""
    for (index, line) in bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).enumerated() {
      let settings = line.prefix(beforeComment(line))
      guard let decoded = String(validating: settings, as: UTF8.self) else {
        let position = SourcePosition(file: file, line: index + 1, column: validScalars(settings) + 1)
        throw ConfigError(at: position, "not valid UTF-8; save the file as UTF-8")
      }
      text += (index == 0 ? "" : "\n") + decoded + String(decoding: line.dropFirst(settings.count), as: UTF8.self)
    }
    return text
  }

  /// How many bytes of a line stand before its comment. Strings don't go over the ends of lines.
  private static func beforeComment(_ line: ArraySlice<UInt8>) -> Int {
    var quote: UInt8?
    var isEscaped = false
    for (offset, byte) in line.enumerated() {
      if let open = quote {
        if byte == open, !isEscaped { quote = nil }
        isEscaped = byte == UInt8(ascii: "\\") && !isEscaped
      } else if byte == UInt8(ascii: "#") {
        return offset
      } else if byte == UInt8(ascii: "'") || byte == UInt8(ascii: "\"") {
        quote = byte
      }
    }
    return line.count
  }

  private static func parse(checked bytes: [UInt8], file: String) throws(ConfigError) -> ConfigDocument {
    try checkSize(bytes.count, SourcePosition(file: file, line: 1, column: 1))
    var parser = ConfigParser(ConfigLexer(bytes, file: file), document: ConfigDocument(file: file))
    try parser.parseAll()
    return parser.document
  }

  fileprivate static func checkSize(_ count: Int, _ start: SourcePosition) throws(ConfigError) {
    guard count <= maximumSize else {
      throw ConfigError(at: start, "\(count) bytes are too many for a config file; at most \(maximumSize) are read")
    }
  }

  /// How many scalars stand before the first byte that belongs to none.
  private static func validScalars(_ bytes: ArraySlice<UInt8>) -> Int {
    var count = 0
    var decoder = UTF8()
    var rest = bytes.makeIterator()
    while case .scalarValue = decoder.decode(&rest) { count += 1 }
    return count
  }
}

extension ConfigDocument {
  /// Applies `key=value` words of a command line in their order, as if they stood at the file's end.
  ///
  /// A word may hold several settings separated by `;`. Because a shell eats quotes, a value that starts with neither
  /// a quote nor `[` may be a bare word: `name=web2` and `name="web2"` are the same.
  public mutating func apply(overrides words: [String]) throws(ConfigError) {
    for (index, word) in words.enumerated() {
      let start = SourcePosition(file: SourcePosition.commandLine, line: index + 1, column: 1)
      try DomainConfigFile.checkSize(word.utf8.count, start)
      let lexer = ConfigLexer(Array(word.utf8), file: start.file, line: start.line)
      var parser = ConfigParser(lexer, document: self, allowsBareValues: true)
      try parser.parseAll()
      self = parser.document
    }
  }
}

/// Turns tokens into settings.
struct ConfigParser {
  private(set) var document: ConfigDocument
  private var lexer: ConfigLexer
  private let allowsBareValues: Bool
  private var token = ConfigLexer.Token.newline
  private var position: SourcePosition
  private var count = 0

  init(_ lexer: ConfigLexer, document: ConfigDocument, allowsBareValues: Bool = false) {
    self.lexer = lexer
    self.document = document
    self.allowsBareValues = allowsBareValues
    position = lexer.position
  }

  private mutating func advance() throws(ConfigError) { (token, position) = try lexer.next() }

  private func unexpected(_ wanted: String) -> ConfigError {
    ConfigError(at: position, "expected \(wanted), found \(token.phrase)")
  }

  mutating func parseAll() throws(ConfigError) {
    try advance()
    while token != .end {
      switch token {
      case .newline, .semicolon: try advance()
      case .word(let key): try parseSetting(key)
      default: throw unexpected("a key such as 'memory'")
      }
    }
  }

  private mutating func parseSetting(_ key: String) throws(ConfigError) {
    let start = position
    count += 1
    guard count <= DomainConfigFile.maximumSettings else {
      throw ConfigError(at: start, "more than \(DomainConfigFile.maximumSettings) settings")
    }
    let shownKey = MessageText.printable(key)
    try advance()
    let extends = token == .plus
    if extends { try advance() }
    guard token == .equals else { throw unexpected(extends ? "'+='" : "'=' after '\(shownKey)'") }
    let setting = ConfigSetting(key: key, position: start, value: try parseAssignedValue())
    switch token {
    case .newline, .semicolon, .end: break
    default: throw unexpected("the end of the line or ';' after the value of '\(shownKey)'")
    }
    if extends { try document.extend(setting) } else { document.assign(setting) }
  }

  /// The value after `=`, which is the present token.
  private mutating func parseAssignedValue() throws(ConfigError) -> ConfigValue {
    if allowsBareValues, try lexer.isAtBareValue() {
      let bare = lexer.bareValue()
      try advance()
      if !bare.text.isEmpty {
        return ConfigValue(ConfigNumber(bare.text)?.content ?? .string(bare.text), at: bare.position)
      }
      position = bare.position
    } else {
      try advance()
    }
    return try parseValue(depth: 0)
  }

  private mutating func parseValue(depth: Int) throws(ConfigError) -> ConfigValue {
    let start = position
    switch token {
    case .string(let text):
      try advance()
      return ConfigValue(.string(text), at: start)
    case .number(let text):
      guard let number = ConfigNumber(text) else {
        throw ConfigError(
          at: start,
          "'\(MessageText.printable(text))' is not a number"
            + (ConfigNumber.mebibytes(text)
              ?? ": write 10, 0x1f or octal 017, or put quotes around a string"))
      }
      try advance()
      return ConfigValue(number.content, at: start)
    case .openList:
      return ConfigValue(.list(try parseList(depth: depth + 1)), at: start)
    case .word(let word) where ["true", "false", "yes", "no", "none"].contains(word.lowercased()):
      throw ConfigError(at: start, "'\(word)' is no value here: write 1 for yes and 0 for no")
    case .word(let word):
      throw ConfigError(at: start, "'\(MessageText.printable(word))' needs quotes around it to be a string")
    default: throw unexpected("a string in quotes, a number or '['")
    }
  }

  /// The values up to the closing bracket; the present token is the opening one. Lines may end anywhere in between.
  private mutating func parseList(depth: Int) throws(ConfigError) -> [ConfigValue] {
    let start = position
    guard depth <= DomainConfigFile.maximumDepth else {
      throw ConfigError(at: start, "lists stand in each other more than \(DomainConfigFile.maximumDepth) deep")
    }
    var values: [ConfigValue] = []
    try advance()
    while true {
      try skipNewlines()
      if token == .closeList { break }
      if token == .end { throw Self.unclosed(start) }
      values.append(try parseValue(depth: depth))
      try skipNewlines()
      if token == .closeList { break }
      if token == .end { throw Self.unclosed(start) }
      guard token == .comma else { throw unexpected("',' or ']'") }
      try advance()
    }
    try advance()
    return values
  }

  private mutating func skipNewlines() throws(ConfigError) {
    while token == .newline { try advance() }
  }

  private static func unclosed(_ start: SourcePosition) -> ConfigError {
    ConfigError(at: start, "the list that starts here has no closing ']'")
  }
}

/// A number as xl reads it: C's `strtol` with base 0.
struct ConfigNumber {
  let value: Int64
  let text: String

  /// Nil for anything else than one whole number of 64 bits. A sign is allowed, as in strings that hold numbers.
  init?(_ text: String) {
    var digits = Substring(text)
    let negative = digits.hasPrefix("-")
    if negative || digits.hasPrefix("+") { digits.removeFirst() }
    var radix = 10
    if digits.hasPrefix("0x") || digits.hasPrefix("0X") {
      digits.removeFirst(2)
      radix = 16
    } else if digits.hasPrefix("0") {
      radix = 8
    }
    // The initialiser of Int64 takes a sign of its own.
    guard let first = digits.utf8.first, first != UInt8(ascii: "-"), first != UInt8(ascii: "+") else { return nil }
    guard let value = Int64((negative ? "-" : "") + digits, radix: radix) else { return nil }
    self.value = value
    self.text = text
  }

  var content: ConfigValue.Content { .number(value, text: text) }

  /// What to write instead of a size with a unit; nil where a word isn't one.
  static func mebibytes(_ text: String) -> String? {
    let unit = text.lowercased().hasSuffix("b") ? String(text.dropLast()) : text
    guard unit.last?.isLetter == true, let size = Bytes(xl: unit) else { return nil }
    return ": sizes are in MiB here, without a unit, so '\(text)' is \(size.mebibytes)"
  }
}

extension ConfigLexer.Token {
  /// The token in an error message.
  fileprivate var phrase: String {
    switch self {
    case .word(let text), .number(let text): "'\(MessageText.printable(text))'"
    case .string(let text): "the string '\(MessageText.printable(text))'"
    case .equals: "'='"
    case .plus: "'+'"
    case .comma: "','"
    case .openList: "'['"
    case .closeList: "']'"
    case .semicolon: "';'"
    case .newline: "the end of the line"
    case .end: "the end of the text"
    }
  }
}
