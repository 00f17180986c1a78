import HypervisorModel
import Testing

@testable import TerminalUI

@Suite struct PoolScreenTests {
  private func state() -> UIState {
    var state = makeState(Size(columns: 140, rows: 24), [])
    for seconds in [1, 2] as [UInt64] {
      var sample = snapshot(
        at: seconds * 1000,
        [domain(0, "Domain-0"), busyDomain(1, "web1", seconds: seconds), domain(2, "db", weight: 512)],
        busy: [seconds * 800, seconds * 400, seconds * 100])
      sample.domains[2].pool = "db"
      sample.pools = [
        PoolSnapshot(name: "db", scheduler: .credit, pcpus: .of([2]), domains: 1, parameters: [.timeSlice: 30_000_000]),
        PoolSnapshot(scheduler: .credit2, pcpus: .of([0, 1]), domains: 2, parameters: [.rateLimit: 0]),
      ]
      _ = state.update(.snapshot(sample))
    }
    state.type("9")
    return state
  }

  @Test func aPoolIsTheSumOfItsDomainsAndPCPUs() throws {
    let rows = state().screens[PoolScreen.self].table.rows
    #expect(rows.map(\.key) == ["Pool-0", "db"].map { PoolReference(host: lab, name: $0) })
    #expect(rows.map(\.pcpus) == [2, 1])
    #expect(rows.map(\.vcpus) == [3, 1])
    #expect(rows.map(\.weights) == [512, 512])
    let busy = rows.map { ($0.busy ?? 0) * 100 }
    #expect(zip(busy, [120, 10]).allSatisfy { abs($0 - $1) < 0.001 })
    #expect(abs((rows[0].waited ?? 0) - 0.2) < 0.001 && rows[1].waited == nil)
  }

  @Test func itsParametersAreSaidInWords() {
    let text = state().screen.text
    #expect(text.contains("rate limit off"))
    #expect(text.contains("time slice 30 ms"))
  }

  @Test func keysForDomainsAreForTheOneSelectedBefore() {
    var state = makeState()
    state.type("j9")
    #expect(state.selectedDomain == nil)
    state.type("1")
    #expect(state.selectedDomain == reference(1))
  }
}
