import HypervisorModel

/// A question before something that can't be undone, or that endangers the host.
struct Confirmation: Hashable {
  struct Target: Hashable {
    let domain: DomainReference
    let name: String
  }

  let requests: [Request]
  let targets: [Target]
  /// Why it is asked for.
  let warning: String
  /// It is taken back by itself unless it is kept.
  let isOnTrial: Bool
  let isUndoable: Bool
  /// For several domains at once a name has to be typed: `y` comes too easily.
  var typed: LineEditor?

  /// Before what loses something.
  init(_ requests: [Request], _ targets: [Target]) {
    self.init(
      requests, targets, warning: requests.first?.operation.facts.loss ?? "", isOnTrial: false, isUndoable: true)
    if targets.count > 1 { typed = LineEditor() }
  }

  /// Before what endangers the host.
  init(_ requests: [Request], _ targets: [Target], danger: String, isUndoable: Bool) {
    self.init(
      requests, targets, warning: danger + ". Unless you keep it, it is taken back after 30 s.", isOnTrial: true,
      isUndoable: isUndoable)
  }

  private init(_ requests: [Request], _ targets: [Target], warning: String, isOnTrial: Bool, isUndoable: Bool) {
    self.requests = requests
    self.targets = targets
    self.warning = warning
    self.isOnTrial = isOnTrial
    self.isUndoable = isUndoable
  }

  /// What has to be typed.
  var password: String { targets.first?.name ?? "" }

  /// What it is about: `domain` or `cpupool`, and its name; a number of domains.
  var subject: (kind: String, name: String) {
    switch targets.count {
    case 0: ("cpupool", requests.first?.pool ?? "")
    case 1: ("domain", targets[0].name)
    default: ("", "\(targets.count) domains")
    }
  }

  /// What is about to be done, in a word.
  var verb: String {
    guard let request = requests.first else { return "" }
    if case .scheduling = request { return "change" }
    return request.operation.rawValue
  }
}

/// A change that is taken back by itself unless the operator says in time that the host still works.
struct Trial: Hashable {
  static let time = Nanoseconds.seconds(30)

  /// What takes it back.
  let inverse: [Request]
  let requests: [RequestID]
  /// It is the last of the steps that can be undone.
  let isUndoable: Bool
  /// `weight 64 for Domain-0`.
  let text: String
  /// Local clock.
  let deadline: Nanoseconds

  /// Whole seconds that are left, rounded up.
  func secondsLeft(at now: Nanoseconds) -> UInt64 { ((deadline - now).rawValue + 999_999_999) / 1_000_000_000 }

  /// When the number of seconds on the screen changes.
  func nextChange(after now: Nanoseconds) -> Nanoseconds {
    let left = secondsLeft(at: now)
    return left == 0 ? deadline : deadline - Nanoseconds.seconds(left - 1)
  }
}

/// A line that goes away by itself.
struct Message: Hashable, Sendable {
  enum Kind: Hashable, Sendable { case info, success, warning, failure }

  var kind: Kind
  var text: String
  /// Local clock.
  var expires: Nanoseconds
  /// It is about a line of the palette, and goes with it.
  var isOfPalette = false

  /// How many stand on the screen at once.
  static let limit = 4
}
