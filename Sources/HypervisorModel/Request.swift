/// Everything that a hypervisor can be asked to do. Each case says when it is legal.
public enum Request: Hashable, Codable, Sendable {
  /// Make a domain and start it, or leave it paused. Legal when no domain has its name or UUID. Answer: `.created`.
  case create(DomainConfig, paused: Bool)
  /// Stop a domain's vCPUs where they are. Legal for a domain that is neither shut down nor dying; not for Domain-0.
  case pause(DomainReference)
  /// Let a paused domain go on. Legal when it is paused.
  case unpause(DomainReference)
  /// Ask the guest to power off. Legal when it runs and its agent answers; returns when the guest took the wish.
  case shutdown(DomainReference)
  /// Ask the guest to restart. As `shutdown`.
  case reboot(DomainReference)
  /// Take a domain away at once. Legal in every state; not for Domain-0.
  case destroy(DomainReference)
  /// Change the parameters of the credit2 scheduler; nil leaves one as it is. Legal for a domain that it schedules.
  case setCredit2(DomainReference, weight: Weight?, cap: Cap?)

  /// Which kind of request it is, without its operands.
  public var operation: Operation {
    switch self {
    case .create: .create
    case .pause: .pause
    case .unpause: .unpause
    case .shutdown: .shutdown
    case .reboot: .reboot
    case .destroy: .destroy
    case .setCredit2: .setCredit2
    }
  }

  /// The domain that it is about; nil for `create`.
  public var domain: DomainReference? {
    switch self {
    case .create: nil
    case .pause(let domain), .unpause(let domain), .shutdown(let domain), .reboot(let domain), .destroy(let domain):
      domain
    case .setCredit2(let domain, _, _): domain
    }
  }
}

/// The names of the requests, for capability lists and refusals.
public enum Operation: String, Hashable, Codable, Sendable, CaseIterable {
  case create, pause, unpause, shutdown, reboot, destroy
  case setCredit2 = "sched-credit2"
}

/// The answer to a request that was carried out.
public enum Reply: Hashable, Codable, Sendable {
  case done
  case created(DomainReference)
}

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
