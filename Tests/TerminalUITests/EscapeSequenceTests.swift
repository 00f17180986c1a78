import TerminalUI
import Testing
import VirtualTerminal

@testable import CursesTerminal

@Suite struct EscapeSequenceTests {
  /// What stands for it, and what is left over as keys of its own.
  private func read(_ text: String) -> (key: Key?, left: String)? {
    var scalars = text.unicodeScalars[...]
    guard let first = scalars.popFirst(), var sequence = EscapeSequence(first) else { return nil }
    while !sequence.isWhole, let scalar = scalars.popFirst() { sequence.append(scalar) }
    return (sequence.key, String(scalars))
  }

  private static let keys: [String: Key] = [
    "[1~": Key(.home), "[7~": Key(.home), "[4~": Key(.end), "[8~": Key(.end), "[H": Key(.home),
    "[F": Key(.end), "OH": Key(.home), "[A": Key(.up), "OA": Key(.up), "[1;5C": Key(.right, .control),
    "O5D": Key(.left, .control), "[5~": Key(.pageUp), "[6;2~": Key(.pageDown, .shift), "[3~": Key(.delete),
    "[13~": Key(.function(3)), "[24~": Key(.function(12)), "OP": Key(.function(1)), "[[A": Key(.function(1)),
    "[[E": Key(.function(5)), "[Z": Key(.tab, .shift), "[97;5u": .control("a"), "[112u": .character("p"),
    "[65;2u": .character("A"), "[13;5u": Key(.enter, .control), "[27;5;97~": .control("a"),
  ]

  @Test func keysOfOtherTerminalsAreKnown() {
    for (text, key) in Self.keys {
      #expect(read(text)?.key == key, "\(text)")
      #expect(read(text)?.left == "", "\(text)")
    }
  }

  @Test(arguments: [
    "[d", "Od", "[s", "[x", "[c", "[?1;2c", "[12;40R", "[I", "[O", "[99~", "[57441u", "[M !!",
    "]11;rgb:dd/dd/dd\u{1B}\\",
    "]0;dddd\u{7}", "P1$r0m\u{1B}\\", "_Gi=1;OK\u{1B}\\", "[\(String(repeating: "1;", count: 5000))d",
  ])
  func whatIsNoKeyIsSwallowedWhole(text: String) {
    #expect(read(text)?.key == nil)
    #expect(read(text + "q")?.left == "q")
  }

  @Test func otherCharactersBeginNoSequence() {
    for scalar: Unicode.Scalar in ["a", "d", "\u{1B}", " ", "é"] { #expect(EscapeSequence(scalar) == nil) }
  }
}
