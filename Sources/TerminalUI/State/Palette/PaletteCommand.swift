import HypervisorModel

/// What is wrong with a command line, for the operator.
struct PaletteFault: Error {
  let text: String

  init(_ text: String) { self.text = text }
}

/// A command of the palette.
struct PaletteCommand: Sendable {
  let name: String
  /// Other names by which it is found, such as xl's; its arguments may stand in another order there, so that no line
  /// runs under them.
  let aliases: [String]
  /// As the help shows them; those in brackets may be left out.
  let arguments: String
  let help: String
  /// What has a key.
  let command: Command?
  /// Enter takes the suggestion for its argument, as Tab does.
  let takesSuggestion: Bool
  /// Its first argument is a file on the operator's side.
  let takesPath: Bool
  /// A backslash in its arguments is itself.
  let takesExpressions: Bool
  /// What the next argument could be after these.
  let complete: @Sendable (UIState, [String]) -> [String]
  /// Its arguments of the form `key=value`.
  let settings: [PaletteSetting]
  let run: @Sendable (inout UIState, [String]) throws(PaletteFault) -> [UIEffect]

  init(
    _ name: String, _ arguments: String = "", _ help: String, aliases: [String] = [], command: Command? = nil,
    takesSuggestion: Bool = false, takesPath: Bool = false, takesExpressions: Bool = false,
    settings: [PaletteSetting] = [],
    complete: @escaping @Sendable (UIState, [String]) -> [String] = { _, _ in [] },
    run: @escaping @Sendable (inout UIState, [String]) throws(PaletteFault) -> [UIEffect]
  ) {
    self.name = name
    self.aliases = aliases
    self.arguments = arguments
    self.help = help
    self.command = command
    self.takesSuggestion = takesSuggestion
    self.takesPath = takesPath
    self.takesExpressions = takesExpressions
    self.complete = complete
    self.settings = settings
    self.run = run
  }

  var needsArguments: Bool { !arguments.isEmpty && arguments.first != "[" }

  /// All that has a key, then what needs words.
  static let all: [PaletteCommand] =
    (keyed + domainCommands + resourceCommands + deviceCommands + schedulerCommands + poolCommands + hostCommands
    + screenCommands + settingsCommands)
    .sorted { $0.name < $1.name }

  private static let byName: [String: PaletteCommand] = {
    var commands: [String: PaletteCommand] = [:]
    for command in all { commands[command.name] = command }
    return commands
  }()

  static func named(_ name: String) -> PaletteCommand? { byName[name] }

  var usage: String { arguments.isEmpty ? name : name + " " + arguments }

  private static let keyed: [PaletteCommand] = KeyBinding.all.compactMap { binding in
    guard let name = binding.name, binding.isInPalette else { return nil }
    return PaletteCommand(name, help: binding.help, command: binding.command)
  }

  private init(_ name: String, help: String, command: Command) {
    switch command {
    case .pause, .shutdown, .reboot, .destroy:
      self.init(name, "[DOMAIN]...", help, command: command, complete: { $0.guestNames(but: $1) }) {
        state, words throws(PaletteFault) in
        state.run(command, on: try state.rows(named: words))
      }
    case .console:
      self.init(
        name, "[DOMAIN]", help, command: command, complete: { $1.isEmpty ? $0.guestNames(but: []) : [] }
      ) { state, words throws(PaletteFault) in
        guard words.count <= 1 else { throw PaletteFault("one domain at a time has the console") }
        return state.run(command, on: try state.rows(named: words))
      }
    default: self.init(name, "", help, command: command) { state, _ in state.run(command) }
    }
  }
}
