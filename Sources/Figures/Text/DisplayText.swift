/// Text that can go to a terminal as it is: each piece is a printable scalar with at most four combining marks, and its
/// width is known. Control and format characters (among them those that reorder text) never get in.
package struct DisplayText: Hashable, Sendable {
  package struct Piece: Hashable, Sendable {
    package var text: String
    /// 1 or 2.
    package var width: Int
  }

  package private(set) var pieces: [Piece] = []
  package private(set) var width = 0
  package var text: String { pieces.map(\.text).joined() }

  private static let maximumMarks = 4

  package init(_ text: String, charset: Charset) {
    pieces.reserveCapacity(text.utf8.count)
    var marks = 0
    for scalar in text.unicodeScalars {
      if (0x20..<0x7F).contains(scalar.value) {
        append(String(scalar), 1)
        marks = 0
        continue
      }
      switch Self.kind(of: scalar) {
      case .dropped: break
      case .mark:
        guard let last = pieces.indices.last, marks < Self.maximumMarks, !charset.isASCII else { break }
        pieces[last].text.unicodeScalars.append(scalar)
        marks += 1
      case .broken:
        append(charset.isASCII ? "?" : "\u{FFFD}", 1)
        marks = Self.maximumMarks
      case .printable:
        let width = TextWidth.of(scalar)
        append(charset.isASCII ? "?" : String(scalar), width)
        if charset.isASCII, width == 2 {
          pieces[pieces.count - 1].width = 1
          pieces.append(Piece(text: "?", width: 1))
        }
        marks = 0
      }
    }
  }

  private mutating func append(_ text: String, _ width: Int) {
    pieces.append(Piece(text: text, width: width))
    self.width += width
  }

  private enum Kind { case printable, mark, dropped, broken }

  private static func kind(of scalar: Unicode.Scalar) -> Kind {
    switch scalar.properties.generalCategory {
    case .control, .surrogate, .lineSeparator, .paragraphSeparator, .unassigned, .privateUse: return .broken
    case .format: return .dropped
    default: break
    }
    // Variation selectors change the width on some terminals and not on others.
    if (0xFE00...0xFE0F).contains(scalar.value) || (0xE0100...0xE01EF).contains(scalar.value) { return .dropped }
    return TextWidth.of(scalar) == 0 ? .mark : .printable
  }

  /// At most `limit` columns of it, the last one `ellipsis` if something is missing.
  package func truncated(to limit: Int, ellipsis: String) -> DisplayText {
    guard width > limit else { return self }
    var cut = self
    while cut.width > max(limit - 1, 0), let last = cut.pieces.popLast() { cut.width -= last.width }
    if limit > 0 { cut.append(ellipsis, 1) }
    return cut
  }

  /// In pieces of at most `limit` columns, 2 or more; one at least.
  package func lines(of limit: Int) -> [DisplayText] {
    var lines = [DisplayText("", charset: .ascii)]
    for piece in pieces {
      if lines[lines.count - 1].width + piece.width > limit { lines.append(DisplayText("", charset: .ascii)) }
      lines[lines.count - 1].append(piece.text, piece.width)
    }
    return lines
  }

  /// The end of it, at most `limit` columns.
  package func suffix(of limit: Int) -> DisplayText {
    var cut = self
    while cut.width > limit, !cut.pieces.isEmpty { cut.width -= cut.pieces.removeFirst().width }
    return cut
  }
}
