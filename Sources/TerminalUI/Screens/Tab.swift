/// What the tabs lead to: the screens, and the consoles.
enum Tab: Hashable {
  case screen(ScreenID)
  case consoles

  static let all: [Tab] = ScreenID.all.map { .screen($0) } + [.consoles]
  static let consoleNumber = ScreenID.all.count + 1

  var number: Int {
    if case .screen(let screen) = self { screen.number } else { Self.consoleNumber }
  }

  var title: String {
    if case .screen(let screen) = self { screen.title } else { "Console" }
  }

  /// For the palette.
  var name: String {
    if case .screen(let screen) = self { screen.rawValue } else { "consoles" }
  }

  var command: Command {
    if case .screen(let screen) = self { .screen(screen) } else { .consoles }
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
