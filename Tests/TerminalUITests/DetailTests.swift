import Figures
import HypervisorModel
import Testing

@testable import TerminalUI

/// What xentop's keys V, N, B and R add to the table of domains.
@Suite struct DetailTests {
  /// Domain-0, two guests with a network interface and a disk, and one without.
  private func state(_ size: Size = Size(columns: 80, rows: 24), charset: Charset = .braille) -> UIState {
    let samples = [1, 2].map { (seconds: UInt64) in
      var unserved = busyDomain(3, "elsewhere", seconds: seconds)
      unserved.networks[0].counters = nil
      unserved.disks[0].counters = nil
      return snapshot(
        at: seconds * 1000,
        [
          domain(0, "Domain-0", cpu: seconds * 50), busyDomain(1, "web1", seconds: seconds),
          busyDomain(2, "データ", seconds: seconds * 2), unserved, domain(4, "idle", .paused),
        ], busy: [seconds * 800, seconds * 400])
    }
    return makeState(size, charset: charset, samples)
  }

  private func domains(_ count: UInt32, vcpus: Int = 1) -> HostSnapshot {
    snapshot(at: 1000, (0..<count).map { domain($0, "guest\($0)", vcpus: vcpus) })
  }

  private func click(_ state: inout UIState, row: Int, column: Int = 5) {
    _ = state.mouse(.press, at: Position(column: column, row: row))
  }

  // MARK: Screens

  @Test(arguments: [Size(columns: 80, rows: 24), Size(columns: 40, rows: 10)])
  func theDetailsOfADomainStandBelowIt(size: Size) {
    var state = state(size)
    state.type("jVNB")
    expectScreen("details-\(size.columns)x\(size.rows)", state.screen)
  }

  @Test func theHeadingStandsAboveEachDomain() {
    var state = state()
    state.type("jVR")
    expectScreen("details-heading", state.screen)
    // One heading is right above the first domain that is shown, wherever the table is scrolled to.
    for _ in 0..<4 {
      state.press(.down)
      #expect(!state.screen.lines[state.layout.table.row].contains("NAME"))
      #expect(state.screen.lines[state.layout.table.row - 1].contains("NAME"))
    }
  }

  @Test func theDetailsAreBatchModesLines() {
    let wide = Size(columns: 200, rows: 60)
    var state = state(wide)
    state.type("VNB")
    var options = BatchReport.Options()
    options.details = [.vcpus, .networks, .disks]
    var report = BatchReport(options)
    let lines = report.lines(for: snapshot(at: 2000, state.allDomains.prefix(3).map(\.snapshot)))
    let details = lines.filter { line in ["VCPUs", "Net", "VBD"].contains { line.hasPrefix($0) } }
    #expect(details.count == 7)
    for detail in details { #expect(state.screen.lines.contains("  " + detail)) }
  }

  @Test func figuresThatTheHostDoesNotHaveAreDashesInTheirPlace() throws {
    var state = state(Size(columns: 130, rows: 30))
    state.type("NB")
    let lines = state.screen.lines
    let row = try #require(state.screen.row(containing: "elsewhere"))
    #expect(
      lines[row + 1] == "  Net0 RX:        –bytes        –pkts        –err        –drop  "
        + "TX:        –bytes        –pkts        –err        –drop")
    #expect(lines[row + 2].hasPrefix("  VBD BlkBack 51712 [ca: 0]  OO:        –   RD:        –"))
    state = self.state(Size(columns: 130, rows: 30), charset: .ascii)
    state.type("N")
    #expect(state.screen.text.contains("Net0 RX:        -bytes"))
  }

  @Test func detailsAreCutAtTheEdgeWithAMark() throws {
    var state = state()
    state.type("N")
    let line = try #require(state.screen.lines.first { $0.contains("Net0") })
    #expect(line.hasSuffix("…"))
    #expect(line.count == 80)
  }

  // MARK: Keys

  @Test func eachKeySwitchesOnAndOff() {
    var state = state()
    for (key, word) in [("V", "VCPUs(sec)"), ("N", "Net0 RX"), ("B", "VBD BlkBack")] {
      state.type(key)
      #expect(state.screen.text.contains(word))
      state.type(key)
      #expect(!state.screen.text.contains(word))
    }
    state.type("R")
    #expect(state.screen.lines.filter { $0.contains("NAME") }.count == 5)
    state.type("R")
    #expect(state.screen.lines.filter { $0.contains("NAME") }.count == 1)
  }

  @Test func fromAnotherViewTheKeyLeadsToTheOverviewAndShows() {
    for view in ScreenID.all where view != .overview {
      for (key, word) in [("V", "VCPUs(sec)"), ("N", "Net0 RX"), ("B", "VBD BlkBack")] {
        for isShown in [false, true] {
          var state = state()
          state.type("jj" + (isShown ? key : "") + "\(view.key ?? " ")" + key)
          #expect(state.view == .overview)
          #expect(state.selectedDomain == reference(2))
          #expect(state.screen.text.contains(word))
        }
      }
    }
  }

  @Test func onlyTheTableOfDomainsHasDetails() {
    var state = state(Size(columns: 200, rows: 60))
    state.type("VNBR7")
    #expect(state.screen.text.contains("elsewhere"))
    for word in ["VCPUs(sec)", "Net0", "BlkBack"] { #expect(!state.screen.text.contains(word)) }
    #expect(state.screen.lines.filter { $0.contains("NAME") }.count == 1)
  }

  @Test func xentopsColumnsStandAboveTheDetails() throws {
    var state = state(Size(columns: 200, rows: 40))
    state.type("VN")
    _ = state.command("columns xentop")
    let row = try #require(state.screen.row(containing: "web1"))
    #expect(state.screen.lines[row - 2].contains("Domain-0"))
    #expect(state.screen.lines[row + 1].contains("VCPUs(sec)"))
    #expect(state.screen.lines[row + 2].contains("Net0 RX"))
  }

  @Test func aCopyOfTheTableHasNoDetails() {
    var state = state()
    let before = state.type("Y")
    state.type("VNBR")
    #expect(state.type("Y") == before)
  }

  @Test func theOtherKeysOfXentopDoAsThere() {
    var state = state()
    #expect(state.type("Q") == [.quit(ExitReport())])
    state.type("S")
    #expect(state.domains.position.sort.column == .state)
    state.type("D")
    #expect(state.screen.lines[23] == " :delay")
    #expect(state.type("3") + state.press(.enter) == [.setInterval(.seconds(3))])
    state.press(.down)
    state.press(.down)
    state.press(.up)
    #expect(state.domains.position.selectedIndex == 1)
  }

  // MARK: The mouse

  @Test func aClickOnADetailSelectsItsDomain() throws {
    var state = state()
    state.type("VNB")
    let row = try #require(state.screen.row(containing: "web1"))
    for offset in 0...3 {
      state.press(.home)
      click(&state, row: row + offset)
      #expect(state.selectedDomain == reference(1))
    }
    click(&state, row: row + 4)
    #expect(state.selectedDomain == reference(2))
  }

  @Test func aClickOnARepeatedHeadingSorts() {
    var state = state()
    state.type("R")
    click(&state, row: state.layout.table.row + 1, column: 3)
    #expect(state.domains.position.sort == SortOrder(column: .name, isDescending: false))
    click(&state, row: state.layout.table.row + 3, column: 3)
    #expect(state.domains.position.sort == SortOrder(column: .name, isDescending: true))
  }

  // MARK: Scrolling

  /// The selection is in view, all of it where it fits, and the screen begins with a domain's line.
  private func expectOrder(_ state: UIState) {
    let position = state.domains.position
    let visible = state.visibleRows
    guard let selected = position.selectedIndex, visible > 0 else { return }
    #expect(selected < position.count)
    let shown = (0..<visible).map { position.shown(at: $0) }
    let lines = shown.count {
      switch $0 {
      case .row(let row), .detail(_, ofRow: let row): row == selected
      default: false
      }
    }
    let height = state.domains.rows[selected].detailCount(position.details) + 1
    #expect(lines == min(height, visible))
    #expect(height > visible || shown.first == .row(position.top))
    // The screen draws what the mouse finds.
    for (offset, line) in shown.enumerated() {
      guard case .row(let row) = line else { continue }
      let text = state.screen.lines[state.layout.table.row + offset]
      #expect(text.contains(state.domains.rows[row].name), "\(text)")
    }
  }

  @Test(arguments: [(80, 24), (40, 10), (80, 5)]) func theSelectionStaysInViewWhateverIsShown(columns: Int, rows: Int) {
    var state = makeState(Size(columns: columns, rows: rows), [])
    var vcpus = 0
    let keys: [Key.Code] = [.down, .pageDown, .end, .up, .pageUp, .down, .down, .home, .up, .pageDown, .pageDown]
    for (step, toggled) in ["V", "R", "N", "B", "V", "VR", "R"].enumerated() {
      let time = UInt64(step + 1)
      var snapshot = snapshot(at: time * 1000, (0..<30).map { busyDomain($0, "g\($0)", seconds: time) })
      for index in snapshot.domains.indices {
        vcpus = (vcpus + 7) % 60
        snapshot.domains[index].vcpus = domain(0, "", vcpus: vcpus).vcpus
      }
      _ = state.update(.snapshot(snapshot))
      state.type(toggled)
      for key in keys {
        state.press(key)
        expectOrder(state)
      }
      _ = state.mouse(.wheelDown, at: Position(column: 3, row: 3))
      expectOrder(state)
    }
  }

  @Test func aDomainTallerThanTheScreenIsScrolledThrough() {
    var state = makeState(Size(columns: 100, rows: 10), [domains(3, vcpus: 100)])
    state.type("V")
    let visible = state.visibleRows
    var seen: Set<String> = []
    for _ in 0..<(21 - visible) {
      #expect(state.selectedDomain == reference(0))
      seen.formUnion(state.screen.lines)
      state.press(.down)
    }
    seen.formUnion(state.screen.lines)
    for vcpu in 0..<100 { #expect(seen.contains { $0.contains(" \(vcpu): ") }) }
    #expect(state.selectedDomain == reference(0))
    // A new snapshot scrolls nothing back.
    _ = state.update(.tick(.seconds(2)))
    let before = state.screen.lines[state.layout.table.row]
    var next = domains(3, vcpus: 100)
    next.time = .seconds(2)
    _ = state.update(.snapshot(next))
    #expect(state.screen.lines[state.layout.table.row] == before)
    state.press(.down)
    #expect(state.selectedDomain == reference(1))
    #expect(state.screen.lines[state.layout.table.row].contains("guest1"))
    state.press(.pageDown)
    #expect(state.selectedDomain == reference(1))
    state.press(.up)
    // The next domain is one key away, however tall this one is.
    state.type("J")
    #expect(state.selectedDomain == reference(2))
    state.type("KK")
    #expect(state.selectedDomain == reference(0))
    state.press(.end)
    state.press(.end)
    #expect(state.screen.text.contains(" 99: "))
    state.press(.home)
    #expect(state.selectedDomain == reference(0))
  }

  @Test func aPageIsAScreenOfLines() {
    var state = makeState(Size(columns: 80, rows: 24), [domains(40)])
    state.type("V")
    let visible = state.visibleRows
    state.press(.pageDown)
    #expect(state.domains.position.selectedIndex == (visible - 1) / 2)
    state.press(.pageUp)
    #expect(state.domains.position.selectedIndex == 0)
  }

  @Test func whatIsLookedAtStaysWhenDetailsComeAndGo() {
    var state = makeState(Size(columns: 80, rows: 24), [domains(40)])
    for _ in 0..<20 { state.press(.down) }
    for _ in 0..<8 { state.press(.up) }
    let top = state.domains.position.top
    state.type("V")
    #expect(state.domains.position.top == top)
    #expect(state.selectedDomain == reference(12))
    state.type("V")
    #expect(state.domains.position.top == top)
  }
}
