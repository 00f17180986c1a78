import Testing

@testable import CursesTerminal

@Suite struct OperatorPathTests {
  @Test func theTildeIsTheOperatorsHome() {
    #expect(
      OperatorPath.expanded("~/web.cfg").hasSuffix("/web.cfg") && !OperatorPath.expanded("~/web.cfg").contains("~"))
    #expect(OperatorPath.expanded("a/~/b") == "a/~/b")
  }
}
