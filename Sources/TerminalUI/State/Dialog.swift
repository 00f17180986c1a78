import HypervisorModel

/// What lies over the main screen and takes the keys.
enum Dialog: Hashable, Sendable {
  /// The key table, scrolled down by so many lines.
  case help(scroll: Int)
  case confirm(Confirmation)
}

/// A question before something that can't be undone.
struct Confirmation: Hashable, Sendable {
  let request: Request
  let domain: DomainReference
  let name: String
  /// Why it is asked for.
  let warning: String

  init(request: Request, domain: DomainReference, name: String, warning: String? = nil) {
    self.request = request
    self.domain = domain
    self.name = name
    self.warning = warning ?? Self.loss(of: request)
  }

  /// What is about to be done, in a word.
  var verb: String {
    switch request {
    case .setCredit, .setCredit2: "change"
    default: request.operation.rawValue
    }
  }

  /// What will be lost.
  private static func loss(of request: Request) -> String {
    switch request {
    case .destroy: "Its power is cut: what is not on disk is lost."
    case .reboot: "The guest is asked to restart."
    default: "The guest is asked to power off."
    }
  }
}

/// A line that goes away by itself.
struct Message: Hashable, Sendable {
  enum Kind: Hashable, Sendable { case info, success, warning, failure }

  var kind: Kind
  var text: String
  /// Local clock.
  var expires: Nanoseconds
}
