import ArgumentParser
import FoundationEssentials
import HypervisorModel

/// The command line, made what the parser of arguments understands.
struct CommandLineWords {
  private static let globalFlags = ["--read-only", "--help", "-h"]
  /// What shells' completion scripts call.
  private static let completion = "---completion"

  private let arguments: [String]
  private let root: CommandDescription

  /// The words that `Domus` can parse: options that stand in front of the command (`domus --connect xen: list`) stand behind
  /// everything, where the commands take them, and options that were written together (`-bi1`) stand alone.
  ///
  /// Throws `ValidationError` where the first word is no command.
  static func parsable(_ arguments: [String]) throws -> [String] {
    guard let first = arguments.first, first != completion else { return arguments }
    // What needs no work is most of what is called, and the description takes milliseconds.
    if isCommand(first), !arguments.contains(where: isCluster) { return arguments }
    return try CommandLineWords(arguments: arguments, root: .domus()).parsable()
  }

  private static func isCommand(_ word: String) -> Bool {
    Domus.configuration.subcommands.contains { $0.configuration.commandName == word }
  }

  private static func isCluster(_ word: String) -> Bool {
    word.hasPrefix("-") && !word.hasPrefix("--") && word.count > 2
  }

  private func parsable() throws -> [String] {
    var options: ArraySlice<String> = []
    var rest = arguments[...]
    while let first = rest.first {
      let count = first == "--connect" ? 2 : first.hasPrefix("--connect=") || Self.globalFlags.contains(first) ? 1 : 0
      guard count > 0, rest.count > count else { break }
      options += rest.prefix(count)
      rest = rest.dropFirst(count)
    }
    guard let word = rest.first, !word.hasPrefix("-") else {
      return options + separated(rest, by: root.subcommand(root.defaultSubcommand) ?? root)
    }
    guard var command = root.subcommand(word) else {
      guard word == "help" else { throw unknown(word) }
      return arguments
    }
    var names = rest.prefix(1)
    rest = rest.dropFirst()
    while let next = rest.first, let subcommand = command.subcommand(next) {
      command = subcommand
      names.append(next)
      rest = rest.dropFirst()
    }
    let end = rest.firstIndex(of: "--") ?? rest.endIndex
    return names + separated(rest[..<end], by: command) + options + rest[end...]
  }

  private func unknown(_ word: String) -> ValidationError {
    let names = root.subcommands.map(\.commandName)
    var near = names.filter { $0.hasPrefix(word) }
    if near.isEmpty { near = MessageText.closest(to: word, in: names).map { [$0] } ?? [] }
    let hint = near.isEmpty ? "" : "; did you mean \(near.map { "'\($0)'" }.joined(separator: " or "))?"
    return ValidationError("unknown command '\(word)'\(hint)")
  }

  /// POSIX utility syntax guidelines 5 and 6: flags may stand together, and an option's argument right behind its letter.
  private func separated(_ words: ArraySlice<String>, by command: CommandDescription) -> [String] {
    var result: [String] = []
    var isArgument = false
    for word in words {
      if isArgument || !Self.isCluster(word) {
        isArgument = !isArgument && command.takesArgument(word)
        result.append(word)
        continue
      }
      var letters = word.dropFirst()
      while let letter = letters.popFirst() {
        result.append("-\(letter)")
        guard command.takesArgument("-\(letter)") else { continue }
        isArgument = letters.isEmpty
        if !isArgument { result.append(String(letters.first == "=" ? letters.dropFirst() : letters)) }
        break
      }
    }
    return result
  }
}

/// What the parser of arguments says of a command and its options.
private struct CommandDescription: Decodable {
  struct Argument: Decodable {
    struct Name: Decodable {
      var kind: String
      var name: String
    }
    var kind: String
    var names: [Name]?
  }

  private struct Tool: Decodable { var command: CommandDescription }

  var commandName: String
  var defaultSubcommand: String?
  private var optionalSubcommands: [CommandDescription]?
  private var arguments: [Argument]?

  private enum CodingKeys: String, CodingKey {
    case commandName, defaultSubcommand, arguments
    case optionalSubcommands = "subcommands"
  }

  static func domus() throws -> CommandDescription {
    try JSONDecoder().decode(Tool.self, from: Data(Domus._dumpHelp().utf8)).command
  }

  var subcommands: [CommandDescription] { optionalSubcommands ?? [] }

  func subcommand(_ name: String?) -> CommandDescription? { subcommands.first { $0.commandName == name } }

  /// Whether the word is an option whose argument is the next word.
  func takesArgument(_ word: String) -> Bool {
    (arguments ?? []).contains { argument in
      argument.kind == "option"
        && (argument.names ?? []).contains { ($0.kind == "long" ? "--" : "-") + $0.name == word }
    }
  }
}
