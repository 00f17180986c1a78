import VirtualTerminal

/// A command that is being typed.
struct Palette: Hashable {
  var editor: LineEditor
  /// The suggestion that Tab would take.
  var selected = 0

  init(_ text: String = "") { editor = LineEditor(text) }

  /// The word that the cursor is in, and the words before it.
  var words: (before: [String], current: String) {
    let line = CommandLineWords(editor.textBeforeCursor)
    var words = line.words.map(\.text)
    let current = line.endsInWord ? words.popLast() : nil
    return (words, current ?? "")
  }

  /// Puts a whole word in place of the one that was begun. After a key its value goes on in the same word.
  mutating func complete(with word: String) {
    let line = CommandLineWords(editor.textBeforeCursor)
    if line.endsInWord, let start = line.words.last?.start {
      while editor.cursor > start { _ = editor.press(Key(.backspace)) }
    }
    let goesOn = word.last == "=" || word.last == "/"
    editor.insert(CommandLineWords.quoted(word) + (goesOn ? "" : " "))
    selected = 0
  }

  mutating func select(by step: Int, of count: Int) { selected = min(max(selected + step, 0), max(count - 1, 0)) }

  /// What could be meant, the best first.
  struct Suggestion: Hashable {
    let word: String
    let help: String
  }
}

extension UIState {
  /// What the word under the cursor could become.
  func suggestions(_ palette: Palette) -> [Palette.Suggestion] {
    let (before, current) = palette.words
    guard let name = before.first else {
      return Self.matching(PaletteCommand.all, current) { [$0.name] + $0.aliases }.map {
        let key = $0.command.flatMap(options.keys.shown).map { " (\($0))" } ?? ""
        return Palette.Suggestion(
          word: $0.name, help: ($0.arguments.isEmpty ? "" : $0.arguments + "  ") + $0.help + key)
      }
    }
    guard let command = PaletteCommand.named(name) else { return [] }
    if command.takesPath, before.count == 1 { return pathSuggestions(current) }
    let words = command.complete(self, Array(before.dropFirst())).map { Palette.Suggestion(word: $0, help: "") }
    let settings = PaletteSetting.suggestions(command.settings, self, before, current)
    return Self.matching(words + settings, current) { [$0.word] }
  }

  /// What begins with the text, then what contains it.
  private static func matching<Item>(_ items: [Item], _ text: String, _ names: (Item) -> [String]) -> [Item] {
    let text = text.lowercased()
    guard !text.isEmpty else { return items }
    let first = items.filter { names($0).contains { $0.lowercased().hasPrefix(text) } }
    let others = items.filter { item in !names(item).contains { $0.lowercased().hasPrefix(text) } }
    return first + others.filter { names($0).contains { $0.lowercased().contains(text) } }
  }

  /// A click takes a suggestion as Tab does.
  mutating func click(onSuggestion index: Int, in palette: Palette) -> [UIEffect] {
    var palette = palette
    palette.selected = index
    return pressInPalette(Key(.tab), palette)
  }

  mutating func scroll(by step: Int, in palette: Palette) {
    var palette = palette
    palette.select(by: step, of: suggestions(palette).count)
    mode = .palette(palette)
  }

  mutating func pressInPalette(_ key: Key, _ palette: Palette) -> [UIEffect] {
    var palette = palette
    let suggestions = suggestions(palette)
    switch key {
    case Key(.escape), .control("c"): return leavePalette()
    case Key(.enter): return enter(palette, suggestions)
    case Key(.tab):
      if suggestions.indices.contains(palette.selected) { palette.complete(with: suggestions[palette.selected].word) }
    case Key(.up) where palette.selected == 0, .control("p"): recall(1, &palette)
    case Key(.down) where paletteHistory.recalled == palette.editor.text && palette.selected == 0, .control("n"):
      recall(-1, &palette)
    case Key(.up), Key(.tab, .shift): palette.select(by: -1, of: suggestions.count)
    case Key(.down): palette.select(by: 1, of: suggestions.count)
    case Key(.backspace) where palette.editor.text.isEmpty: return leavePalette()
    default:
      if palette.editor.press(key) { palette.selected = 0 }
    }
    mode = .palette(palette)
    return []
  }

  private mutating func recall(_ step: Int, _ palette: inout Palette) {
    guard let line = paletteHistory.recall(step, current: palette.editor.text) else { return }
    palette = Palette(line)
  }

  private mutating func leavePalette() -> [UIEffect] {
    paletteHistory.stop()
    mode = .command
    forgetPaletteFaults()
    return []
  }

  /// What was wrong with lines before matters no longer.
  private mutating func forgetPaletteFaults() { messages.removeAll(where: \.isOfPalette) }

  /// A command that is not typed in full is the suggested one; where that needs more words, they are waited for.
  private mutating func enter(_ palette: Palette, _ suggestions: [Palette.Suggestion]) -> [UIEffect] {
    var palette = palette
    let words = CommandLineWords(palette.editor.text).words.map(\.text)
    if words.count <= 1, words.first.flatMap(PaletteCommand.named) == nil,
      suggestions.indices.contains(palette.selected)
    {
      palette.complete(with: suggestions[palette.selected].word)
      if PaletteCommand.named(suggestions[palette.selected].word)?.needsArguments == true {
        mode = .palette(palette)
        return []
      }
    } else if words.first.flatMap(PaletteCommand.named)?.takesSuggestion == true, !palette.words.before.isEmpty,
      suggestions.indices.contains(palette.selected)
    {
      palette.complete(with: suggestions[palette.selected].word)
    }
    return execute(palette.editor.text)
  }

  /// Runs a command line; what is wrong with it is said, and it stays to be corrected.
  mutating func execute(_ line: String) -> [UIEffect] {
    mode = .command
    forgetPaletteFaults()
    guard let name = CommandLineWords(line).words.first?.text else { return [] }
    guard let command = PaletteCommand.named(name) else {
      let meant = PaletteCommand.all.first { $0.aliases.contains(name) }.map { "; here it is '\($0.usage)'" } ?? ""
      return reject(line, "there is no command '\(name)'" + meant)
    }
    paletteHistory.add(line.trimmed)
    let parsed = CommandLineWords(line, hasExpressions: command.takesExpressions)
    let words = parsed.words.map(\.text)
    do throws(PaletteFault) {
      if let fault = parsed.fault { throw fault }
      guard words.count == 1 || !command.arguments.isEmpty else { throw PaletteFault("\(name) takes no argument") }
      return try command.run(&self, Array(words.dropFirst()))
    } catch {
      return reject(line, error.text)
    }
  }

  private mutating func reject(_ line: String, _ reason: String) -> [UIEffect] {
    mode = .palette(Palette(line))
    show(.failure, reason, isOfPalette: true)
    return []
  }
}

extension String {
  /// Without blanks at the end, but for one that is quoted.
  fileprivate var trimmed: String {
    var text = self
    while text.last == " ", !text.hasSuffix("\\ ") { text.removeLast() }
    return text
  }
}
