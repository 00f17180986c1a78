import Foundation
import HypervisorModel
import Testing

@Suite struct MessageTextTests {
  @Test func whatATerminalWouldObeyOrThatReordersTextIsEscaped() {
    #expect(MessageText.harmless("a\u{1b}[2J\u{9b}1m\u{7f}") == "a\\u{1b}[2J\\u{9b}1m\\u{7f}")
    #expect(MessageText.harmless("web\u{202E}bew\u{200B}\u{2028}") == "web\\u{202e}bew\\u{200b}\\u{2028}")
    #expect(MessageText.harmless("a\tb\n", keeping: "\t") == "a\tb\\u{a}")
    #expect(MessageText.harmless("ü 日本 é 😀") == "ü 日本 é 😀")
  }

  @Test func jsonStaysWhatItWas() throws {
    let name = "a\u{202E}\u{9b}\u{E0001}ü"
    let json = MessageText.harmlessJSON(String(decoding: try JSONEncoder().encode([name]), as: UTF8.self))
    #expect(json == "[\"a\\u202e\\u009b\\udb40\\udc01ü\"]")
    #expect(try JSONDecoder().decode([String].self, from: Data(json.utf8)) == [name])
  }

  @Test(arguments: ["", "42", "Domain-0", "a\nb", "a\u{1b}[2J", "a\u{202E}b", String(repeating: "x", count: 129)])
  func namesThatMisleadPeopleAreRefused(name: String) {
    #expect(DomainConfig.fault(ofName: name) != nil)
  }

  @Test(arguments: ["web", "web 2", "日本", "$(id)", "+1", "-"])
  func otherNamesAreFine(name: String) {
    #expect(DomainConfig.fault(ofName: name) == nil)
  }
}
