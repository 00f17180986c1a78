import TOMLKit

/// A TOML file's text, parsed, and the lines on which its keys stand: the parser tells lines only of what is malformed.
struct TOMLSource {
  let file: String
  let table: TOMLTable
  private let lines: [[String]: Int]

  init(_ text: String, file: String) throws(ConfigMistake) {
    self.file = file
    do {
      table = try TOMLTable(string: text)
    } catch let error as TOMLParseError {
      throw ConfigMistake(file: file, line: error.source.begin.line, problem: error.description)
    } catch {
      throw ConfigMistake(file: file, line: nil, problem: "\(error)")
    }
    lines = Self.lines(text)
  }

  /// The line of a key, by the names of the tables that it is in; failing that, that of the innermost of them.
  func line(of path: [String]) -> Int? {
    var path = path
    while !path.isEmpty {
      if let line = lines[path] { return line }
      path.removeLast()
    }
    return nil
  }

  func mistake(_ path: [String], _ problem: String) -> ConfigMistake {
    ConfigMistake(file: file, line: line(of: path), problem: problem)
  }

  private static func lines(_ text: String) -> [[String]: Int] {
    var lines: [[String]: Int] = [:]
    var table: [String] = []
    // Brackets that are open: what is inside of a list over several lines is no key.
    var depth = 0
    for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
      var rest = line.drop { " \t".contains($0) }
      if depth == 0 {
        let isHeading = rest.first == "["
        rest = rest.drop { $0 == "[" }
        let path = keyPath(&rest)
        if isHeading {
          table = path
          lines[table] = lines[table] ?? index + 1
          continue
        }
        if !path.isEmpty { lines[table + path] = index + 1 }
      }
      depth = max(depth + openBrackets(rest), 0)
    }
    return lines
  }

  /// Reads a key such as `a."b c".d`, and leaves what comes after it.
  private static func keyPath(_ text: inout Substring) -> [String] {
    var path: [String] = []
    while true {
      text = text.drop { " \t".contains($0) }
      let quote = text.first.flatMap { "\"'".contains($0) ? $0 : nil }
      if quote != nil { text = text.dropFirst() }
      let part = text.prefix { character in
        if let quote { return character != quote }
        return character.isLetter || character.isNumber || "_-".contains(character)
      }
      guard !part.isEmpty else { return path }
      path.append(String(part))
      text = text.dropFirst(part.count + (quote == nil ? 0 : 1)).drop { " \t".contains($0) }
      guard text.first == "." else { return path }
      text = text.dropFirst()
    }
  }

  /// Brackets that a line opens and does not close, outside of strings and comments.
  private static func openBrackets(_ line: Substring) -> Int {
    var depth = 0
    var quote: Character?
    for character in line {
      if let open = quote {
        if character == open { quote = nil }
        continue
      }
      switch character {
      case "\"", "'": quote = character
      case "#": return depth
      case "[": depth += 1
      case "]": depth -= 1
      default: break
      }
    }
    return depth
  }
}

/// What is wrong in a configuration file.
public struct ConfigMistake: Error, Hashable, Sendable, CustomStringConvertible {
  public var file: String
  /// From 1; nil where it isn't about one line.
  public var line: Int?
  /// And what would be right.
  public var problem: String

  public init(file: String, line: Int?, problem: String) {
    self.file = file
    self.line = line
    self.problem = problem
  }

  /// As compilers say it.
  public var description: String { line.map { "\(file):\($0): \(problem)" } ?? "\(file): \(problem)" }

  /// For one line of a screen.
  public var summary: String {
    let name = file.split(separator: "/").last.map(String.init) ?? file
    return line.map { "\(name), line \($0): \(problem)" } ?? "\(name): \(problem)"
  }
}
