import HypervisorModel
import Testing

@testable import TerminalUI

/// Whom a line is about.
@Suite struct PaletteDomainTests {
  @Test(
    arguments: [
      ("pause web1", [.life(reference(1), .pause)]),
      ("pause build 3 build", [.life(reference(2), .pause), .life(reference(3), .pause)]),
      ("unpause mail", [.life(reference(4), .unpause)]), ("pause mail", []),
    ] as [(String, [Request])])
  func domainsAreNamed(line: String, requests: [Request]) {
    var state = makeState(twoSamples([domain(4, "mail", .paused)]))
    // Neither the selected domain nor the marked ones are meant.
    state.type("jjj ")
    #expect(state.command(line).requests == requests)
  }

  @Test func namedDomainsAreConfirmedAsUsual() {
    var state = makeState()
    #expect(state.command("destroy web1").isEmpty)
    #expect(state.screen.text.contains("destroy domain 'web1'?"))
    #expect(state.type("y").requests == [.life(reference(1), .destroy)])
    #expect(state.command("shutdown build idle").isEmpty)
    state.type("build")
    #expect(
      state.press(.enter).requests == [.life(reference(2), .shutdown), .life(reference(3), .shutdown)])
    #expect(state.command("console build") == [.openConsole(ConsoleID(domain: reference(2), serial: 1))])
  }

  @Test func namesOfDomainsAreSuggestedEachOnce() {
    var state = makeState()
    state.type(":destroy build ")
    guard case .palette(let palette) = state.mode else { return #expect(Bool(false)) }
    #expect(state.suggestions(palette).map(\.word) == ["web1", "idle"])
  }

  @Test(arguments: [
    ("destroy web1 nobody", "there is no domain 'nobody'; nothing was done"),
    ("reboot -f web1", "no domain '-f'; nothing was done"), ("pause Domain-0", "is the host itself"),
    ("console web1 build", "one domain at a time"), ("undo 5", "undo takes no argument"),
    ("mark-all x", "mark-all takes no argument"), ("save-theme dark", "save-theme takes no argument"),
  ])
  func whatIsNoArgumentDoesNothing(line: String, fault: String) {
    var state = makeState()
    state.press(.down)
    _ = state.type("+")
    #expect(state.command(line).isEmpty)
    #expect(state.screen.text.contains(fault))
    #expect(state.marks.isEmpty)
  }

  @Test func twoOfOneNameAreToldApartByID() {
    var state = makeState(twoSamples([domain(4, "web1")]))
    #expect(state.command("pause web1").isEmpty)
    #expect(state.screen.text.contains("several domains are called 'web1'"))
    state.press(.escape)
    #expect(state.command("pause 4").requests == [.life(reference(4), .pause)])
  }
}
