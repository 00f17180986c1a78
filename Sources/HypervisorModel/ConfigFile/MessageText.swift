/// Words of a stranger (a file, a guest, another host) made fit for a message on a terminal.
package enum MessageText {
  /// How much of a long text a message repeats.
  private static let limit = 60

  /// The text on one line, without anything that a terminal would obey; a long one is cut.
  package static func printable(_ text: String) -> String {
    let head = String(text.unicodeScalars.prefix(limit))
    return harmless(head) + (head.utf8.count < text.utf8.count ? "…" : "")
  }

  /// The whole text with everything escaped that a terminal would obey or that reorders, hides or breaks lines of text.
  /// `kept`: control characters that stay.
  package static func harmless(_ text: String, keeping kept: String = "") -> String {
    escaping(text, keeping: kept) { "\\u{" + String($0.value, radix: 16) + "}" }
  }

  /// The same for JSON, as escapes of JSON: its reader gets the text as it was.
  package static func harmlessJSON(_ text: String) -> String {
    escaping(text, keeping: "\n") { scalar in
      String(scalar).utf16.map { unit in
        let digits = String(unit, radix: 16)
        return "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      }.joined()
    }
  }

  private static func escaping(
    _ text: String, keeping kept: String, _ escape: (Unicode.Scalar) -> String
  ) -> String {
    if text.utf8.allSatisfy({ (0x20..<0x7F).contains($0) }) { return text }
    var result = ""
    for scalar in text.unicodeScalars {
      if isHarmless(scalar) || kept.unicodeScalars.contains(scalar) {
        result.unicodeScalars.append(scalar)
      } else {
        result += escape(scalar)
      }
    }
    return result
  }

  private static func isHarmless(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.properties.generalCategory {
    case .control, .format, .lineSeparator, .paragraphSeparator, .privateUse, .surrogate, .unassigned: false
    default: true
    }
  }

  /// The word of `candidates` that `word` was probably meant to be: one or two slips away, ignoring case.
  ///
  /// Words of four letters and less allow for one slip only. Takes time in proportion to the candidates.
  package static func closest<Words: Sequence>(to word: String, in candidates: Words) -> String?
  where Words.Element == String {
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
