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
  ])
  func whatIsNeededIsSaid(line: String, fault: String) {
    var state = makeState()
    #expect(state.command(line).isEmpty)
    #expect(state.screen.text.contains(fault))
  }
}
