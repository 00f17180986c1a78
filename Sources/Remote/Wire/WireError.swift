import HypervisorModel

/// An error on the wire: which kind, its operands, and the text for people, which is all that a client needs to show an
/// error of a kind or about an operation that it does not know.
package struct WireError: Error, Codable, Sendable {
  package var kind: String
  package var text: String
  package var operation: String?
  package var domain: String?
  package var state: String?

  private enum Kind: String {
    case noSuchDomain, wrongState, invalid, exists, unavailable, noAgent, readOnly, exhausted, disconnected
    case protocolViolation, failed
  }

  private init(
    _ kind: Kind, _ text: String, operation: String? = nil, domain: String? = nil, state: String? = nil
  ) {
    self.kind = kind.rawValue
    self.text = text
    self.operation = operation
    self.domain = domain
    self.state = state
  }

  package init(_ error: HypervisorError) {
    let text = error.description
    self =
      switch error {
      case .noSuchDomain(let name): Self(.noSuchDomain, text, domain: name)
      case .wrongState(let operation, let domain, let state):
        Self(.wrongState, text, operation: operation.rawValue, domain: domain, state: state)
      case .invalid: Self(.invalid, text)
      case .exists(let name): Self(.exists, text, domain: name)
      case .unavailable(let operation, let reason):
        Self(.unavailable, text, operation: operation.rawValue, state: reason)
      case .noAgent(let domain): Self(.noAgent, text, domain: domain)
      case .readOnly(let operation): Self(.readOnly, text, operation: operation.rawValue)
      case .exhausted: Self(.exhausted, text)
      case .disconnected: Self(.disconnected, text)
      case .protocolViolation: Self(.protocolViolation, text)
      case .failed: Self(.failed, text)
      }
  }

  /// A refusal on a read-only connection of something that is no `Operation` of the model.
  package static func readOnly(_ action: String) -> WireError {
    WireError(.readOnly, "can't \(action): this connection is read-only", operation: action)
  }

  /// The error in the model's words, or `.failed` with its text where this side lacks the words.
  package var error: HypervisorError {
    switch (Kind(rawValue: kind), operation.flatMap(Operation.init(rawValue:)), domain, state) {
    case (.noSuchDomain, _, let domain?, _): .noSuchDomain(domain)
    case (.wrongState, let operation?, let domain?, let state?):
      .wrongState(operation: operation, domain: domain, state: state)
    case (.invalid, _, _, _): .invalid(text)
    case (.exists, _, let domain?, _): .exists(domain)
    case (.unavailable, let operation?, _, let reason?): .unavailable(operation: operation, reason: reason)
    case (.noAgent, _, let domain?, _): .noAgent(domain: domain)
    case (.readOnly, let operation?, _, _): .readOnly(operation: operation)
    case (.exhausted, _, _, _): .exhausted(text)
    case (.disconnected, _, _, _): .disconnected(text)
    case (.protocolViolation, _, _, _): .protocolViolation(text)
    default: .failed(text)
    }
  }
}
