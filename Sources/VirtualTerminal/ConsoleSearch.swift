extension ConsoleScreen {
  /// Lines that can be looked at, the scrolled-off ones first, each under the number that it keeps while others follow.
  public var lineNumbers: Range<Int> { scrolledOff - scrollbackCount..<scrolledOff + rows }

  /// The cells of a line by its number; precondition: it is one of `lineNumbers`.
  public func line(number: Int) -> [ConsoleCell] {
    let row = number - scrolledOff
    return row < 0 ? line(0, scrolledBack: -row) : line(row)
  }

  /// The next line above (or below) `number` that contains the text, in any case; nil where there is none.
  public func find(_ text: String, from number: Int, upward: Bool) -> Int? {
    let lines = lineNumbers
    let places =
      upward
      ? Array((lines.lowerBound..<max(min(number, lines.upperBound), lines.lowerBound)).reversed())
      : Array(min(max(number + 1, lines.lowerBound), lines.upperBound)..<lines.upperBound)
    return places.first { !Self.matches(of: text, in: line(number: $0)).isEmpty }
  }

  /// The columns in which a line contains the text, in any case.
  public static func matches(of text: String, in cells: [ConsoleCell]) -> [Range<Int>] {
    let wanted = text.lowercased().map(String.init)
    guard !wanted.isEmpty else { return [] }
    let columns = cells.indices.filter { cells[$0].width > 0 }
    let texts = columns.map { cells[$0].text.lowercased() }
    guard texts.count >= wanted.count else { return [] }
    var matches: [Range<Int>] = []
    var start = 0
    while start + wanted.count <= texts.count {
      if texts[start..<start + wanted.count].elementsEqual(wanted) {
        let last = columns[start + wanted.count - 1]
        matches.append(columns[start]..<last + cells[last].width)
        start += wanted.count
      } else {
        start += 1
      }
    }
    return matches
  }
}
