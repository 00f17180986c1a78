import HypervisorModel
import Testing

@testable import TerminalUI

@Suite struct ChangeTests {
  private func weight(_ id: UInt32, _ weight: Int) -> Request {
    .scheduling(reference(id), SchedulingChange(.credit2, [.weight: Int64(weight)]))
  }

  /// Domain-0 with a weight, and two guests.
  private func withWeights(_ weights: [Int] = [256, 256, 512], at time: UInt64 = 2000) -> HostSnapshot {
    snapshot(
      at: time,
      weights.enumerated().map { domain(UInt32($0.offset), ["Domain-0", "web1", "db"][$0.offset], weight: $0.element) })
  }

  // MARK: Undo

  @Test func undoGoesBackStepByStep() {
    var state = makeState()
    state.press(.down)
    state.answer(state.type("++"))
    #expect(state.type("]").requests == [.scheduling(reference(1), SchedulingChange(.credit2, [.cap: 5]))])
    #expect(state.type("u").requests == [.scheduling(reference(1), SchedulingChange(.credit2, [.cap: 0]))])
    #expect(state.type("u").requests == [weight(1, 288)])
    #expect(state.type("u").requests == [weight(1, 256)])
    #expect(state.type("u").isEmpty)
    #expect(state.screen.text.contains("there is nothing to undo"))
  }

  @Test func whatWasRefusedIsNotUndone() {
    var state = makeState()
    state.press(.down)
    state.answer(state.type("+"))
    state.answer(state.type("]"), .failure(.readOnly(operation: .setCredit2)))
    #expect(state.type("u").requests == [weight(1, 256)])
  }

  @Test func whatCanNotBeTakenBackIsSaidBeforeUndoGoesFurther() {
    var state = makeState()
    state.press(.down)
    state.answer(state.type("+"))
    state.answer(state.type("dy"))
    #expect(state.type("u").isEmpty)
    #expect(state.screen.text.contains("destroy of 'web1' can't be taken back; u again goes further back"))
    #expect(state.type("u").requests == [weight(1, 256)])
    #expect(state.type("u").isEmpty)
    #expect(state.screen.text.contains("there is nothing to undo"))
  }

  @Test func whatCanNotBeTakenBackIsNamed() {
    var state = makeState()
    state.type("j  ")
    state.answer(state.command("snapshot s"))
    #expect(state.type("u").isEmpty)
    #expect(state.screen.text.contains("snapshot of 2 domains can't be taken back"))
    #expect(!state.screen.text.contains("again"))
    state.answer(state.command("restore /srv/x"))
    #expect(state.type("u").isEmpty)
    #expect(state.screen.text.contains("restore can't be taken back"))
    // What was refused, and what only looks, is no change.
    state.answer(state.command("restore /srv/x"), .failure(.readOnly(operation: .restore)))
    _ = state.command("dmesg")
    state.type("u")
    #expect(state.screen.text.contains("there is nothing to undo"))
  }

  @Test func aStepOfADomainThatHasGoneCanNotBeUndone() {
    var state = makeState()
    state.press(.down)
    state.answer(state.type("+"))
    _ = state.update(.snapshot(snapshot(at: 3000, [domain(1, "other", uuid: 77)])))
    #expect(state.type("u").isEmpty)
    #expect(state.screen.text.contains("'web1' has gone: its weight stays as it was"))
  }

  @Test func placesAndMemoryAreUndone() {
    var state = makeState([snapshot(at: 1000, [busyDomain(1, "web1", seconds: 1)])])
    let pin = state.command("pin 0-1")
    #expect(pin.requests == [.resources(reference(1), .pinVCPU(vcpu: nil, hard: .of([0, 1]), soft: nil))])
    #expect(
      state.type("u").requests
        == [0, 1].map { .resources(reference(1), .pinVCPU(vcpu: VCPUID($0), hard: .all, soft: nil)) })
    #expect(state.command("mem-set 64").requests == [.resources(reference(1), .setMemory(memory: .mebibytes(64)))])
    #expect(state.type("u").requests == [.resources(reference(1), .setMemory(memory: .mebibytes(96)))])
  }

  @Test func everyChangeIsTakenDownWithOldAndNewValue() {
    var state = makeState()
    state.press(.down)
    state.answer(state.type("+"))
    state.answer(state.type("u"))
    state.answer(state.type("]"), .failure(.readOnly(operation: .setCredit2)))
    state.press(.escape)
    state.type("8")
    expectScreen("journal", state.screen)
  }

  // MARK: Trials

  @Test func whatEndangersDomain0IsTakenBackUnlessItIsKept() {
    var state = makeState([withWeights()])
    #expect(state.type("-").isEmpty)
    #expect(state.type("y").requests == [weight(0, 224)])
    _ = state.update(.tick(.seconds(11)))
    expectScreen("trial", state.screen)
    // Keys that were meant for the table do nothing.
    #expect(state.type("j+dq9").isEmpty == false)
    #expect(state.mode == .command)
  }

  @Test func aTrialEndsByItself() {
    var state = makeState([withWeights()])
    state.type("-y")
    #expect(state.nextChange == .seconds(2))
    #expect(state.update(.tick(.milliseconds(30_999))).isEmpty)
    #expect(state.update(.tick(.seconds(31))).requests == [weight(0, 256)])
    #expect(state.screen.text.contains("weight 224 for Domain-0 is taken back"))
    #expect(state.update(.tick(.seconds(99))).isEmpty)
    // There is no step left to undo.
    #expect(state.type("u").isEmpty)
  }

  @Test func aTrialThatIsKeptStays() {
    var state = makeState([withWeights()])
    state.type("-y")
    #expect(state.type("y").isEmpty)
    #expect(state.update(.tick(.seconds(60))).isEmpty)
    #expect(state.type("u").requests == [weight(0, 256)])
  }

  @Test func theEndOfTheProgramEndsATrial() {
    var state = makeState([withWeights()])
    state.type("-y")
    #expect(state.update(.ending).requests == [weight(0, 256)])
    #expect(state.update(.ending).isEmpty)
  }

  @Test func aTrialOfWhatWasRefusedEnds() {
    var state = makeState([withWeights()])
    state.answer(state.type("-y"), .failure(.readOnly(operation: .setCredit2)))
    #expect(state.mode == .command)
    #expect(state.update(.tick(.seconds(60))).isEmpty)
  }

  @Test func anUndoThatEndangersDomain0IsATrialToo() {
    var state = makeState([withWeights([64, 256, 512])])
    state.answer(state.type("+"))
    _ = state.update(.snapshot(withWeights([96, 256, 512], at: 3000)))
    #expect(state.type("u").isEmpty)
    #expect(state.type("y").requests == [weight(0, 64)])
    #expect(state.type("n").requests == [weight(0, 96)])
  }

  // MARK: Several at once

  @Test func marksTakeTheSelectionsPlace() {
    var state = makeState([withWeights()])
    state.type("j  ")
    #expect(state.marks == [reference(1), reference(2)])
    expectScreen("marks", state.screen)
    #expect(state.type("+").requests == [weight(1, 288), weight(2, 544)])
    #expect(state.type("u").requests == [weight(2, 512), weight(1, 256)])
    #expect(state.type("p").requests == [.life(reference(1), .pause), .life(reference(2), .pause)])
    state.press(.escape)
    state.press(.escape)
    #expect(state.marks.isEmpty)
  }

  @Test func aNameIsTypedBeforeSeveralAreDestroyed() {
    var state = makeState([withWeights()])
    state.type("j  d")
    expectScreen("destroy-several", state.screen)
    #expect(state.type("y").isEmpty)
    #expect(state.press(.enter).isEmpty)
    #expect(state.screen.text.contains("2 domains are left alone"))
    state.type("dweb1")
    #expect(state.press(.enter).requests == [.life(reference(1), .destroy), .life(reference(2), .destroy)])
  }

  @Test func marksThatCanNotBeSeenDoNothing() {
    var state = makeState([withWeights()])
    state.type("j k3")
    #expect(state.view == .vcpus)
    state.press(.down)
    state.press(.down)
    #expect(state.selectedDomain == reference(2))
    #expect(state.type("p").requests == [.life(reference(2), .pause)])
  }

  @Test func aMarkGoesWithItsDomain() {
    var state = makeState([withWeights()])
    state.type("*")
    #expect(state.marks.count == 2)
    _ = state.update(.snapshot(snapshot(at: 3000, [domain(1, "new", uuid: 88), domain(2, "db")])))
    #expect(state.marks == [reference(2)])
  }

  @Test func domain0AmongThemSparesAll() {
    var state = makeState([withWeights()])
    #expect(state.type("  dp").isEmpty)
    #expect(state.mode == .command)
  }

  @Test func allAreMarkedButDomain0() {
    var state = makeState([withWeights()])
    #expect(state.type("*p").requests == [.life(reference(1), .pause), .life(reference(2), .pause)])
    state.type("*")
    #expect(state.marks.isEmpty)
  }

  // MARK: Read-only

  @Test func aReadOnlyTerminalRefusesEveryChange() {
    var options = UIOptions()
    options.isReadOnly = true
    var state = UIState(options: options)
    _ = state.update(.resize(Size(columns: 80, rows: 24)))
    for snapshot in twoSamples() { _ = state.update(.snapshot(snapshot)) }
    state.press(.down)
    #expect(state.screen.lines[0].contains("read-only"))
    for key in ["p", "s", "r", "d", "+", "-", "[", "]", "u"] {
      #expect(state.type(key).isEmpty)
      #expect(state.mode == .command)
    }
    for line in ["weight 5", "cap 5", "mem-set 64", "pin 0", "rename x", "scheduler credit", "pool x", "save /x"] {
      #expect(state.command(line).isEmpty)
      #expect(state.mode == .command)
    }
    #expect(state.screen.text.contains("is refused: this terminal is read-only"))
    // A console can be looked at.
    let console = ConsoleID(domain: reference(1), serial: 1)
    #expect(state.type("c") == [.openConsole(console)])
    _ = state.update(.consoleOpened(console))
    #expect(state.type("x").isEmpty)
    #expect(state.update(.paste("x")).isEmpty)
    #expect(state.screen.text.contains("nothing can be typed: this terminal is read-only"))
  }

  // MARK: Messages

  @Test func severalMessagesStandAboveEachOther() {
    var state = makeState()
    for name in ["a", "b", "c", "d", "e"] { _ = state.update(.notice("notice \(name)")) }
    #expect(state.screen.lines[20...23] == [" notice b", " notice c", " notice d", " notice e"])
    state.press(.escape)
    #expect(state.screen.lines[23].hasPrefix(" ? help"))
  }

  @Test func aRequestWithoutAnAnswerShowsHowLongItHasTaken() {
    var state = makeState()
    state.press(.down)
    let pause = state.type("p")
    #expect(state.screen.lines[23].hasPrefix(" ? help"))
    _ = state.update(.tick(.seconds(13)))
    #expect(state.screen.lines[23] == " pausing web1: 12 s")
    state.answer(pause)
    state.press(.escape)
    #expect(state.screen.lines[23].hasPrefix(" ? help"))
  }

  @Test func answersOfRequestsWithTheSameWordsAreToldApart() {
    var state = makeState()
    state.press(.down)
    let (first, second) = (state.type("p"), state.type("p"))
    #expect(first.requests == second.requests)
    state.answer(second, .failure(.failed("the second one failed")))
    #expect(state.log.entries.map(\.outcome) == ["asked for", "the second one failed"])
    state.answer(first)
    #expect(state.log.entries.map(\.outcome) == ["done", "the second one failed"])
    state.answer(first, .failure(.failed("said twice")))
    #expect(state.log.entries.map(\.outcome) == ["done", "the second one failed"])
    #expect(state.type("u").requests == [.life(reference(1), .unpause)])
  }

  @Test func longWorkIsShown() {
    var state = makeState()
    _ = state.update(.happened(.progress(work: "migrate web1", fraction: 0.5)))
    #expect(state.screen.lines[23] == " migrate web1 50% ■■■■■■■■■■··········")
    _ = state.update(.happened(.progress(work: "migrate web1", fraction: 1)))
    #expect(state.screen.lines[23].hasPrefix(" ? help"))
  }
}

/// Weights that are tried out before they are asked for.
@Suite struct PlanTests {
  private func schedulerState() -> UIState {
    var state = UIState()
    _ = state.update(.resize(Size(columns: 100, rows: 24)))
    var sample = snapshot(at: 1, [domain(1, "web", vcpus: 2), domain(2, "db", vcpus: 2)])
    sample.pools = [PoolSnapshot(scheduler: .credit2, pcpus: .of([0, 1]), domains: 2)]
    _ = state.update(.snapshot(sample))
    state.type("7")
    return state
  }

  @Test func everybodysShareIsShownBeforeAWeightIsAskedFor() throws {
    var state = schedulerState()
    let web = try #require(state.allDomains.first { $0.name == "web" })
    #expect(web.predicted == nil)
    let before = try #require(web.sample.entitled)
    let effects = (0..<8).flatMap { _ in state.update(.key(.character("+"))) }
    #expect(effects.isEmpty, "nothing is asked for yet")
    let row = try #require(state.allDomains.first { $0.reference == state.selectedDomain })
    #expect(row.isWeightPending && row.predicted ?? 0 > before)
    #expect(state.screen.lines.contains { $0.contains("1 change tried out") })
    state.press(.escape)
    #expect(state.host.plan.isEmpty)
    #expect(state.allDomains.allSatisfy { $0.predicted == nil && !$0.isWeightPending })
  }

  @Test func enterAsksForWhatWasTriedOutAndAnotherViewForgetsIt() throws {
    var state = schedulerState()
    state.type("++")
    let effects = state.update(.key(Key(.enter)))
    #expect(effects.count == 1)
    #expect(state.host.plan.isEmpty)
    state.type("+")
    #expect(!state.host.plan.isEmpty)
    state.type("1")
    #expect(state.host.plan.isEmpty)
  }
}
