import Figures

/// The signs that are drawn with, for one charset.
struct Glyphs {
  let horizontal: String
  let vertical: String
  let corners: (topLeft: String, topRight: String, bottomLeft: String, bottomRight: String)
  let meterFull: String
  let meterEmpty: String
  let marker: String
  let ascending: String
  let descending: String
  /// Of a marked row.
  let mark: String
  let moreLeft: String
  let separator: String
  let live: String
  let down: String
  let none: String
  let ellipsis: String

  static func of(_ charset: Charset) -> Glyphs { charset.isASCII ? ascii : unicode }

  private static let unicode = Glyphs(
    horizontal: "─", vertical: "│", corners: ("╭", "╮", "╰", "╯"), meterFull: "■", meterEmpty: "·", marker: "▶",
    ascending: "▲", descending: "▼", mark: "✓", moreLeft: "‹", separator: " · ", live: "●", down: "✗", none: "–",
    ellipsis: "…")
  private static let ascii = Glyphs(
    horizontal: "-", vertical: "|", corners: ("+", "+", "+", "+"), meterFull: "|", meterEmpty: ".", marker: ">",
    ascending: "^", descending: "v", mark: "*", moreLeft: "<", separator: ", ", live: "*", down: "x", none: "-",
    ellipsis: "~")
}
