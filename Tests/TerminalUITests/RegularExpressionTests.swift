import Testing

@testable import TerminalUI

@Suite struct RegularExpressionTests {
  @Test(arguments: [
    ("web", "my-web-1", true), ("^web", "my-web", false), ("web$", "my-web", true), ("^(db|web)[0-9]+$", "web12", true),
    ("^(db|web)[0-9]+$", "mail1", false), (#"a\.b"#, "axb", false), ("^WEB[A-C]$", "webb", true), ("", "x", true),
    ("ÄRGER", "ärger", true), ("^日.$", "日本", true), (#"(a)\1"#, "aa", true), ("[[:digit:]]", "web", false),
  ])
  func matchesAPartOfTheTextInAnyCase(pattern: String, text: String, isMatch: Bool) throws {
    #expect(try RegularExpression(pattern).matches(text) == isMatch)
  }

  @Test(arguments: ["[", "(a", "a)", "*a", "a{2,1}", "[z-a]", #"\C"#, "((a{1,999}){1,999}){1,999}"])
  func whatIsWrongIsSaid(pattern: String) {
    #expect(throws: RegularExpression.Fault.self) { try RegularExpression(pattern) }
  }

  @Test(arguments: ["(a+)+$", "(.*a){30}c", "(x+x+)+y|(a|b|ab)*c", "((((a?)*)?)*)*c", "(?R)?a(?R)?c|(a*)*c"])
  func hostileExpressionsAreGivenUp(pattern: String) throws {
    let expression = try RegularExpression(pattern)
    #expect(!expression.matches(String(repeating: "ab", count: 100) + String(repeating: "a", count: 100) + "!"))
  }

  @Test func givingUpIsSaid() throws {
    let expression = try RegularExpression("(a+)+$")
    #expect(expression.matches("aaa"))
    #expect(!expression.isTooCostly)
    _ = expression.matches(String(repeating: "a", count: 100) + "!")
    #expect(expression.isTooCostly)
    #expect(!expression.matches("aaa"), "it is given up once and for all")
  }
}
