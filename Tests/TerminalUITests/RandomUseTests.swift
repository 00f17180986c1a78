import HypervisorModel
import Testing

@testable import TerminalUI

/// Deterministic numbers (xorshift).
private struct Chance {
  var state: UInt64

  mutating func next(_ limit: Int) -> Int {
    state ^= state << 13
    state ^= state >> 7
    state ^= state << 17
    return Int(truncatingIfNeeded: state % UInt64(limit))
  }

  mutating func pick<Item>(_ items: [Item]) -> Item { items[next(items.count)] }
}

/// Nothing that an operator does, in whatever order, on a host that changes meanwhile, may go wrong.
@Suite struct RandomUseTests {
  private static let keys: [Key] =
    (0x20...0x7E).map { Key.character(Unicode.Scalar(UInt8($0))) }
    + [
      Key(.enter), Key(.tab), Key(.tab, .shift), Key(.backspace), Key(.escape), Key(.escape), Key(.up), Key(.down),
      Key(.left), Key(.right), Key(.home), Key(.end), Key(.pageUp), Key(.pageDown), Key(.delete), .control("a"),
      .control("a"), .control("]"), .control("w"), .control("u"), .control("p"), .control("k"), Key(.function(1)),
    ]
  private static let sizes = [
    (80, 24), (200, 60), (40, 10), (1, 1), (0, 0), (130, 12), (60, 18), (121, 3), (20, 40),
  ].map { Size(columns: $0.0, rows: $0.1) }
  private static let lines = [
    "weight 300", "cap 50", "filter web", "filter ~(", "columns all", "columns name", "sort cpu", "view domain",
    "view log", "pin 0", "mem-set 64", "select g3", "scheduler rtds", "rename x y", "split", "mark-all", "delay 2",
    "theme nord", "theme attic", "sched-rtds budget=10",
    "sched-sedf slice=1", "sched-bvt mcuadv=3", "sched-parameters ratelimit=0", "sched-arinc653 g1=5", "dmesg",
    "cpupool-destroy Pool-0", "cpupool-cpu-remove Pool-0 0", "network-detach 0", "block-detach xvda", "create x.cfg",
    "unpause", "filter ~(a+)+$",
  ]

  private func host(at seconds: UInt64, _ chance: inout Chance) -> HostSnapshot {
    var domains: [DomainSnapshot] = []
    for id in 0..<UInt32(chance.next(12)) where id == 0 || chance.next(5) > 0 {
      // Sometimes another domain has taken the id over.
      let uuid = UInt8(id == 0 ? 0 : Int(id) + 32 * chance.next(2))
      var domain = busyDomain(id, "g\(id)", seconds: seconds)
      domain.reference = reference(id, uuid: uuid)
      domain.state = chance.pick([.running, .blocked, .paused, .shutdown(.crash), .dying])
      if chance.next(4) == 0 { domain.disks = [] }
      if chance.next(4) == 0 { domain.vcpus = [] }
      if chance.next(4) == 0 { (domain.weight, domain.cap) = (nil, nil) }
      domains.append(domain)
    }
    var snapshot = snapshot(at: seconds * 1000, domains, busy: Array(repeating: seconds * 500, count: chance.next(5)))
    snapshot.pools = [PoolSnapshot(scheduler: .credit2, pcpus: .all, domains: domains.count)]
    return snapshot
  }

  /// What a host might make of it.
  private func answer(_ effects: [UIEffect], _ state: inout UIState, _ chance: inout Chance) {
    for effect in effects {
      switch effect {
      case .perform(let request, let id, on: let host):
        let result: Result<Reply, HypervisorError> =
          chance.next(3) == 0 ? .failure(.readOnly(operation: request.operation)) : .success(.done)
        if chance.next(4) > 0 { answer(state.update(.host(host, .reply(to: id, result))), &state, &chance) }
      case .openConsole(let id):
        if chance.next(4) > 0 { _ = state.update(.consoleOpened(id)) }
        answer(state.update(.consoleOutput(id, Array("\u{1B}[6n日本 text\r\n".utf8))), &state, &chance)
        if chance.next(4) == 0 { _ = state.update(.consoleClosed(id, reason: nil)) }
      default: break
      }
    }
  }

  private func expectSelectionInView(_ state: UIState) {
    guard let position = state.position, let selected = position.selectedIndex else { return }
    #expect(selected < position.count)
    let shown = (0..<state.visibleRows).map { position.shown(at: $0) }
    let isInView = shown.contains { line in
      switch line {
      case .row(let row), .detail(_, ofRow: let row): row == selected
      default: false
      }
    }
    #expect(isInView || shown.isEmpty)
  }

  @Test(arguments: 1...40) func nothingGoesWrong(seed: Int) {
    var chance = Chance(state: UInt64(seed) &* 0x9E37_79B9_7F4A_7C15)
    var state = UIState()
    var seconds: UInt64 = 1
    for step in 0..<600 {
      let effects: [UIEffect]
      switch chance.next(20) {
      case 0:
        seconds += 1
        effects =
          state.update(.tick(.seconds(seconds * UInt64(1 + chance.next(9)))))
          + state.update(.snapshot(host(at: seconds, &chance)))
      case 1: effects = state.update(.resize(chance.pick(Self.sizes)))
      case 2:
        let kind = chance.pick([MouseEvent.Kind.press, .wheelUp, .wheelDown])
        // Also beside the screen.
        let place = Position(column: chance.next(state.size.columns + 2), row: chance.next(state.size.rows + 2))
        effects = state.mouse(kind, at: place)
      case 3: effects = state.press(.escape) + state.press(.escape) + state.command(chance.pick(Self.lines))
      case 4: effects = state.update(chance.next(2) == 0 ? .paste("web\n1") : .disconnected("gone"))
      case 5:
        let domain = reference(UInt32(chance.next(12)))
        effects = state.update(.happened(.changed(domain, name: "g", state: .shutdown(.crash))))
      default: effects = state.update(.key(chance.pick(Self.keys)))
      }
      answer(effects, &state, &chance)
      if step % 5 == 0 {
        let grid = state.screen
        #expect(grid.size == state.size)
        if let cursor = grid.cursor {
          #expect(cursor.column < state.size.columns && cursor.row < state.size.rows)
        }
        for row in 0..<grid.size.rows { #expect(grid.row(row).reduce(0) { $0 + $1.width } == grid.size.columns) }
      }
      expectSelectionInView(state)
    }
  }
}
