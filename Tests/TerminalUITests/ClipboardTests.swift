import Testing

@testable import CursesTerminal

@Suite struct ClipboardTests {
  @Test(arguments: [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foobar", "Zm9vYmFy"), ("日", "5pel")])
  func textGoesInAsBase64(text: String, encoded: String) {
    #expect(Clipboard.sequence(text) == "\u{1B}]52;c;\(encoded)\u{7}")
  }

  @Test func whatTerminalsWouldDropIsNotSent() {
    #expect(Clipboard.sequence(String(repeating: "x", count: 100_000)) == nil)
  }
}
