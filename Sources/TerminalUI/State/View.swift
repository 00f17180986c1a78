/// What the main screen shows. The order is that of the tabs.
public enum View: String, Hashable, Sendable, CaseIterable {
  case overview, domain, vcpus, pcpus, disks, networks, scheduler, log

  var title: String {
    switch self {
    case .overview: "Domains"
    case .domain: "Domain"
    case .vcpus: "vCPUs"
    case .pcpus: "pCPUs"
    case .disks: "Disks"
    case .networks: "Nets"
    case .scheduler: "Scheduler"
    case .log: "Log"
    }
  }

  /// From 1; also its key.
  var number: Int { (Self.allCases.firstIndex(of: self) ?? 0) + 1 }

  func moved(by step: Int) -> View {
    let count = Self.allCases.count
    return Self.allCases[((number - 1 + step) % count + count) % count]
  }
}

/// What the tabs lead to: the views, and the consoles.
enum Tab: Hashable {
  case view(View)
  case consoles

  static let all: [Tab] = View.allCases.map { .view($0) } + [.consoles]
  static let consoleNumber = View.allCases.count + 1

  var number: Int {
    if case .view(let view) = self { view.number } else { Self.consoleNumber }
  }

  var title: String {
    if case .view(let view) = self { view.title } else { "Console" }
  }

  /// For the palette.
  var name: String {
    if case .view(let view) = self { view.rawValue } else { "consoles" }
  }

  var command: Command {
    if case .view(let view) = self { .view(view) } else { .consoles }
  }

  /// By its name, its title or its number, in any case.
  init?(named text: String) {
    let text = text.lowercased()
    guard let tab = Self.all.first(where: { [$0.name, $0.title.lowercased(), "\($0.number)"].contains(text) }) else {
      return nil
    }
    self = tab
  }
}
