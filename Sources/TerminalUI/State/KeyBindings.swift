import VirtualTerminal

/// What a key on the main screen does.
enum Command: Hashable, Sendable {
  case up, down, pageUp, pageDown, first, last
  case sortLeft, sortRight, reverseOrder, toggleCPUUnit
  case console, pause, shutdown, reboot, destroy
  case raiseWeight, lowerWeight, raiseCap, lowerCap
  case help, redraw, suspend, quit, dismiss
}

/// One line of the key table: the keys, the help overlay and the bottom line all come from here.
struct KeyBinding: Sendable {
  let keys: [Key]
  /// The keys as the help shows them.
  let shown: String
  let command: Command
  let help: String
  /// Key and word in the bottom line; nil: not shown there.
  let hint: (key: String, word: String)?

  private init(
    _ keys: [Key], _ shown: String, _ command: Command, _ help: String, hint: (key: String, word: String)? = nil
  ) {
    self.keys = keys
    self.shown = shown
    self.command = command
    self.help = help
    self.hint = hint
  }

  /// The most useful hints come first: a narrow terminal cuts the bottom line.
  static let all: [KeyBinding] = [
    KeyBinding([.character("?"), Key(.function(1))], "? F1", .help, "this help", hint: ("?", "help")),
    KeyBinding([.character("q"), .control("c")], "q ^C", .quit, "quit; the guests go on", hint: ("q", "quit")),
    KeyBinding(
      [Key(.enter), .character("c")], "Enter c", .console, "step into the domain's console", hint: ("c", "console")),
    KeyBinding([.character("p")], "p", .pause, "pause, or let a paused domain go on", hint: ("p", "pause")),
    KeyBinding([.character("s")], "s", .shutdown, "ask the guest to power off", hint: ("s", "shutdown")),
    KeyBinding([.character("r")], "r", .reboot, "ask the guest to restart"),
    KeyBinding([.character("d"), .character("x")], "d x", .destroy, "destroy the domain", hint: ("d", "destroy")),
    KeyBinding(
      [.character("+"), .character("=")], "+", .raiseWeight, "weight up to the next multiple of 32",
      hint: ("+ -", "weight")),
    KeyBinding([.character("-")], "-", .lowerWeight, "weight down to the next multiple of 32"),
    KeyBinding([.character("]")], "]", .raiseCap, "cap up by 5 % of a pCPU", hint: ("[ ]", "cap")),
    KeyBinding([.character("[")], "[", .lowerCap, "cap down by 5 %; 0 is no cap"),
    KeyBinding([Key(.right), .character(">"), .character("S")], "→ > S", .sortRight, "sort by the next column"),
    KeyBinding([Key(.left), .character("<")], "← <", .sortLeft, "sort by the column before", hint: ("< >", "sort")),
    KeyBinding([.character("R")], "R", .reverseOrder, "reverse the order"),
    KeyBinding(
      [.character("%")], "%", .toggleCPUUnit, "CPU %: of one pCPU, or of the whole host", hint: ("%", "unit")),
    KeyBinding([Key(.up), .character("k")], "↑ k", .up, "domain above"),
    KeyBinding([Key(.down), .character("j")], "↓ j", .down, "domain below"),
    KeyBinding([Key(.pageUp)], "PgUp", .pageUp, "a page up"),
    KeyBinding([Key(.pageDown)], "PgDn", .pageDown, "a page down"),
    KeyBinding([Key(.home), .character("g")], "Home g", .first, "first domain"),
    KeyBinding([Key(.end), .character("G")], "End G", .last, "last domain"),
    KeyBinding([Key(.escape)], "Esc", .dismiss, "put the message or dialog away"),
    KeyBinding([.control("l")], "^L", .redraw, "draw the screen anew"),
    KeyBinding([.control("z")], "^Z", .suspend, "back to the shell; fg returns"),
  ]

  private static let commands: [Key: Command] = {
    var commands: [Key: Command] = [:]
    for binding in all { for key in binding.keys { commands[key] = binding.command } }
    return commands
  }()

  static func command(for key: Key) -> Command? { commands[key] }

  /// The keys of a console, which are not the guest's.
  static let console: [(shown: String, help: String)] = [
    ("^]", "leave the console"),
    ("^a d", "leave the console, where ^] can't be typed"),
    ("^a a", "type ^a into the guest"),
    ("PgUp PgDn", "scroll, unless a full-screen program runs"),
    ("^a PgUp", "scroll in any case"),
  ]
}
