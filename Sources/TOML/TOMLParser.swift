/// Reads a TOML document (TOML 1.0.0). Nothing in a text makes it trap, and it needs time in proportion to the text.
package enum TOML {
  /// How deep tables and arrays may be nested; a key that is in more tables than that is a mistake, too.
  package static let maximumDepth = 32

  /// The table of all keys that stand under no heading, with the headings' tables in it.
  package static func parse(_ text: String) throws(TOMLError) -> TOMLTable {
    var parser = TOMLParser(text)
    return try parser.document()
  }
}

/// Turns what the scanner finds into tables.
struct TOMLParser {
  private var scanner: TOMLScanner
  private let root = TOMLNode(.heading, line: 1)

  init(_ text: String) { scanner = TOMLScanner(text) }

  mutating func document() throws(TOMLError) -> TOMLTable {
    var current = root
    while true {
      scanner.skipBlanks()
      guard let next = scanner.byte else { break }
      if next == UInt8(ascii: "[") {
        current = try heading()
      } else if next != UInt8(ascii: "\n"), next != UInt8(ascii: "\r"), next != UInt8(ascii: "#") {
        try setting(in: current)
      }
      try scanner.endLine()
    }
    return root.table
  }

  // MARK: Headings

  /// `[a.b]` or `[[a.b]]`: the table that the lines below it belong to.
  private mutating func heading() throws(TOMLError) -> TOMLNode {
    let line = scanner.line
    scanner.step()
    let isElement = scanner.skip(UInt8(ascii: "["))
    let path = try key()
    for _ in 0..<(isElement ? 2 : 1) {
      guard scanner.skip(UInt8(ascii: "]")) else {
        throw scanner.expected("'\(isElement ? "]]" : "]")' at the end of the heading")
      }
    }
    var table = root
    for name in path.dropLast() { table = try table.under(name, .implicit, line: line) }
    guard let name = path.last else { return table }
    return try isElement ? table.element(name, line: line) : table.defined(name, line: line)
  }

  // MARK: Settings

  /// `key = value`
  private mutating func setting(in table: TOMLNode, depth: Int = 0) throws(TOMLError) {
    let line = scanner.line
    let path = try key()
    guard scanner.skip(UInt8(ascii: "=")) else { throw scanner.expected("'=' after the key") }
    scanner.skipBlanks()
    var table = table
    for name in path.dropLast() { table = try table.under(name, .dotted, line: line) }
    guard let name = path.last else { return }
    guard table.children[name] == nil else { throw TOMLError(line: line, problem: "\(shown(name)) is set twice") }
    table.add(name, try value(depth: depth))
  }

  /// `a."b c".d`, with the blanks around it.
  private mutating func key() throws(TOMLError) -> [String] {
    var path: [String] = []
    repeat {
      scanner.skipBlanks()
      guard path.count < TOML.maximumDepth else { throw scanner.mistake("this key is nested too deeply") }
      path.append(try scanner.simpleKey())
      scanner.skipBlanks()
    } while scanner.skip(UInt8(ascii: "."))
    return path
  }

  // MARK: Values

  private mutating func value(depth: Int) throws(TOMLError) -> TOMLNode {
    let line = scanner.line
    switch scanner.byte {
    case UInt8(ascii: "["): return TOMLNode(.array(try array(depth: depth + 1)), line: line)
    case UInt8(ascii: "{"): return try inlineTable(depth: depth + 1)
    default: return TOMLNode(try scanner.scalar(), line: line)
    }
  }

  private mutating func enter(_ depth: Int) throws(TOMLError) {
    guard depth <= TOML.maximumDepth else { throw scanner.mistake("more than \(TOML.maximumDepth) brackets are open") }
    scanner.step()
  }

  /// Lines may end between the values.
  private mutating func array(depth: Int) throws(TOMLError) -> [TOMLValue] {
    let start = scanner.line
    try enter(depth)
    var values: [TOMLValue] = []
    while true {
      try scanner.skipLines()
      if scanner.skip(UInt8(ascii: "]")) { return values }
      guard scanner.byte != nil else { throw TOMLError(line: start, problem: "the list has no ']' at its end") }
      let line = scanner.line
      values.append(TOMLValue(try value(depth: depth).content, line: line))
      try scanner.skipLines()
      guard scanner.skip(UInt8(ascii: ",")) || scanner.byte == UInt8(ascii: "]") || scanner.byte == nil else {
        throw scanner.expected("',' or ']' in the list")
      }
    }
  }

  private mutating func inlineTable(depth: Int) throws(TOMLError) -> TOMLNode {
    let table = TOMLNode(.closed, line: scanner.line)
    try enter(depth)
    scanner.skipBlanks()
    if scanner.skip(UInt8(ascii: "}")) { return table }
    repeat {
      scanner.skipBlanks()
      try setting(in: table, depth: depth)
      scanner.skipBlanks()
    } while scanner.skip(UInt8(ascii: ","))
    guard scanner.skip(UInt8(ascii: "}")) else { throw scanner.expected("',' or '}' in the table") }
    return table
  }
}
