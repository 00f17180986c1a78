/// Whose colours are on the screen. Only names: what colours they are, the terminal knows.
struct ThemeChoice: Hashable {
  /// What the operator has chosen.
  var chosen: String
  /// What was chosen before: a theme that can't be shown gives way to it.
  var before: String
  /// What the terminal was told to show last.
  var shown: String
  /// What could not be shown when it was looked at.
  var failed: String?

  init(_ name: String) { (chosen, before, shown) = (name, name, name) }

  mutating func choose(_ name: String) { (chosen, before) = (name, chosen) }
}

extension UIState {
  /// The one that is shown now first: whoever only looks at what there is sees no other colours yet.
  var themeNames: [String] { [theme.chosen] + options.themes.filter { $0 != theme.chosen } }

  /// Asks for the colours that belong on the screen, if others are there: those of a theme that the palette is about to
  /// choose, else those of the chosen one. So however the palette is left, no preview stays.
  mutating func showTheme() -> [UIEffect] {
    let wanted = previewedTheme ?? theme.chosen
    guard wanted != theme.shown else { return [] }
    theme.shown = wanted
    return [.showTheme(wanted)]
  }

  private var previewedTheme: String? {
    guard case .palette(let palette) = mode, palette.words.before.first == PaletteCommand.theme.name else { return nil }
    if palette.words.before.count > 1 { return options.themes.first { $0 == palette.words.before[1] } }
    let suggestions = suggestions(palette)
    return suggestions.indices.contains(palette.selected) ? suggestions[palette.selected].word : nil
  }

  /// What could not be shown as a preview is tried once more.
  mutating func chooseTheme(_ name: String) -> [UIEffect] {
    let effects: [UIEffect] = theme.failed == name ? [.showTheme(name)] : []
    theme.failed = nil
    theme.choose(name)
    return effects
  }

  mutating func themeFailed(_ name: String, _ reason: String) {
    show(.failure, reason)
    theme.failed = name
    if theme.chosen == name { theme.chosen = theme.before }
  }
}
