import HypervisorModel

/// What the bottom line says of a key, or of the keys of opposites.
struct Hint: Sendable {
  let commands: [Command]
  let word: String

  init(_ commands: [Command], _ word: String) {
    self.commands = commands
    self.word = word
  }

  /// On every screen.
  static let general = [Hint([.help], "help"), Hint([.quit], "quit")]
  static let filter = Hint([.filter], "filter")
  static let palette = Hint([.palette], "command")
  static let open = Hint([.open], "domain")
  static let weight = Hint([.raiseWeight, .lowerWeight], "weight")
  static let cap = Hint([.lowerCap, .raiseCap], "cap")
  static let undo = Hint([.undo], "undo")
  static let mark = Hint([.mark], "mark")
  /// On every table.
  static let table = [
    Hint([.sortLeft, .sortRight], "sort"), Hint([.chooseColumns], "columns"), Hint([.toggleCPUUnit], "unit"),
    Hint([.type("delay")], "delay"),
  ]
  /// For the selected domain.
  static let console = Hint([.console], "console")
  static let pause = Hint([.pause], "pause")
  static let destroy = Hint([.destroy], "destroy")
  static let shutdown = Hint([.shutdown], "shutdown")
}

extension UIState {
  /// What the bottom line offers: the screen's own keys, as far as they can do something now.
  var hints: [Hint] { type(of: screens[view]).hints.filter { $0.commands.contains(where: isPossible) } }

  private func isPossible(_ command: Command) -> Bool {
    switch command {
    case .open: selection != nil
    case .mark: showsMarks && selection != nil
    case .undo: host.journal.hasSteps
    case .console: isGuestSelected
    case .pause: isGuestSelected && isOffered(.pause)
    case .shutdown: isGuestSelected && isOffered(.shutdown)
    case .destroy: isGuestSelected && isOffered(.destroy)
    case .raiseWeight, .lowerWeight: !options.isReadOnly && selectedRow?.weight != nil
    case .raiseCap, .lowerCap: !options.isReadOnly && selectedRow?.cap != nil
    case .type("pin"): selection != nil && isOffered(.pinVCPU)
    default: true
    }
  }

  private var isGuestSelected: Bool { selectedRow?.isDomain0 == false }

  private func isOffered(_ operation: Operation) -> Bool {
    guard !options.isReadOnly else { return false }
    if case .unavailable = host.description?.operations[operation] { return false }
    return true
  }
}
