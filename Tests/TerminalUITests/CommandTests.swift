import HypervisorModel
import Testing

@testable import TerminalUI

@Suite struct CommandTests {
  @Test func pauseAsksForTheSelectedDomainAndUnpauseForAPausedOne() {
    var state = makeState([snapshot(at: 1000, [domain(1, "a"), domain(2, "b", .paused)])])
    #expect(state.type("p").requests == [.life(reference(1), .pause)])
    state.press(.down)
    #expect(state.type("p").requests == [.life(reference(2), .unpause)])
  }

  @Test(arguments: [("d", "destroy"), ("x", "destroy"), ("s", "shutdown"), ("r", "reboot")])
  func whatCannotBeUndoneIsAskedFirst(key: String, verb: String) {
    var state = makeState()
    state.press(.down)
    #expect(state.type(key).isEmpty)
    #expect(state.screen.text.contains("\(verb) domain 'web1'?"))
    // Neither Enter nor any key that was meant for the table says yes.
    #expect(state.press(.enter).isEmpty)
    #expect(!state.screen.text.contains("domain 'web1'?"))
    state.type(key)
    #expect(state.type("jc+").isEmpty)
    let effects = state.type("y")
    #expect(effects.count == 1)
    if let request = effects.first?.request {
      #expect(request.operation.rawValue == verb)
      #expect(request.domain == reference(1))
    }
  }

  @Test func aQuestionAboutADomainThatGoesIsTakenBack() {
    var state = makeState()
    state.press(.down)
    state.type("d")
    // The id is taken over by another domain: 'y' must not reach that one.
    _ = state.update(.snapshot(snapshot(at: 3000, [domain(1, "innocent", uuid: 77)])))
    #expect(state.screen.text.contains("domain 'web1' has gone in the meantime; nothing was done"))
    #expect(state.type("y") == [.copy("innocent")])
  }

  @Test func theHostItselfIsLeftAlone() {
    var state = makeState()
    #expect(state.type("pdsr").isEmpty)
    #expect(state.mode == .command)
    #expect(state.type("c").isEmpty)
    #expect(state.screen.text.contains("Domain-0 is the host itself"))
  }

  @Test func whatTheHostDoesNotOfferIsRefusedWithItsReason() {
    var state = makeState()
    var description = host
    description.operations[.pause] = .unavailable(reason: "this connection may only look")
    _ = state.update(.described(description))
    state.press(.down)
    #expect(state.type("p").isEmpty)
    #expect(state.screen.lines[23].contains("pause is not available: this connection may only look"))
  }

  @Test func weightStepsCountOnBeforeTheHostAnswers() {
    var state = makeState()
    state.press(.down)
    let domain = reference(1)
    let effects = state.type("++-")
    #expect(
      effects.requests
        == [288, 320, 288].map { .scheduling(domain, SchedulingChange(.credit2, [.weight: Int64($0)])) })
    #expect(state.domains.selected?.isWeightPending == true)
    state.answer(effects)
    #expect(state.screen.lines[23].contains("web1: weight 288"))
    // From here on the host's word counts.
    _ = state.update(.snapshot(snapshot(at: 3000, [TerminalUITests.domain(1, "web1", weight: 300)])))
    #expect(state.domains.selected?.weight?.rawValue == 300)
    #expect(state.domains.selected?.isWeightPending == false)
  }

  @Test func whatTheHostSaidStaysBesideWhatIsAskedFor() throws {
    var state = makeState()
    let said = state.host.snapshot
    state.type("j+]")
    let row = try #require(state.domains.selected)
    #expect(row.weight?.rawValue == 288 && row.cap?.rawValue == 5)
    #expect(row.snapshot == said?[reference(1)])
    state.type("7++")
    #expect(state.screens[SchedulerScreen.self].table.selected?.weight?.rawValue == 352)
    #expect(state.host.snapshot == said)
    #expect(state.allDomains.map(\.snapshot) == said?.domains)
  }

  @Test func aRefusedWeightGoesBack() {
    var state = makeState()
    state.press(.down)
    state.answer(state.type("+"), .failure(.readOnly(operation: .setCredit2)))
    #expect(state.domains.selected?.weight?.rawValue == 256)
    #expect(state.screen.lines[23].contains("this connection is read-only"))
  }

  @Test func weightAndCapStayInTheirRanges() {
    var state = makeState([snapshot(at: 1000, [domain(1, "a", weight: 33, cap: 3)])])
    #expect(
      state.type("--").requests
        == [32, 1].map { .scheduling(reference(1), SchedulingChange(.credit2, [.weight: Int64($0)])) })
    #expect(state.type("-").isEmpty)
    #expect(state.type("[").requests == [.scheduling(reference(1), SchedulingChange(.credit2, [.cap: 0]))])
    #expect(state.type("[").isEmpty)
    #expect(state.type("]").requests == [.scheduling(reference(1), SchedulingChange(.credit2, [.cap: 5]))])
  }

  @Test func messagesGoAwayByThemselves() {
    var state = makeState()
    state.answer(state.type("jp"))
    #expect(state.screen.lines[23] == " web1 paused")
    #expect(state.nextChange == .seconds(5))
    _ = state.update(.tick(.seconds(5)))
    #expect(state.screen.lines[23].hasPrefix(" ? help"))
  }

  @Test func quitLeavesTheGuestsAlone() {
    var state = makeState()
    #expect(state.type("q") == [.quit(ExitReport())])
    #expect(state.update(.key(.control("c"))) == [.quit(ExitReport())])
  }

  @Test func aPasteIntoTheTableRunsNoCommand() {
    var state = makeState()
    state.press(.down)
    #expect(state.update(.paste("dy\nq")).isEmpty)
    #expect(state.mode == .command)
  }
}
