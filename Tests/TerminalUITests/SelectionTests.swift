import HypervisorModel
import Testing

@testable import TerminalUI

@Suite struct SelectionTests {
  private func many(_ ids: [UInt32], at time: UInt64, cpu: (UInt32) -> UInt64 = { _ in 0 }) -> HostSnapshot {
    snapshot(at: time, ids.map { domain($0, "guest\($0)", cpu: cpu($0)) })
  }

  @Test func followsTheDomainWhenTheOrderChanges() {
    var state = makeState([many([1, 2, 3], at: 1000), many([1, 2, 3], at: 2000) { UInt64($0) * 100 }])
    state.press(.down)
    #expect(state.selectedDomain == reference(2))
    while state.domains.position.sort.column != Column("cpu") { state.type(">") }
    #expect(state.domains.rows.map(\.name) == ["guest3", "guest2", "guest1"])
    #expect(state.selectedDomain == reference(2))
    _ = state.update(.snapshot(many([1, 2, 3], at: 3000) { 1000 - UInt64($0) }))
    #expect(state.selectedDomain == reference(2))
  }

  @Test func tiedRowsKeepTheOrderOfTheirIDs() {
    var state = makeState([many([3, 1, 2], at: 1000)])
    for _ in DomainRow.standardColumns {
      for _ in 0..<2 {
        if ![.id, .name].contains(state.domains.position.sort.column) {
          #expect(
            state.domains.rows.map(\.reference.id.rawValue) == [1, 2, 3], "\(state.domains.position.sort)"
          )
        }
        state.type("I")
      }
      state.type(">")
    }
  }

  @Test func goesToTheNeighbourOfADomainThatHasGone() {
    var state = makeState([many([1, 2, 3], at: 1000)])
    state.press(.down)
    _ = state.update(.snapshot(many([1, 3], at: 2000)))
    #expect(state.selectedDomain == reference(3))
    _ = state.update(.snapshot(many([1], at: 3000)))
    #expect(state.selectedDomain == reference(1))
    _ = state.update(.snapshot(many([], at: 4000)))
    #expect(state.selectedDomain == nil)
    #expect(state.type("pd+c").isEmpty)
  }

  @Test func followsADomainThroughItsReboot() {
    var state = makeState([many([1, 2, 3], at: 1000)])
    state.press(.down)
    _ = state.update(.snapshot(snapshot(at: 2000, [domain(1, "a"), domain(3, "c"), domain(7, "b", uuid: 2)])))
    #expect(state.selectedDomain == reference(7, uuid: 2))
  }

  @Test func aReusedIDIsAnotherDomain() {
    var state = makeState([many([1, 2], at: 1000), many([1, 2], at: 2000) { _ in 500 }])
    state.press(.down)
    _ = state.update(.snapshot(snapshot(at: 3000, [domain(1, "a", cpu: 500), domain(2, "new", cpu: 900, uuid: 99)])))
    #expect(state.domains.rows.last?.sample.cpu == nil)
    #expect(state.host.domainHistory[reference(2)] == nil)
  }

  @Test func scrollsAsLittleAsNeeded() {
    var state = makeState(Size(columns: 80, rows: 10), [many(Array(0..<100), at: 1000)])
    let height = state.visibleRows
    for _ in 0..<height - 1 { state.press(.down) }
    #expect(state.domains.position.top == 0)
    state.press(.down)
    #expect(state.domains.position.top == 1)
    state.press(.end)
    #expect(state.domains.position.top == 100 - height)
    #expect(state.screen.text.contains("guest99"))
    state.press(.pageUp)
    #expect(state.domains.position.selectedIndex == 99 - (height - 1))
    state.type("g")
    #expect(state.domains.position.top == 0)
    _ = state.update(.resize(Size(columns: 80, rows: 0)))
    _ = state.update(.resize(Size(columns: 80, rows: 24)))
    #expect(state.domains.position.selectedIndex == 0)
  }

  @Test func keysNeverMakeANewSample() {
    var state = makeState()
    let before = state.domains.rows.map(\.sample.cpu)
    _ = state.update(.snapshot(snapshot(at: 2050, [domain(1, "web1", .paused, cpu: 300)])))
    #expect(state.domains.rows.first?.sample.cpu == before[1])
    #expect(state.domains.rows.first?.state == .paused)
    #expect(state.host.cpuHistory.points.count == 1)
  }

  @Test func aSnapshotThatWasOvertakenIsIgnored() {
    var state = makeState()
    _ = state.update(.snapshot(snapshot(at: 1500, [])))
    #expect(state.domains.rows.count == 4)
  }

  @Test func anotherHostProcessStartsAnewClock() {
    var state = makeState([many([1], at: 500_000), many([1], at: 501_000)])
    _ = state.update(.snapshot(many([1], at: 1000)))
    #expect(state.host.rates == nil)
    _ = state.update(.snapshot(many([1], at: 2000) { _ in 100 }))
    #expect(state.domains.rows.first?.sample.cpu == 0.1)
  }

  @Test func theMouseSelectsAndSorts() throws {
    var state = makeState()
    let heading = try #require(state.screen.row(containing: "NAME"))
    _ = state.mouse(.press, at: Position(column: 5, row: heading + 3))
    #expect(state.selectedDomain == reference(2))
    _ = state.mouse(.press, at: Position(column: 3, row: heading))
    #expect(state.domains.position.sort == SortOrder(column: .name, isDescending: false))
    _ = state.mouse(.press, at: Position(column: 3, row: heading))
    #expect(state.domains.position.sort == SortOrder(column: .name, isDescending: true))
    _ = state.mouse(.wheelDown, at: Position(column: 3, row: 3))
    #expect(
      state.domains.position.selectedIndex
        == state.domains.rows.firstIndex(where: { $0.name == "build" }).map { $0 + 1 })
    _ = state.mouse(.press, at: Position(column: 300, row: 300))
  }
}
