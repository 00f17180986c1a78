import HypervisorModel
import Testing

@testable import TerminalUI

extension UIState {
  /// Types a command line and Enter.
  mutating func command(_ line: String) -> [UIEffect] {
    (type(":" + line) + press(.enter)).filter { effect in
      // What only helps to type it.
      if case .listDirectory = effect { return false }
      return true
    }
  }
}

@Suite struct PaletteTests {
  @Test func suggestionsStandAboveTheLine() {
    var state = makeState()
    state.type(":we")
    expectScreen("palette", state.screen)
    state.press(.down)
    state.press(.tab)
    guard case .palette(let palette) = state.mode else { return #expect(Bool(false)) }
    #expect(palette.editor.text == "weight-down ")
  }

  @Test func argumentsAreSuggestedToo() {
    var state = makeState()
    state.type(":view s")
    state.press(.tab)
    #expect(state.press(.enter).isEmpty)
    #expect(state.view == .scheduler)
    #expect(state.command("select idle").isEmpty)
    #expect(state.selectedDomain == reference(3))
  }

  @Test func theBeginningOfACommandIsEnough() {
    var state = makeState()
    state.press(.down)
    #expect(state.command("destr").isEmpty)
    #expect(state.screen.text.contains("destroy domain 'web1'?"))
    state.type("n")
    // What needs more words waits for them.
    #expect(state.command("mem-s").isEmpty)
    state.type("64")
    #expect(state.press(.enter).requests == [.resources(reference(1), .setMemory(memory: .mebibytes(64)))])
  }

  @Test func aValueIsTypedInPlace() {
    var state = makeState()
    state.press(.down)
    state.type("w600")
    #expect(
      state.press(.enter).requests == [.scheduling(reference(1), SchedulingChange(.credit2, [.weight: 600]))])
    state.type("C75")
    #expect(state.press(.enter).requests == [.scheduling(reference(1), SchedulingChange(.credit2, [.cap: 75]))])
    state.type("D0.5")
    #expect(state.press(.enter) == [.setInterval(.milliseconds(500))])
    #expect(state.screen.lines[0].hasSuffix("● 0.5 s"))
  }

  @Test(arguments: [
    ("weight 0", "a weight is a number from 1 to 65535"), ("weight", "a weight is"), ("cap -1", "a cap is"),
    ("delay 0.01", "a delay is 0.1 to 3600 seconds"), ("frobnicate", "there is no command 'frobnicate'"),
    ("pin 3-1", "pCPUs are all, or numbers and ranges"), ("pin 0 x", "'x' is no vCPU's number"),
    ("mem-set 99999999999999g", "'99999999999999g' is"), ("view attic", "a view is one of overview, domain"),
    ("sort history", "no column 'history' to sort by"), ("columns name name", "each once"),
    ("trigger boom", "an event is one of nmi"), ("select nobody", "no domain 'nobody' is shown"),
  ])
  func whatIsWrongIsSaidAndTheLineStays(line: String, fault: String) {
    var state = makeState()
    state.press(.down)
    #expect(state.command(line).isEmpty)
    #expect(state.screen.text.contains(fault))
    #expect(state.screen.lines[23].hasPrefix(" :" + line))
  }

  @Test func everyCommandOfTheKeyTableIsThere() {
    #expect(Set(PaletteCommand.all.map(\.name)).count == PaletteCommand.all.count)
    for name in ["pause", "shutdown", "reboot", "destroy", "undo", "console", "quit", "weight", "migrate", "columns"] {
      #expect(PaletteCommand.named(name) != nil)
    }
  }

  @Test func columnsAndOrderAreChosenByName() {
    var state = makeState()
    #expect(state.command("columns xentop").isEmpty)
    #expect(state.domains.position.columns == DomainRow.xentopColumns)
    _ = state.command("columns name cpu weight")
    _ = state.command("sort weight up")
    #expect(state.domains.rows.map(\.name) == ["web1", "idle", "build", "Domain-0"])
    _ = state.command("filter b")
    #expect(state.domains.rows.map(\.name) == ["web1", "build"])
    _ = state.command("columns standard")
    #expect(state.domains.position.columns == DomainRow.standardColumns)
  }

  @Test func theSchedulerOfAPoolIsExchangedAndBack() {
    var sample = snapshot(at: 1000, [domain(1, "web1")])
    sample.pools = [PoolSnapshot(scheduler: .credit2, pcpus: .all, domains: 1)]
    var state = makeState([sample])
    #expect(state.command("scheduler sedf batch").requests == [.pools(.switchScheduler(pool: "batch", to: .sedf))])
    #expect(state.command("scheduler rtds").requests == [.pools(.switchScheduler(pool: "Pool-0", to: .rtds))])
    #expect(state.type("u").requests == [.pools(.switchScheduler(pool: "Pool-0", to: .credit2))])
  }

  @Test func linesAreCalledBack() {
    var state = makeState()
    state.press(.down)
    _ = state.command("weight 300")
    state.type(":")
    _ = state.update(.key(.control("p")))
    #expect(state.screen.lines[23] == " :weight 300")
    state.press(.escape)
    #expect(state.mode == .command)
  }

  @Test func emptyLinesAndBackspaceClose() {
    var state = makeState()
    state.type(":")
    state.press(.backspace)
    #expect(state.mode == .command)
  }
}
