/// How the screen looks, now and at the next start.
extension PaletteCommand {
  static let settingsCommands: [PaletteCommand] = [
    theme,
    PaletteCommand("save-columns", "", "start with these columns and this order of domains next time") { state, _ in
      [.save(.table(columns: state.domains.position.columns, state.domains.position.sort))]
    },
    PaletteCommand("save-theme", "", "start with these colours next time") { state, _ in
      [.save(.theme(state.theme.chosen))]
    },
  ]

  static let theme = PaletteCommand(
    "theme", "NAME", "choose the colours; they are shown while you choose", takesSuggestion: true,
    complete: { state, words in words.isEmpty ? state.themeNames : [] }
  ) { state, words throws(PaletteFault) in
    let name = try word(words, "the theme's name")
    guard state.themeNames.contains(name) else {
      throw PaletteFault("a theme is one of " + state.options.themes.joined(separator: ", "))
    }
    return state.chooseTheme(name)
  }
}
