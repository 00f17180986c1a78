import FoundationEssentials
import TOML
import TerminalUI

/// What is wrong with a theme file.
public struct ThemeError: Error, Hashable, CustomStringConvertible {
  public var file: String
  /// From 1; nil where it isn't about one line.
  public var line: Int?
  public var problem: String

  public var description: String {
    line.map { "theme \(file), line \($0): \(problem)" } ?? "theme \(file): \(problem)"
  }
}

extension Theme {
  /// Reads the text of a theme file.
  ///
  ///     [roles]
  ///     header = { fg = ["#7aa2f7", "cyan"], bg = "default", attributes = ["bold"] }
  ///
  /// A colour is `default`, one of the eight names, the same with `bright-`, a number up to 255, or `#rrggbb`. Of two, the
  /// second is for terminals of 8 or 16 colours.
  public init(parsing text: String, file: String) throws(ThemeError) {
    let source: TOMLSource
    do throws(ConfigMistake) {
      source = try TOMLSource(text, file: file)
    } catch {
      throw ThemeError(file: file, line: error.line, problem: error.problem)
    }
    name = source.table["name"]?.string ?? file
    styles = try ThemeReader(source: source).styles()
  }

  /// The theme `name` (or the file, if it has a slash), from the first of `directories` that has it.
  public static func load(_ name: String, from directories: [String]) throws(ThemeError) -> Theme {
    let isPath = name.contains("/")
    for path in isPath ? [name] : directories.map({ "\($0)/\(name).toml" }) {
      guard let data = FileManager.default.contents(atPath: path) else { continue }
      guard let text = String(bytes: data, encoding: .utf8) else {
        throw ThemeError(file: path, line: nil, problem: "is not UTF-8")
      }
      return try Theme(parsing: text, file: path)
    }
    if name == builtIn.name { return builtIn }
    if name == monochrome.name { return monochrome }
    throw ThemeError(
      file: name, line: nil,
      problem: isPath ? "can't be read" : "is in none of these directories: \(directories.joined(separator: ", "))")
  }

  /// The names of the themes that `load` finds.
  public static func names(in directories: [String]) -> [String] {
    let files = directories.flatMap { (try? FileManager.default.contentsOfDirectory(atPath: $0)) ?? [] }
    let names = files.filter { $0.hasSuffix(".toml") }.map { String($0.dropLast(5)) }
    return Set(names + [builtIn.name, monochrome.name]).sorted()
  }

  /// As `load`, but what goes wrong becomes a notice for the operator and the built-in theme is used.
  public static func loadOrBuiltIn(_ name: String, from directories: [String]) -> (theme: Theme, notice: String?) {
    do {
      return (try load(name, from: directories), nil)
    } catch {
      return (builtIn, error.description)
    }
  }
}

/// Turns a parsed file into styles.
private struct ThemeReader {
  let source: TOMLSource

  func styles() throws(ThemeError) -> [ThemeRole: ThemeStyle] {
    guard let roles = source.table["roles"]?.table else {
      throw ThemeError(file: source.file, line: nil, problem: "has no [roles]")
    }
    var styles: [ThemeRole: ThemeStyle] = [:]
    for key in roles.keys {
      guard let role = ThemeRole(rawValue: key) else {
        throw error(
          key, "there is no role '\(key)'; the roles are \(ThemeRole.allCases.map(\.rawValue).joined(separator: ", "))")
      }
      guard let style = roles[key]?.table else {
        throw error(key, "'\(key)' should be like { fg = \"cyan\", attributes = [\"bold\"] }")
      }
      styles[role] = try self.style(style, of: key)
    }
    return styles
  }

  private func style(_ table: TOMLTable, of role: String) throws(ThemeError) -> ThemeStyle {
    var style = ThemeStyle()
    for key in table.keys {
      switch key {
      case "fg": style.foreground = try choice(table[key], of: role)
      case "bg": style.background = try choice(table[key], of: role)
      case "attributes": style.attributes = try attributes(table[key], of: role)
      default: throw error(role, "'\(key)' means nothing here; use fg, bg and attributes")
      }
    }
    return style
  }

  private func choice(_ value: TOMLValue?, of role: String) throws(ThemeError) -> ThemeStyle.Choice {
    guard let array = value?.array else { return ThemeStyle.Choice(try color(value, of: role)) }
    var colors: [ThemeColor] = []
    for element in array { colors.append(try color(element, of: role)) }
    guard let first = colors.first, let last = colors.last, colors.count <= 2 else {
      throw error(role, "a list of colours has one for many colours and one for few")
    }
    return ThemeStyle.Choice(first, or: last)
  }

  private func color(_ value: TOMLValue?, of role: String) throws(ThemeError) -> ThemeColor {
    if let number = value?.integer, let index = UInt8(exactly: number) { return .palette(index) }
    if let text = value?.string, let color = ThemeColor(text) { return color }
    let shown = value?.string ?? value?.integer.map { String($0) } ?? "this"
    throw error(role, "'\(shown)' is no colour; use default, red, bright-red, 0 to 255 or #rrggbb")
  }

  private func attributes(
    _ value: TOMLValue?, of role: String
  ) throws(ThemeError) -> ThemeStyle.Attributes {
    let names: [String: ThemeStyle.Attributes] = [
      "bold": .bold, "dim": .dim, "underline": .underline, "reverse": .reverse, "italic": .italic,
    ]
    guard let array = value?.array else { throw error(role, "attributes should be a list like [\"bold\"]") }
    var attributes: ThemeStyle.Attributes = []
    for element in array {
      guard let attribute = element.string.flatMap({ names[$0] }) else {
        throw error(role, "an attribute is one of \(names.keys.sorted().joined(separator: ", "))")
      }
      attributes.insert(attribute)
    }
    return attributes
  }

  private func error(_ role: String, _ problem: String) -> ThemeError {
    ThemeError(file: source.file, line: source.table.line(of: ["roles", role]), problem: problem)
  }
}

extension ThemeColor {
  private static let names = ["black", "red", "green", "yellow", "blue", "magenta", "cyan", "white"]

  /// A colour as a theme file writes it; nil if it is none.
  init?(_ text: String) {
    if text == "default" {
      self = .standard
    } else if text.hasPrefix("#"), text.utf8.count == 7, let value = UInt32(text.dropFirst(), radix: 16) {
      self = .rgb(
        UInt8(truncatingIfNeeded: value >> 16), UInt8(truncatingIfNeeded: value >> 8), UInt8(truncatingIfNeeded: value))
    } else if text.hasPrefix("bright-"), let index = Self.names.firstIndex(of: String(text.dropFirst(7))) {
      self = .palette(UInt8(index + 8))
    } else if let index = Self.names.firstIndex(of: text) {
      self = .palette(UInt8(index))
    } else {
      return nil
    }
  }
}
