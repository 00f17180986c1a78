/// Why there is no full-screen terminal.
public enum TerminalError: Error, Hashable, CustomStringConvertible {
  /// Standard input or output is a file or pipe.
  case notATerminal
  case unknownKind(String)
  /// It can't move its cursor.
  case tooSimple(String)
  /// No descriptors or memory.
  case failed(String)

  private static let advice = "'domus top -b --linear' says in sentences what changes, and 'domus list' works too"

  public var description: String {
    switch self {
    case .notATerminal: "the screen needs a terminal on standard input and output; \(Self.advice)"
    case .unknownKind(let name): "no description of terminal '\(name)' (TERM) is installed; \(Self.advice)"
    case .tooSimple(let name): "terminal '\(name)' (TERM) can't move its cursor; \(Self.advice)"
    case .failed(let text): "the terminal could not be set up: \(text)"
    }
  }
}
