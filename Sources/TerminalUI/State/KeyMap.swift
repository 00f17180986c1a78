import VirtualTerminal

/// The key table with the operator's own keys.
public struct KeyMap: Sendable {
  let groups: [(title: String, bindings: [KeyBinding])]
  private let commands: [Key: Command]
  private let first: [Command: Key]

  /// `own`: keys instead of the usual ones, by the command's name. No key may be another command's
  /// (`KeyMap.collisions`).
  public init(own: [String: [Key]] = [:]) {
    groups = KeyBinding.groups.map { group in
      (
        group.title,
        group.bindings.map { binding in
          binding.isFixed ? binding : binding.name.flatMap { own[$0] }.map { KeyBinding(binding, keys: $0) } ?? binding
        }
      )
    }
    var commands: [Key: Command] = [:]
    var first: [Command: Key] = [:]
    for binding in groups.flatMap(\.bindings) {
      for key in binding.keys { commands[key] = binding.command }
      first[binding.command] = binding.keys.first
    }
    self.commands = commands
    self.first = first
  }

  func command(for key: Key) -> Command? { commands[key] }

  /// The first key of each of these commands; nil where they have none.
  func button(for commands: Command..., word: String) -> Button? { button(Hint(commands, word)) }

  func button(_ hint: Hint) -> Button? {
    let keys = hint.commands.compactMap { first[$0] }
    return keys.isEmpty ? nil : Button(keys: keys, word: hint.word)
  }

  /// The keys of a command as the help shows them; nil where it has none.
  func shown(_ command: Command) -> String? {
    groups.lazy.flatMap(\.bindings).first { $0.command == command && !$0.keys.isEmpty }?.shown
  }

  // MARK: For the configuration

  /// The commands that can have other keys.
  public static let commandNames: [String] = KeyBinding.all.filter { !$0.isFixed }.compactMap(\.name)

  /// The usual keys of a command; nil where there is none of that name.
  public static func standardKeys(of name: String) -> [Key]? {
    KeyBinding.all.first { $0.name == name && !$0.isFixed }?.keys
  }

  /// A key that two commands would have.
  public struct Collision: Hashable, Sendable {
    public let key: Key
    /// The command that would take it.
    public let taker: String
    /// Whose it is; nil: it is one of those that the tabs show.
    public let owner: String?
  }

  /// Keys of `own` that other commands have, be it by `own` or by the usual keys.
  public static func collisions(in own: [String: [Key]]) -> [Collision] {
    var owners: [Key: String?] = [:]
    for binding in KeyBinding.all where binding.name.flatMap({ own[$0] }) == nil {
      for key in binding.keys { owners[key] = .some(binding.isFixed ? nil : binding.name) }
    }
    var collisions: [Collision] = []
    for name in own.keys.sorted() {
      for key in own[name] ?? [] {
        if let owner = owners[key], owner != name {
          collisions.append(Collision(key: key, taker: name, owner: owner))
        } else {
          owners[key] = name
        }
      }
    }
    return collisions
  }
}

extension Key {
  /// Why no terminal tells of this key; nil where they do.
  public var untypeable: String? {
    guard case .character(let scalar) = code else { return nil }
    if modifiers.contains(.shift) { return "a terminal sends what is typed: write 'X' for Shift-x" }
    guard modifiers.contains(.control) else { return nil }
    switch scalar {
    case "h": return "terminals send Backspace for it"
    case "i": return "terminals send Tab for it"
    case "m": return "terminals send Enter for it"
    case "[": return "terminals send Esc for it"
    case "a"..."z", "\\", "]", "^", "_", " ": return nil
    default: return "terminals can't send it"
    }
  }
}
