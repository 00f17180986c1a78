import Figures
import VirtualTerminal

/// What a key on the main screen does.
enum Command: Hashable, Sendable {
  case up, down, pageUp, pageDown, first, last, previousDomain, nextDomain
  case mark, markAll
  case screen(ScreenID), nextView, previousView, open
  case sortLeft, sortRight, reverseOrder, toggleCPUUnit, toggleDetails(DomainDetails)
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
  /// In the palette and the configuration.
  let name: String?
  let isInPalette: Bool
  let help: String

  private init(
    _ keys: [Key], _ shown: String, _ command: Command, _ name: String?, _ help: String, inPalette: Bool = true
  ) {
    self.keys = keys
    self.shown = shown
    self.command = command
    self.name = name
    isInPalette = inPalette && name != nil
    self.help = help
  }

  /// The tabs show the key, so it is always that one.
  var isFixed: Bool {
    switch command {
    case .screen, .consoles: true
    default: false
    }
  }

  /// The same with other keys.
  init(_ binding: KeyBinding, keys: [Key]) {
    self.init(
      keys, keys.map(\.name).joined(separator: " "), binding.command, binding.name, binding.help,
      inPalette: binding.isInPalette)
  }

  /// By what they are about, for the help.
  static let groups: [(title: String, bindings: [KeyBinding])] = [
    ("General", general), ("Domains", domains), ("Scheduling", scheduling), ("Views", views), ("Table", table),
  ]

  static let all: [KeyBinding] = groups.flatMap(\.bindings)

  private static let general: [KeyBinding] = [
    KeyBinding([.character("?"), Key(.function(1))], "? F1", .help, "help", "this help"),
    KeyBinding([.character(":")], ":", .palette, "palette", "type a command; Tab completes", inPalette: false),
    KeyBinding(
      [.character("q"), .character("Q"), .control("c")], "q Q ^C", .quit, "quit", "quit; the guests go on"),
    KeyBinding(
      [Key(.escape)], "Esc", .dismiss, "back", "one step back: message, marks, filter, view", inPalette: false),
    KeyBinding([.character("D")], "D", .type("delay"), "delay", "type the delay between two samples", inPalette: false),
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
    KeyBinding([.character("*")], "*", .markAll, "mark-all", "mark all guests that are shown, or none"),
    KeyBinding(
      [.character("m")], "m", .type("mem-set"), "mem-set", "type how much memory it shall have", inPalette: false),
  ]

  private static let scheduling: [KeyBinding] = [
    KeyBinding(
      [.character("+"), .character("=")], "+", .raiseWeight, "weight-up", "weight up to the next multiple of 32"),
    KeyBinding([.character("-")], "-", .lowerWeight, "weight-down", "weight down to the next multiple of 32"),
    KeyBinding([.character("w")], "w", .type("weight"), "weight", "type a weight", inPalette: false),
    KeyBinding([.character("]")], "]", .raiseCap, "cap-up", "cap up by 5 % of a pCPU"),
    KeyBinding([.character("[")], "[", .lowerCap, "cap-down", "cap down by 5 %; 0 is no cap"),
    KeyBinding([.character("C")], "C", .type("cap"), "cap", "type a cap", inPalette: false),
    KeyBinding([.character("P")], "P", .type("pin"), "pin", "type the pCPUs where it may run", inPalette: false),
    KeyBinding([.character("u")], "u", .undo, "undo", "take the last change back"),
  ]

  private static let views: [KeyBinding] =
    Tab.all.map { tab in
      KeyBinding(
        tab.key.map { [.character($0)] } ?? [], tab.key.map(String.init) ?? "", tab.command,
        tab == .consoles ? tab.name : nil, tab == .consoles ? "the open consoles" : tab.title)
    } + [
      KeyBinding([.character("|")], "|", .split, "split", "consoles beside this screen, or over all of it"),
      KeyBinding([Key(.tab)], "Tab", .nextView, "next-view", "next view", inPalette: false),
      KeyBinding([Key(.tab, .shift)], "Shift-Tab", .previousView, "previous-view", "view before", inPalette: false),
    ]

  private static let table: [KeyBinding] = [
    KeyBinding(
      [.character("/")], "/", .filter, "filter", "show only: text, ~regex, state:running, cpu>50, !not",
      inPalette: false),
    KeyBinding([.character(">"), .character("S")], "> S", .sortRight, "sort-next", "sort by the next column"),
    KeyBinding([.character("<")], "<", .sortLeft, "sort-previous", "sort by the column before"),
    KeyBinding([.character("I")], "I", .reverseOrder, "reverse", "reverse the order"),
    KeyBinding(
      [.character("V")], "V", .toggleDetails(.vcpus), "vcpus", "below each domain: CPU seconds of its vCPUs"),
    KeyBinding(
      [.character("N")], "N", .toggleDetails(.networks), "networks", "below each domain: its network interfaces"),
    KeyBinding([.character("B")], "B", .toggleDetails(.disks), "disks", "below each domain: its block devices"),
    KeyBinding(
      [.character("R")], "R", .toggleDetails(.repeatedHeading), "repeat-header", "repeat the heading above each domain"),
    KeyBinding([.character("y")], "y", .copyNames, "copy", "copy the domain's name to your clipboard (OSC 52)"),
    KeyBinding([.character("Y")], "Y", .copyTable, "copy-table", "copy the table, as CSV"),
    KeyBinding([.character("%")], "%", .toggleCPUUnit, "unit", "CPU %: of one pCPU, or of the whole host"),
    KeyBinding([.character("f")], "f", .chooseColumns, "choose-columns", "choose the columns"),
    KeyBinding(
      [Key(.right), .character("l")], "→ l", .columnsRight, "columns-right", "columns further to the right",
      inPalette: false),
    KeyBinding(
      [Key(.left), .character("h")], "← h", .columnsLeft, "columns-left", "columns back to the left", inPalette: false),
    KeyBinding([Key(.up), .character("k")], "↑ k", .up, "up", "up", inPalette: false),
    KeyBinding([Key(.down), .character("j")], "↓ j", .down, "down", "down", inPalette: false),
    KeyBinding(
      [.character("K")], "K", .previousDomain, "previous-domain", "the domain before, also in its view",
      inPalette: false),
    KeyBinding([.character("J")], "J", .nextDomain, "next-domain", "the next domain", inPalette: false),
    KeyBinding([Key(.pageUp)], "PgUp", .pageUp, "page-up", "a page up", inPalette: false),
    KeyBinding([Key(.pageDown)], "PgDn", .pageDown, "page-down", "a page down", inPalette: false),
    KeyBinding([Key(.home), .character("g")], "Home g", .first, "first", "to the beginning", inPalette: false),
    KeyBinding([Key(.end), .character("G")], "End G", .last, "last", "to the end", inPalette: false),
  ]
}
