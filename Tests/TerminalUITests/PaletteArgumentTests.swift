import HypervisorModel
import Testing

@testable import TerminalUI

/// What stands behind a command.
@Suite struct PaletteArgumentTests {
  @Test(arguments: [
    ("cpupool-create", "name=POOL cpus=0-1 [sched=credit2]"),
    ("cpupool-create name=p", "name=POOL cpus=0-1 [sched=credit2]"),
    ("cpupool-create p1 cpus=1", "'p1' is no setting: name=POOL cpus=0-1 [sched=credit2]"),
    ("cpupool-create name=p cpus=x", "pCPUs are all, or numbers and ranges"),
    ("sort nothing", "to sort by here, but "), ("columns name,,attic", "no column 'attic'"),
  ])
  func whatIsNeededIsSaid(line: String, fault: String) {
    var state = makeState()
    #expect(state.command(line).isEmpty)
    #expect(state.screen.text.contains(fault))
  }

  @Test(arguments: [
    ("3", ScreenID.vcpus), ("Disks", .disks), ("NETS", .networks), ("networks", .networks), ("Log", .log),
    ("domains", .overview),
  ])
  func viewsHaveNumbersAndTheNamesOfTheirTabs(name: String, view: ScreenID) {
    var state = makeState()
    state.type("6")
    #expect(state.command("view " + name).isEmpty)
    #expect(state.view == view)
  }

  @Test(arguments: ["0", "Console"])
  func theConsolesAreAViewToo(name: String) {
    var state = makeState()
    state.press(.down)
    #expect(state.command("view " + name) == [.openConsole(ConsoleID(domain: reference(1), serial: 1))])
  }

  @Test func columnsMayBeSeparatedByCommas() {
    var state = makeState()
    _ = state.command("columns name,state, cpu")
    #expect(state.domains.position.columns == ["name", "state", "cpu"].map { Column($0) })
  }

  @Test func whatThereIsToSortByIsListed() {
    var state = makeState()
    state.type("8")
    _ = state.command("sort cpu")
    #expect(
      state.screen.text.contains("no column 'cpu' to sort by here, but time, name, event, old, new, outcome"))
  }

  @Test(arguments: [
    (":weight ", "512"), ("w", "512"), (":cap ", "0"), ("C", "0"), (":mem-set ", "96"), ("m", "96"),
    (":mem-max ", "128"), (":vcpu-set ", "2"),
  ])
  func thePresentValueIsSuggested(keys: String, value: String) {
    var state = makeState()
    state.type("jj" + keys)
    guard case .palette(let palette) = state.mode else { return #expect(Bool(false)) }
    #expect(state.suggestions(palette).map(\.word) == [value])
  }
}
