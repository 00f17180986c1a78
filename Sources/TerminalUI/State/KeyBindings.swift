import VirtualTerminal

/// What a key on the main screen does.
enum Command: Hashable, Sendable {
  case up, down, pageUp, pageDown, first, last, previousDomain, nextDomain
  case mark, markAll
  case view(View), toggleView(View), nextView, previousView, open
  case sortLeft, sortRight, reverseOrder, toggleCPUUnit
  case columnsLeft, columnsRight, chooseColumns, filter
  /// The palette, and the palette with a command's beginning.
  case palette, type(String)
  case console, consoles, split, pause, shutdown, reboot, destroy
  case raiseWeight, lowerWeight, raiseCap, lowerCap, undo
  case copyNames, copyTable
  case help, redraw, suspend, quit, dismiss
}

/// One line of the key table: the keys, the help overlay, the bottom line and the palette all come from here.
struct KeyBinding: Sendable {
  let keys: [Key]
  /// The keys as the help shows them.
  let shown: String
  let command: Command
  /// In the palette; nil: not there.
  let name: String?
  let help: String

  private init(
    _ keys: [Key], _ shown: String, _ command: Command, _ name: String?, _ help: String
  ) {
    self.keys = keys
    self.shown = shown
    self.command = command
    self.name = name
    self.help = help
  }

  /// By what they are about, for the help.
  static let groups: [(title: String, bindings: [KeyBinding])] = [
    ("General", general), ("Domains", domains), ("Scheduling", scheduling), ("Views", views), ("Table", table),
  ]

  static let all: [KeyBinding] = groups.flatMap(\.bindings)

  /// The bottom line, the most useful first: a narrow terminal cuts it.
  static let hints: [(key: String, word: String)] = [
    ("?", "help"), ("q", "quit"), ("c", "console"), ("p", "pause"), ("/", "filter"), (":", "command"), ("d", "destroy"),
    ("+ -", "weight"), ("u", "undo"), ("s", "shutdown"), ("[ ]", "cap"), ("Space", "mark"), ("< >", "sort"),
    ("f", "columns"), ("%", "unit"), ("D", "delay"),
  ]

  private static let general: [KeyBinding] = [
    KeyBinding([.character("?"), Key(.function(1))], "? F1", .help, "help", "this help"),
    KeyBinding([.character(":")], ":", .palette, nil, "type a command; Tab completes"),
    KeyBinding(
      [.character("q"), .character("Q"), .control("c")], "q Q ^C", .quit, "quit", "quit; the guests go on"),
    KeyBinding([Key(.escape)], "Esc", .dismiss, nil, "one step back: message, marks, filter, view"),
    KeyBinding([.character("D")], "D", .type("delay"), nil, "type the delay between two samples"),
    KeyBinding([.control("l")], "^L", .redraw, "redraw", "draw the screen anew"),
    KeyBinding([.control("z")], "^Z", .suspend, "suspend", "back to the shell; fg returns"),
  ]

  private static let domains: [KeyBinding] = [
    KeyBinding([Key(.enter)], "Enter", .open, "open", "the domain from near; once more: its console"),
    KeyBinding([.character("c")], "c", .console, "console", "step into the domain's console"),
    KeyBinding([.character("p")], "p", .pause, "pause", "pause, or let a paused domain go on"),
    KeyBinding([.character("s")], "s", .shutdown, "shutdown", "ask the guest to power off"),
    KeyBinding([.character("r")], "r", .reboot, "reboot", "ask the guest to restart"),
    KeyBinding([.character("d"), .character("x")], "d x", .destroy, "destroy", "destroy the domain"),
    KeyBinding([.character(" ")], "Space", .mark, "mark", "mark it, or not: commands are for all marked ones"),
    KeyBinding([.character("*")], "*", .markAll, "mark-all", "mark all that are shown, or none"),
    KeyBinding([.character("m")], "m", .type("mem-set"), nil, "type how much memory it shall have"),
  ]

  private static let scheduling: [KeyBinding] = [
    KeyBinding(
      [.character("+"), .character("=")], "+", .raiseWeight, "weight-up", "weight up to the next multiple of 32"),
    KeyBinding([.character("-")], "-", .lowerWeight, "weight-down", "weight down to the next multiple of 32"),
    KeyBinding([.character("w")], "w", .type("weight"), nil, "type a weight"),
    KeyBinding([.character("]")], "]", .raiseCap, "cap-up", "cap up by 5 % of a pCPU"),
    KeyBinding([.character("[")], "[", .lowerCap, "cap-down", "cap down by 5 %; 0 is no cap"),
    KeyBinding([.character("C")], "C", .type("cap"), nil, "type a cap"),
    KeyBinding([.character("P")], "P", .type("pin"), nil, "type the pCPUs where it may run"),
    KeyBinding([.character("u")], "u", .undo, "undo", "take the last change back"),
  ]

  private static let views: [KeyBinding] =
    View.allCases.map { view in
      let digit = Unicode.Scalar(UInt8(ascii: "0") + UInt8(view.number))
      return KeyBinding([.character(digit)], String(view.number), .view(view), nil, view.title)
    } + [
      KeyBinding(
        [Unicode.Scalar(UInt8(ascii: "0") + UInt8(Tab.consoleNumber))].map { .character($0) }, "\(Tab.consoleNumber)",
        .consoles,
        "consoles", "the open consoles"),
      KeyBinding([.character("|")], "|", .split, "split", "consoles beside this screen, or over all of it"),
      KeyBinding([.character("V")], "V", .toggleView(.vcpus), nil, "vCPUs, or back"),
      KeyBinding([.character("N")], "N", .toggleView(.networks), nil, "network interfaces, or back"),
      KeyBinding([.character("B")], "B", .toggleView(.disks), nil, "virtual block devices, or back"),
      KeyBinding([Key(.tab)], "Tab", .nextView, nil, "next view"),
      KeyBinding([Key(.tab, .shift)], "Shift-Tab", .previousView, nil, "view before"),
    ]

  private static let table: [KeyBinding] = [
    KeyBinding(
      [.character("/")], "/", .filter, nil, "show only: text, ~regex, state:running, cpu>50, !not"),
    KeyBinding([.character(">"), .character("S")], "> S", .sortRight, "sort-next", "sort by the next column"),
    KeyBinding([.character("<")], "<", .sortLeft, "sort-previous", "sort by the column before"),
    KeyBinding([.character("R")], "R", .reverseOrder, "reverse", "reverse the order"),
    KeyBinding([.character("y")], "y", .copyNames, "copy", "copy the domain's name to your clipboard (OSC 52)"),
    KeyBinding([.character("Y")], "Y", .copyTable, "copy-table", "copy the table, as CSV"),
    KeyBinding([.character("%")], "%", .toggleCPUUnit, "unit", "CPU %: of one pCPU, or of the whole host"),
    KeyBinding([.character("f")], "f", .chooseColumns, "choose-columns", "choose the columns"),
    KeyBinding([Key(.right), .character("l")], "→ l", .columnsRight, nil, "columns further to the right"),
    KeyBinding([Key(.left), .character("h")], "← h", .columnsLeft, nil, "columns back to the left"),
    KeyBinding([Key(.up), .character("k")], "↑ k", .up, nil, "up"),
    KeyBinding([Key(.down), .character("j")], "↓ j", .down, nil, "down"),
    KeyBinding([.character("K")], "K", .previousDomain, nil, "the domain before, also in its view"),
    KeyBinding([.character("J")], "J", .nextDomain, nil, "the next domain"),
    KeyBinding([Key(.pageUp)], "PgUp", .pageUp, nil, "a page up"),
    KeyBinding([Key(.pageDown)], "PgDn", .pageDown, nil, "a page down"),
    KeyBinding([Key(.home), .character("g")], "Home g", .first, nil, "to the beginning"),
    KeyBinding([Key(.end), .character("G")], "End G", .last, nil, "to the end"),
  ]

  private static let commands: [Key: Command] = {
    var commands: [Key: Command] = [:]
    for binding in all { for key in binding.keys { commands[key] = binding.command } }
    return commands
  }()

  static func command(for key: Key) -> Command? { commands[key] }
}
