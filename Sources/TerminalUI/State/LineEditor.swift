import VirtualTerminal

/// A line that is being typed, with the keys of a shell.
struct LineEditor: Hashable {
  private(set) var characters: [Character]
  /// The characters before the cursor.
  private(set) var cursor: Int

  private static let limit = 512

  init(_ text: String = "") {
    characters = Array(text.prefix(Self.limit))
    cursor = characters.count
  }

  var text: String { String(characters) }
  var textBeforeCursor: String { String(characters[..<cursor]) }

  /// Types text at the cursor; of several lines only the first, and no control characters.
  mutating func insert(_ text: String) {
    let line = text.prefix { !$0.isNewline }.filter { character in
      character.unicodeScalars.allSatisfy { $0.properties.generalCategory != .control }
    }
    let new = Array(line.prefix(Self.limit - characters.count))
    characters.insert(contentsOf: new, at: cursor)
    cursor += new.count
  }

  /// False: the key is none of the editor's.
  mutating func press(_ key: Key) -> Bool {
    switch key {
    case Key(.backspace), .control("h"): delete(from: max(cursor - 1, 0), to: cursor)
    case Key(.delete): delete(from: cursor, to: min(cursor + 1, characters.count))
    case Key(.left), .control("b"): cursor = max(cursor - 1, 0)
    case Key(.right), .control("f"): cursor = min(cursor + 1, characters.count)
    case Key(.home), .control("a"): cursor = 0
    case Key(.end), .control("e"): cursor = characters.count
    case .control("u"): delete(from: 0, to: cursor)
    case .control("k"): delete(from: cursor, to: characters.count)
    case .control("w"): delete(from: wordStart, to: cursor)
    default:
      guard case .character(let scalar) = key.code, key.modifiers.isEmpty else { return false }
      insert(String(scalar))
    }
    return true
  }

  private mutating func delete(from start: Int, to end: Int) {
    guard start < end else { return }
    characters.removeSubrange(start..<end)
    cursor = start
  }

  private var wordStart: Int {
    var index = cursor
    while index > 0, characters[index - 1] == " " { index -= 1 }
    while index > 0, characters[index - 1] != " " { index -= 1 }
    return index
  }
}

/// Lines that were typed before, to be called back with Up and Down.
struct LineHistory: Hashable {
  private(set) var lines: [String] = []
  /// The line that is called back, counted from the newest; nil: the one that is being typed.
  private var place: Int?
  /// What was typed before the first one was called back.
  private var draft = ""

  private static let limit = 100

  mutating func add(_ line: String) {
    place = nil
    guard !line.isEmpty else { return }
    lines.removeAll { $0 == line }
    lines.append(line)
    if lines.count > Self.limit { lines.removeFirst() }
  }

  /// The line before or after; nil where there is none.
  mutating func recall(_ step: Int, current: String) -> String? {
    if place == nil { draft = current }
    let next = (place ?? -1) + step
    if next == -1, place != nil {
      place = nil
      return draft
    }
    guard lines.indices.contains(next) else { return nil }
    place = next
    return lines[lines.count - 1 - next]
  }

  mutating func stop() { place = nil }

  /// The line that is called back.
  var recalled: String? { place.map { lines[lines.count - 1 - $0] } }
}
