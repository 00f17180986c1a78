import HypervisorModel
import Testing

@testable import TerminalUI

@Suite struct ColumnTests {
  private func busyState(_ size: Size = Size(columns: 80, rows: 24)) -> UIState {
    makeState(
      size,
      [1, 2].map { seconds in
        snapshot(
          at: seconds * 1000, [domain(0, "Domain-0", weight: nil, cap: nil), busyDomain(1, "web1", seconds: seconds)])
      })
  }

  private func text(_ column: String, _ state: UIState, row: Int = 1) throws -> String {
    let column = try #require(DomainRow.column(Column(column)))
    return column.figure(state.domains.rows[row], state.context).value.text(width: column.spec.width, none: "–")
  }

  @Test func allOfXentopsColumnsAreThereUnderItsTitles() {
    let titles = DomainRow.xentopColumns.compactMap { DomainRow.column($0)?.spec.title }
    #expect(
      titles == [
        "NAME", "STATE", "CPU(sec)", "CPU(%)", "MEM(k)", "MEM(%)", "MAXMEM(k)", "MAXMEM(%)", "VCPUS", "NETS",
        "NETTX(k)", "NETRX(k)", "VBDS", "VBD_OO", "VBD_RD", "VBD_WR", "VBD_RSECT", "VBD_WSECT", "SSID",
      ])
    #expect(Set(DomainRow.columns.map(\.spec.column)).count == DomainRow.columns.count)
    #expect(DomainRow.standardColumns.allSatisfy { DomainRow.column($0) != nil })
  }

  @Test(arguments: [
    ("nettx", "2048"), ("netrx", "4"), ("vbd-oo", "3"), ("vbd-rd", "20"), ("vbd-wr", "60"), ("vbd-rsect", "160"),
    ("vbd-wsect", "8192"), ("ssid", "–"), ("mem-pct", "9.4"), ("maxmem-pct", "12.5"), ("pool", "Pool-0"),
    ("rx-rate", "1.0M"), ("tx-rate", "2K"), ("rd-rate", "40K"), ("wr-rate", "2.0M"), ("iops", "40"),
    ("wait", "20.0"), ("cpu", "50.0"), ("uptime", "11d 13:46"),
  ])
  func figuresComeFromTheSnapshots(column: String, shown: String) throws {
    #expect(try text(column, busyState()) == shown)
  }

  @Test func whatTheHostDoesNotKnowIsADash() throws {
    var without = busyDomain(1, "web1", seconds: 1)
    without.disks[0].counters = nil
    without.networks[0].counters = nil
    without.createdAt = nil
    let state = makeState([snapshot(at: 1000, [without])])
    for column in ["nettx", "vbd-rd", "rx-rate", "iops", "uptime", "cpu", "wait"] {
      #expect(try text(column, state, row: 0) == "–")
    }
    #expect(try text("vbds", state, row: 0) == "1")
  }

  @Test func figuresThatAreMissingSortLastEitherWay() {
    var state = busyState()
    state.domains.position.sort = SortOrder(column: Column("weight"), isDescending: true)
    for _ in 0..<2 {
      state.type("I")
      #expect(state.domains.rows.last?.name == "Domain-0")
    }
  }

  @Test func sidewaysTheNameStaysAndTheOthersFollow() throws {
    var state = busyState()
    let heading = try #require(state.screen.row(containing: "NAME"))
    #expect(!state.screen.lines[heading].contains("RX/s"))
    state.type("llllllll")
    #expect(
      state.screen.lines[heading] == "‹ NAME       MAXMEM(k) WEIGHT  CAP   RX/s   TX/s   RD/s   WR/s    UPTIME HISTORY")
    // The end is the end.
    for _ in 0..<50 { state.press(.right) }
    #expect(state.screen.lines[heading].hasSuffix("HISTORY"))
    #expect(state.screen.lines[heading].contains("UPTIME"))
    for _ in 0..<50 { state.type("h") }
    #expect(state.screen.lines[heading].hasPrefix("  NAME"))
    // Where everything has room, there is nothing to scroll.
    _ = state.update(.resize(Size(columns: 200, rows: 24)))
    state.type("l")
    #expect(state.domains.position.scrolledColumns == 0)
  }

  @Test func columnsAreChosenAndMoved() throws {
    var state = busyState()
    state.type("f")
    expectScreen("columns", state.screen)
    // Hide ID, move STATE before NAME, show what is hidden first.
    state.type("j j<")
    #expect(state.domains.position.columns.prefix(3).map(\.rawValue) == ["name", "vcpus", "state"])
    for _ in 0..<20 { state.press(.down) }
    state.type(" ")
    let added = state.domains.position.columns.last
    #expect(added.map { !DomainRow.standardColumns.contains($0) } == true)
    state.press(.escape)
    #expect(state.mode == .command)
    #expect(state.domains.position.columns.contains(Column("id")) == false)
  }

  @Test func oneColumnAlwaysStays() {
    var state = busyState()
    state.type("f")
    for _ in 0..<100 { state.type(" ") }
    #expect(!state.domains.position.columns.isEmpty)
    for _ in 0..<100 {
      state.type(" ")
      state.press(.up)
    }
    _ = state.screen
    #expect(!state.domains.position.columns.isEmpty)
  }
}
