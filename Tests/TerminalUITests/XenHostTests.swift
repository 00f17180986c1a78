import HypervisorModel
import Testing

@testable import TerminalUI

/// What is different when the host is a real Xen.
@Suite struct XenHostTests {
  private static func snapshot(scheduler: Scheduler, domain0Weight: Int = 256) -> HostSnapshot {
    var snapshot = TerminalUITests.snapshot(
      at: 1000, [domain(0, "Domain-0", weight: domain0Weight), domain(1, "web1", weight: 512)])
    snapshot.pools = [PoolSnapshot(scheduler: scheduler, pcpus: .of([0, 1]), domains: 2)]
    return snapshot
  }

  private static func state(scheduler: Scheduler) -> UIState {
    var state = UIState()
    _ = state.update(.resize(Size(columns: 100, rows: 30)))
    _ = state.update(.described(host))
    _ = state.update(.snapshot(snapshot(scheduler: scheduler)))
    return state
  }

  @Test func weightsAreSetInTheWordsOfThePoolsScheduler() throws {
    var state = Self.state(scheduler: .credit)
    _ = state.update(.key(Key(.down)))
    let web = try #require(state.selectedDomain)
    #expect(
      state.update(.key(.character("+"))).requests
        == [.scheduling(web, SchedulingChange(.credit, [.weight: 544]))])
  }

  @Test func lessWeightThanDomain0NeedsIsAskedForFirst() throws {
    var state = Self.state(scheduler: .credit2)
    let domain0 = try #require(state.selectedDomain)
    #expect(state.update(.key(.character("-"))) == [])
    let screen = state.screen.text
    #expect(screen.contains("change domain 'Domain-0'?"))
    #expect(screen.contains("with a weight of 224, busy guests can leave Domain-0 too"))
    #expect(screen.contains("little CPU time for their devices"))
    #expect(
      state.update(.key(.character("y"))).requests
        == [.scheduling(domain0, SchedulingChange(.credit2, [.weight: 224]))])
  }

  @Test func moreWeightForDomain0IsNotAskedFor() throws {
    var state = Self.state(scheduler: .credit2)
    let domain0 = try #require(state.selectedDomain)
    #expect(
      state.update(.key(.character("+"))).requests
        == [.scheduling(domain0, SchedulingChange(.credit2, [.weight: 288]))])
  }

  @Test func whatIsWrongWithTheHostStandsInTheBottomLine() {
    var state = Self.state(scheduler: .credit2)
    var snapshot = Self.snapshot(scheduler: .credit2)
    snapshot.warnings = ["xenstored does not answer"]
    _ = state.update(.snapshot(snapshot))
    #expect(state.screen.text.contains("xenstored does not answer"))
  }

  @Test func theHeaderShowsCapabilitiesAndTheHypervisorsCommandLine() {
    var state = Self.state(scheduler: .credit2)
    var xen = host
    (xen.engine, xen.version, xen.capabilities, xen.commandLine) = ("Xen", "4.17.5", "pv hvm hap", "dom0_mem=640M")
    _ = state.update(.described(xen))
    let screen = render(state, size: Size(columns: 140, rows: 30)).grid.text
    #expect(screen.contains("Xen 4.17.5 · credit2"))
    #expect(screen.contains("pv hvm hap · dom0_mem=640M"))
  }
}
