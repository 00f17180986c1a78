import HypervisorModel

/// A request inside `perform`: `{"operation": "pause", "domain": …}`, flat, so that an operation which this side does not
/// know is refused by its name.
package struct WireRequest: Codable, Sendable {
  package var request: Request

  package init(_ request: Request) { self.request = request }

  private enum Key: String, CodingKey { case operation, domain, config, paused, weight, cap }

  package init(from decoder: any Decoder) throws {
    let body = try decoder.container(keyedBy: Key.self)
    let name = try body.decode(String.self, forKey: .operation)
    guard let operation = Operation(rawValue: name) else { throw UnknownRequest(name: name) }
    func domain() throws -> DomainReference { try body.decode(DomainReference.self, forKey: .domain) }
    request =
      switch operation {
      case .create:
        .create(
          try body.decode(DomainConfig.self, forKey: .config),
          paused: try body.decodeIfPresent(Bool.self, forKey: .paused) ?? false)
      case .pause: .pause(try domain())
      case .unpause: .unpause(try domain())
      case .shutdown: .shutdown(try domain())
      case .reboot: .reboot(try domain())
      case .destroy: .destroy(try domain())
      case .setCredit2:
        .setCredit2(
          try domain(), weight: try body.decodeIfPresent(Weight.self, forKey: .weight),
          cap: try body.decodeIfPresent(Cap.self, forKey: .cap))
      }
  }

  package func encode(to encoder: any Encoder) throws {
    var body = encoder.container(keyedBy: Key.self)
    try body.encode(request.operation.rawValue, forKey: .operation)
    switch request {
    case .create(let config, let paused):
      try body.encode(config, forKey: .config)
      try body.encode(paused, forKey: .paused)
    case .pause(let domain), .unpause(let domain), .shutdown(let domain), .reboot(let domain), .destroy(let domain):
      try body.encode(domain, forKey: .domain)
    case .setCredit2(let domain, let weight, let cap):
      try body.encode(domain, forKey: .domain)
      try body.encodeIfPresent(weight, forKey: .weight)
      try body.encodeIfPresent(cap, forKey: .cap)
    }
  }
}

/// The peer asked for something that this side has no name for.
package struct UnknownRequest: Error {
  package var name: String
}

/// The answer to `perform`: `{"outcome": "created", "domain": …}`.
package struct WireReply: Codable, Sendable {
  package var outcome: String
  package var domain: DomainReference?

  package init(_ reply: Reply) {
    switch reply {
    case .done: outcome = "done"
    case .created(let created):
      outcome = "created"
      domain = created
    }
  }

  package func reply() throws(HypervisorError) -> Reply {
    switch (outcome, domain) {
    case ("done", _): return .done
    case ("created", let domain?): return .created(domain)
    default: throw .protocolViolation("the host gave an answer that this client does not know: '\(outcome.prefix(64))'")
    }
  }
}
