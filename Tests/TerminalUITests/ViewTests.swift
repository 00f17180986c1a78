import Figures
import HypervisorModel
import Testing

@testable import TerminalUI

@Suite struct ViewTests {
  /// Two seconds of Domain-0, two busy guests and a paused one, in two pools.
  private func state(_ size: Size = Size(columns: 80, rows: 24)) -> UIState {
    var state = UIState()
    _ = state.update(.tick(.seconds(1)))
    _ = state.update(.resize(size))
    _ = state.update(.described(host))
    for seconds in [1, 2, 3] as [UInt64] {
      var new = snapshot(
        at: seconds * 1000,
        [
          domain(0, "Domain-0", cpu: seconds * 50), busyDomain(1, "web1", seconds: seconds),
          busyDomain(2, "データ", seconds: seconds * 2), domain(3, "idle", .paused, weight: 1024, cap: 50),
        ], busy: [seconds * 800, seconds * 400])
      new.domains[1].vcpus[1].hardAffinity = .of([0, 1])
      new.pools = [
        PoolSnapshot(scheduler: .credit2, pcpus: .of([0]), domains: 3, parameters: [.rateLimit: 1_000_000]),
        PoolSnapshot(name: "rt", scheduler: .rtds, pcpus: .of([1]), domains: 1),
      ]
      _ = state.update(.snapshot(new))
    }
    _ = state.update(.happened(.appeared(reference(1), name: "web1")))
    _ = state.update(.tick(.seconds(3)))
    _ = state.update(.happened(.changed(reference(3), name: "idle", state: .paused)))
    _ = state.update(.happened(.gone(reference(9), name: "old", reason: .crash)))
    state.press(.escape)
    return state
  }

  @Test(
    arguments: ScreenID.all, [Size(columns: 80, rows: 24), Size(columns: 200, rows: 60), Size(columns: 40, rows: 10)])
  func everyViewFitsTheScreen(view: ScreenID, size: Size) {
    var state = state(size)
    state.type("j\(view.key ?? " ")")
    guard view != .overview else { return }
    expectScreen("view-\(view.rawValue)-\(size.columns)x\(size.rows)", state.screen)
  }

  @Test func everyViewCanBeDrawnInEverySize() {
    for view in ScreenID.all {
      for columns in [0, 1, 2, 7, 26, 27, 53, 80, 131, 300] {
        for rows in [0, 1, 2, 3, 5, 8, 11, 12, 13, 20, 24, 70] {
          var state = state(Size(columns: columns, rows: rows))
          state.type("j\(view.key ?? " ")lGj")
          #expect(state.screen.size == Size(columns: columns, rows: rows))
        }
      }
    }
  }

  @Test func theSelectionIsAboutTheSameDomainInEveryView() {
    var state = state()
    state.type("jj")
    let isAboutDomains: Set<ScreenID> = [.overview, .domain, .vcpus, .disks, .networks, .scheduler]
    for view in ScreenID.all {
      state.type("\(view.key ?? " ")")
      if isAboutDomains.contains(view) { #expect(state.selectedDomain == reference(2)) }
    }
    state.type("3")
    state.press(.down)
    #expect(state.screens[VCPUScreen.self].table.selected?.key == VCPURow.Key(domain: reference(2), vcpu: VCPUID(1)))
    state.type("5")
    #expect(state.selectedDomain == reference(2))
    state.press(.tab, .shift)
    #expect(state.view == .pcpus)
  }

  @Test func enterGoesNearerAndEscapeBack() {
    var state = state()
    state.press(.down)
    state.press(.enter)
    #expect(state.view == .domain)
    state.press(.escape)
    #expect(state.view == .overview)
    state.press(.enter)
    #expect(state.press(.enter) == [.openConsole(ConsoleID(domain: reference(1), serial: 1))])
  }

  @Test func aDomainsViewScrollsAndGoesToTheNextDomain() {
    var state = state()
    state.type("j2")
    #expect(state.screen.text.contains("CPU 50.0%"))
    state.press(.end)
    #expect(state.screen.text.contains("appeared"))
    state.press(.home)
    #expect(state.screens[DomainScreen.self].scroll == 0)
    state.type("J")
    #expect(state.screen.text.contains("データ"))
    state.type("K")
    #expect(state.screen.text.contains("CPU 50.0%"))
  }

  @Test func aDomainsViewShowsWhatItIsMadeFrom() {
    var state = state()
    let asked = state.type("j2")
    #expect(asked.requests == [.guest(reference(1), .showConfig)])
    #expect(state.update(.tick(.seconds(9))).isEmpty, "asked for once")
    state.answer(asked, .success(.text("name = \"web1\"\nmemory = 128\n")))
    #expect(state.messages.isEmpty)
    state.press(.end)
    #expect(state.screen.text.contains("memory = 128"))
    let other = state.type("1j2")
    #expect(other.requests == [.guest(reference(2), .showConfig)])
    state.answer(other, .failure(.failed("no such luck")))
    state.press(.end)
    #expect(state.screen.text.contains("no such luck"))
  }

  @Test func pagesOfADomainsViewLeaveNoLineOut() {
    var state = state()
    let asked = state.type("j2")
    let lines = (0..<90).map { "key\($0) = \($0)" }
    state.answer(asked, .success(.text(lines.joined(separator: "\n"))))
    var seen: Set<String> = []
    for _ in 0..<40 {
      for line in state.screen.lines { seen.insert(line.trimmingPrefix(while: { $0 == " " }).description) }
      state.press(.pageDown)
    }
    #expect(seen.isSuperset(of: lines))
  }

  @Test func aClickOnATabOpensItsView() throws {
    var state = state()
    _ = state.mouse(.press, at: try #require(state.place(of: .command(.screen(.disks)))))
    #expect(state.view == .disks)
  }

  @Test func theNewestEventComesFirstAndIsFollowed() {
    var state = state()
    state.type("8")
    #expect(state.screens[LogScreen.self].table.rows.map(\.text) == ["crashed", "paused", "appeared"])
    _ = state.update(.happened(.gone(reference(1), name: "web1", reason: .poweroff)))
    #expect(state.screens[LogScreen.self].table.selected?.text == "has gone: poweroff")
    // Who reads further down keeps the entry.
    state.press(.down)
    _ = state.update(.happened(.appeared(reference(5), name: "new")))
    #expect(state.screens[LogScreen.self].table.selected?.text == "crashed")
  }

  @Test func theFilterIsForTheLogToo() {
    var state = state()
    state.type("8")
    func entries(_ filter: String) -> [String] {
      _ = state.command("filter " + filter)
      return state.screens[LogScreen.self].table.rows.map(\.text)
    }
    #expect(entries("web") == ["appeared"])
    #expect(entries("~^crash") == ["crashed"])
    #expect(entries("!web") == ["crashed", "paused"])
    #expect(entries("state:paused") == ["paused"])
    #expect(entries("nothing").isEmpty)
    #expect(state.screen.text.contains("no entry matches the filter"))
  }

  @Test func theLogForgetsTheOldest() {
    var log = EventLog()
    for index in 0..<5000 { log.add(LogEntry(time: 0, text: "\(index)")) }
    #expect(log.entries.count <= EventLog.limit)
    #expect(log.entries.last?.text == "4999")
  }

  @Test func aCrashIsToldOfInEveryView() {
    var state = state()
    state.type("5")
    _ = state.update(.happened(.gone(reference(1), name: "web1", reason: .crash)))
    #expect(state.screen.lines[23].contains("domain 'web1' crashed"))
  }

  @Test func theTimeOfDayIsTheOperators() {
    #expect(Format.timeOfDay(3661) == "01:01:01")
    #expect(Format.timeOfDay(-1) == "23:59:59")
  }
}
