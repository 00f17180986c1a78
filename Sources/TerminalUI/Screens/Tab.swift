/// What the tabs lead to: the screens, and the consoles.
enum Tab: Hashable {
  case screen(ScreenID)
  case consoles

  static let all: [Tab] = ScreenID.all.map { .screen($0) } + [.consoles]

  /// The digit that leads there: the consoles' is the last of the keyboard's row.
  var key: Unicode.Scalar? {
    if case .screen(let screen) = self { screen.key } else { "0" }
  }

  var title: String {
    if case .screen(let screen) = self { screen.title } else { "Console" }
  }

  var shortTitle: String {
    if case .screen(let screen) = self { screen.shortTitle } else { "Cons" }
  }

  /// For the palette.
  var name: String {
    if case .screen(let screen) = self { screen.rawValue } else { "consoles" }
  }

  var command: Command {
    if case .screen(let screen) = self { .screen(screen) } else { .consoles }
  }

  /// By its name, its title or its key, in any case.
  init?(named text: String) {
    let text = text.lowercased()
    let tab = Self.all.first { $0.name == text || $0.title.lowercased() == text || $0.key.map(String.init) == text }
    guard let tab else { return nil }
    self = tab
  }
}
