import TOML

/// A TOML file's text, parsed, and the file's name for what is said about it.
struct TOMLSource {
  let file: String
  let table: TOMLTable

  init(_ text: String, file: String) throws(ConfigMistake) {
    self.file = file
    do throws(TOMLError) {
      table = try TOML.parse(text)
    } catch {
      throw ConfigMistake(file: file, line: error.line, problem: error.problem)
    }
  }

  func mistake(_ path: [String], _ problem: String) -> ConfigMistake {
    ConfigMistake(file: file, line: table.line(of: path), problem: problem)
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
