/// A command line in words, quoted as in the shell: `'…'`, `"…"`, and a backslash before one character. Regular
/// expressions are full of backslashes: where the line has one, a backslash is itself.
struct CommandLineWords {
  struct Word {
    /// Without quotes and backslashes.
    var text = ""
    /// Where it begins in the line, counted in characters.
    let start: Int
  }

  private(set) var words: [Word] = []
  /// The line ends in its last word: another character goes on with it.
  private(set) var endsInWord = false
  /// What is missing at the end.
  private(set) var fault: PaletteFault?

  init(_ line: String, hasExpressions: Bool = false) {
    var quote: Character?
    var isEscaped = false
    for (index, character) in line.enumerated() {
      if !isEscaped, quote == nil, character == " " {
        endsInWord = false
        continue
      }
      if !endsInWord {
        words.append(Word(start: index))
        endsInWord = true
      }
      let place = words.count - 1
      if isEscaped {
        // Between double quotes a backslash is itself before anything that means nothing there.
        if quote == "\"", !"\"\\$`".contains(character) { words[place].text.append("\\") }
        words[place].text.append(character)
        isEscaped = false
      } else if character == "\\", quote != "'", !hasExpressions {
        isEscaped = true
      } else if character == quote {
        quote = nil
      } else if quote == nil, character == "'" || character == "\"" {
        quote = character
      } else {
        words[place].text.append(character)
      }
    }
    if quote != nil {
      fault = PaletteFault("a quote is not closed")
    } else if isEscaped {
      fault = PaletteFault("nothing stands after the backslash")
    }
  }

  /// The word as it can be typed.
  static func quoted(_ word: String) -> String {
    guard word.contains(where: { " '\"\\".contains($0) }) else { return word }
    return "'" + word.split(separator: "'", omittingEmptySubsequences: false).joined(separator: #"'\''"#) + "'"
  }
}
