import HypervisorModel

/// The answer to `perform`: `{"outcome": "created", "domain": …}`.
package struct WireReply: Codable, Sendable {
  package var outcome: String
  package var domain: DomainReference?
  package var warnings: [String]?
  package var text: String?
  package var trace: SchedulingTrace?

  package init(_ reply: Reply) {
    switch reply {
    case .done: outcome = "done"
    case .created(let created, let warnings):
      outcome = "created"
      domain = created
      self.warnings = warnings
    case .text(let text):
      outcome = "text"
      self.text = text
    case .trace(let trace):
      outcome = "trace"
      self.trace = trace
    }
  }

  package func reply() throws(HypervisorError) -> Reply {
    switch (outcome, domain, text, trace) {
    case ("done", _, _, _): return .done
    case ("created", let domain?, _, _): return .created(domain, warnings: warnings ?? [])
    case ("text", _, let text?, _): return .text(text)
    case ("trace", _, _, let trace?): return .trace(trace)
    default: throw .protocolViolation("the host gave an answer that this client does not know: '\(outcome.prefix(64))'")
    }
  }
}
