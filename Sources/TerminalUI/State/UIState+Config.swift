import HypervisorModel

/// What a domain is made from, as far as the host has said it.
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
  /// The config of the domain whose view is open, once: it doesn't change.
  mutating func askForConfig() -> [UIEffect] {
    guard view == .domain, let domain = selection, configs[domain] == nil, let description = host.description else {
      return []
    }
    let request = Request.showConfig(domain)
    if domain.id == .domain0 {
      configs[domain] = .lines(["Domain-0 is the host itself"])
    } else if case .unavailable(let reason) = description.operations[request.operation] {
      configs[domain] = .fault(HypervisorError.unavailable(operation: request.operation, reason: reason).description)
    } else {
      configs[domain] = .asked
      return [.perform(request)]
    }
    return []
  }

  mutating func takeConfig(of domain: DomainReference, _ result: Result<Reply, HypervisorError>) {
    configs[domain] = ConfigText(result)
    scrollDetail(by: 0)
  }
}
