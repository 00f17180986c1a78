/// Why a request was not carried out.
public enum HypervisorError: Error, Hashable, Codable, Sendable {
  /// No such domain, or its host, UUID and id disagree.
  case noSuchDomain(String)
  /// The domain's state does not allow it.
  case wrongState(operation: Operation, domain: String, state: String)
  /// A value is outside what is allowed; the text names the value and the range.
  case invalid(String)
  /// A domain with this name or UUID is there already.
  case exists(String)
  /// This engine, or this domain, can't do it; the text says why.
  case unavailable(operation: Operation, reason: String)
  /// The guest has no agent that answers.
  case noAgent(domain: String)
  /// This connection may only look.
  case readOnly(operation: Operation)
  /// The host has no more memory, descriptors, threads or disk; the text says which.
  case exhausted(String)
  /// The host is not there, or the connection broke.
  case disconnected(String)
  /// The other side speaks another protocol, or sent what can't be understood.
  case protocolViolation(String)
  /// The host failed in a way that is none of the above.
  case failed(String)
}

extension HypervisorError: CustomStringConvertible {
  /// One line that tells what is wrong and, where it can, what to do.
  public var description: String {
    switch self {
    case .noSuchDomain(let name): "no domain '\(name)' here; 'domus list' shows what there is"
    case .wrongState(let operation, let domain, let state):
      "can't \(operation.rawValue) domain '\(domain)': it is \(state)"
    case .invalid(let text): text
    case .exists(let name): "a domain '\(name)' is there already; destroy it or choose another name"
    case .unavailable(let operation, let reason): "\(operation.rawValue) is not available: \(reason)"
    case .noAgent(let domain):
      "domain '\(domain)' has no guest agent that answers; use its console, or 'domus destroy \(domain)' to take it away"
    case .readOnly(let operation): "can't \(operation.rawValue): this connection is read-only"
    case .exhausted(let text): text
    case .disconnected(let text): text
    case .protocolViolation(let text): text
    case .failed(let text): text
    }
  }
}
