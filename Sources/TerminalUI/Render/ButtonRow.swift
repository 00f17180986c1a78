import Figures
import VirtualTerminal

/// Keys and what they do, as a line of the screen offers them. A click on one is that key.
struct Button: Hashable, Sendable {
  /// Those of opposites, as of more and less, share a word.
  let keys: [Key]
  let word: String

  init(_ key: Key, word: String) { self.init(keys: [key], word: word) }

  init(_ character: Unicode.Scalar, word: String) { self.init(.character(character), word: word) }

  init(keys: [Key], word: String) {
    self.keys = keys
    self.word = word
  }

  var withoutWord: Button { Button(keys: keys, word: "") }

  fileprivate var shownKeys: String { keys.map(\.name).joined(separator: " ") }
  fileprivate var shownWord: String { word.isEmpty ? "" : " " + word }
  fileprivate var width: Int { Self.width(shownKeys) + Self.width(shownWord) }

  /// Where its keys can be clicked on. The word belongs to a key that has it for itself.
  fileprivate var targets: [(key: Key, columns: Range<Int>)] {
    guard keys.count > 1 else { return keys.map { ($0, 0..<width) } }
    var start = 0
    return keys.map { key in
      let columns = start..<start + Self.width(key.name)
      start = columns.upperBound + 1
      return (key, columns)
    }
  }

  private static func width(_ text: String) -> Int { DisplayText(text, charset: .braille).width }
}

/// Buttons in a line.
struct ButtonRow {
  private struct Placed {
    let button: Button
    let columns: Range<Int>
  }

  let row: Int
  private var placed: [Placed] = []
  /// From the first to the last.
  private(set) var columns: Range<Int>

  static let wideGap = 5
  private static let narrowGap = 2

  /// Those that find room between two columns, the first ones first.
  init(_ buttons: [Button], row: Int, in room: Range<Int>, gap: Int = narrowGap) {
    self.row = row
    columns = room.lowerBound..<room.lowerBound
    for button in buttons {
      let start = placed.isEmpty ? columns.upperBound : columns.upperBound + gap
      guard start + button.width <= room.upperBound else { break }
      placed.append(Placed(button: button, columns: start..<start + button.width))
      columns = columns.lowerBound..<start + button.width
    }
  }

  /// All of them: with less air where they find no room otherwise, and then without words.
  init(all buttons: [Button], row: Int, in room: Range<Int>, gap: Int = narrowGap, isAtEnd: Bool = false) {
    let choices = [(buttons, gap), (buttons, Self.narrowGap), (buttons.map(\.withoutWord), Self.narrowGap)]
    let (shown, gap) = choices.first { Self.width($0, gap: $1) <= room.count } ?? choices[2]
    let start = isAtEnd ? max(room.upperBound - Self.width(shown, gap: gap), room.lowerBound) : room.lowerBound
    self.init(shown, row: row, in: start..<room.upperBound, gap: gap)
  }

  /// At the end of the screen's last line; half of it stays for the question, as far as the keys leave so much.
  static func inOneLine(_ buttons: [Button], of size: Size, after text: Int = 0) -> ButtonRow {
    let keys = width(buttons.map(\.withoutWord), gap: narrowGap)
    let start = max(min(max((size.columns + 1) / 2, text + 1), size.columns - keys), 0)
    return ButtonRow(all: buttons, row: size.rows - 1, in: start..<size.columns, isAtEnd: true)
  }

  private static func width(_ buttons: [Button], gap: Int) -> Int {
    buttons.reduce(0) { $0 + $1.width } + max(buttons.count - 1, 0) * gap
  }

  func draw(on canvas: inout Canvas, word role: ThemeRole) {
    for place in placed {
      canvas.put(
        [(place.button.shownKeys, .key), (place.button.shownWord, role)], column: place.columns.lowerBound, row: row)
      for (key, columns) in place.button.targets {
        let frame = Frame(
          column: place.columns.lowerBound + columns.lowerBound, row: row, width: columns.count, height: 1)
        canvas.hits.add(.key(key), at: frame)
      }
    }
  }
}
