/// What keeps a text from being a TOML document.
package struct TOMLError: Error, Hashable, Sendable {
  /// From 1.
  package var line: Int
  /// What is wrong or what was expected, on one line. Words of the document in it are as they stand there.
  package var problem: String

  package init(line: Int, problem: String) {
    self.line = line
    self.problem = problem
  }
}

/// A word of the document in a message; a long one is cut.
func shown(_ word: String) -> String {
  let limit = 40
  let head = word.unicodeScalars.prefix(limit)
  return "'" + String(head) + (head.endIndex < word.unicodeScalars.endIndex ? "…" : "") + "'"
}
