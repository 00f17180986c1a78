/// Words of a stranger's file, made fit for an error message on a terminal.
package enum MessageText {
  /// How much of a long text a message repeats.
  private static let limit = 60

  /// The text on one line, without anything that a terminal would obey; a long one is cut.
  package static func printable(_ text: String) -> String {
    var result = ""
    for (count, scalar) in text.unicodeScalars.enumerated() {
      if count == limit { return result + "…" }
      switch scalar.properties.generalCategory {
      case .control, .format, .lineSeparator, .paragraphSeparator, .privateUse, .surrogate, .unassigned:
        result += "\\u{" + String(scalar.value, radix: 16) + "}"
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result
  }

  /// The word of `candidates` that `word` was probably meant to be: one or two slips away, ignoring case.
  ///
  /// Words of four letters and less allow for one slip only. Takes time in proportion to the candidates.
  static func closest<Words: Sequence>(to word: String, in candidates: Words) -> String? where Words.Element == String {
    let lowered = Array(word.lowercased().utf8)
    guard (2...32).contains(lowered.count) else { return nil }
    let allowed = lowered.count <= 4 ? 1 : 2
    var best: (distance: Int, word: String)?
    for candidate in candidates where abs(candidate.utf8.count - lowered.count) <= allowed {
      let distance = slips(from: lowered, to: Array(candidate.utf8))
      guard distance <= allowed else { continue }
      if let known = best, (known.distance, known.word) <= (distance, candidate) { continue }
      best = (distance, candidate)
    }
    return best?.word
  }

  /// The edit distance in which two neighbours that changed places count as one slip.
  private static func slips(from a: [UInt8], to b: [UInt8]) -> Int {
    var beforeLast: [Int] = []
    var last = Array(0...b.count)
    for i in 0..<a.count {
      var row = [i + 1]
      for j in 0..<b.count {
        var cost = min(last[j + 1] + 1, row[j] + 1, last[j] + (a[i] == b[j] ? 0 : 1))
        if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] { cost = min(cost, beforeLast[j - 1] + 1) }
        row.append(cost)
      }
      beforeLast = last
      last = row
    }
    return last[b.count]
  }
}
