import HypervisorModel

/// What a domain is made from, and the request for it that was made last.
struct DomainConfigText {
  let domain: DomainReference
  let request: RequestID?
  let text: ConfigText

  init(_ domain: DomainReference, _ text: ConfigText, request: RequestID? = nil) {
    self.domain = domain
    self.text = text
    self.request = request
  }
}

/// It as far as the host has said it: a config file's words, or Xen's JSON.
enum ConfigText: Hashable {
  case asked
  case lines([String])
  /// The host doesn't say; for the operator.
  case fault(String)

  init(_ result: Result<Reply, HypervisorError>) {
    switch result {
    case .success(.text(let text)): self = .lines(text.split(whereSeparator: \.isNewline).map(String.init))
    case .success: self = .lines([])
    case .failure(let error): self = .fault(error.description)
    }
  }

  /// As they stand on the screen.
  var shown: [String] {
    switch self {
    case .asked: ["waiting for the host"]
    case .lines(let lines): lines.isEmpty ? ["the host tells nothing"] : lines
    case .fault(let text): [text]
    }
  }
}

extension UIState {
  /// The config of the domain whose view is open; it is asked for anew whenever the view is opened.
  mutating func askForConfig() -> [UIEffect] {
    guard view == .domain, let domain = selection else {
      config = nil
      return []
    }
    guard config?.domain != domain, let description = host.description, host.disconnection == nil else { return [] }
    let request = Request.guest(domain, .showConfig)
    if domain.id == .domain0 {
      config = DomainConfigText(domain, .lines(["Domain-0 is the host itself"]))
    } else if case .unavailable(let reason) = description.operations[request.operation] {
      let refusal = HypervisorError.unavailable(operation: request.operation, reason: reason)
      config = DomainConfigText(domain, .fault(refusal.description))
    } else {
      let id = RequestID()
      config = DomainConfigText(domain, .asked, request: id)
      return [.perform(request, id, on: shownHost)]
    }
    return []
  }

  mutating func receiveConfig(of domain: DomainReference, _ result: Result<Reply, HypervisorError>) {
    if case .failure(.disconnected) = result {
      config = nil
    } else {
      config = DomainConfigText(domain, ConfigText(result))
    }
    refreshTable()
  }
}
