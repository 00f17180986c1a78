import FoundationEssentials
import HypervisorModel

@testable import TerminalUI

let lab = HostID(rawValue: "lab")

func reference(_ id: UInt32, uuid: UInt8? = nil) -> DomainReference {
  let last = uuid ?? UInt8(truncatingIfNeeded: id)
  return DomainReference(
    host: lab, uuid: UUID(uuid: (0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, last)), id: DomainID(id))
}

/// A domain with round figures.
func domain(
  _ id: UInt32, _ name: String, _ state: DomainState = .running, cpu milliseconds: UInt64 = 0, uuid: UInt8? = nil,
  vcpus: Int = 1, memory: UInt64 = 96, weight: Int? = 256, cap: Int? = 0
) -> DomainSnapshot {
  DomainSnapshot(
    reference: reference(id, uuid: uuid), name: name, state: state, cpuTime: .milliseconds(milliseconds),
    vcpus: (0..<vcpus).map {
      VCPUSnapshot(id: VCPUID($0), state: .running, pcpu: nil, cpuTime: .zero, waitTime: nil)
    },
    memory: .mebibytes(memory), maxMemory: id == 0 ? nil : .mebibytes(128),
    weight: weight.map { Weight(clamping: $0) }, cap: cap.map { Cap(clamping: $0) }, createdAt: 0)
}

func snapshot(
  at milliseconds: UInt64, _ domains: [DomainSnapshot], busy: [UInt64] = [0, 0], free: UInt64 = 768
) -> HostSnapshot {
  HostSnapshot(
    time: .milliseconds(milliseconds), wallClock: 1_000_000 + Double(milliseconds) / 1000, memory: .mebibytes(1024),
    freeMemory: .mebibytes(free),
    pcpus: busy.enumerated().map {
      PCPUSnapshot(id: PCPUID($0.offset), busy: .milliseconds($0.element), stolen: .zero)
    }, domains: domains)
}

let host = HostDescription(
  host: lab, hostname: "lab7", engine: "DomusEngine", version: "0.1.0", scheduler: .credit2, pcpus: 2,
  memory: .mebibytes(1024), startedAt: 1_000_000 - 90_061, capabilities: "", domainsOutliveHost: false, operations: [:])

/// Four domains over two seconds: one busy, one capped, one blocked, Domain-0.
func twoSamples(_ extra: [DomainSnapshot] = []) -> [HostSnapshot] {
  [
    snapshot(
      at: 1000,
      [
        domain(0, "Domain-0", weight: nil, cap: nil), domain(1, "web1"), domain(2, "build", vcpus: 2, weight: 512),
        domain(3, "idle", .blocked, cap: 50),
      ] + extra),
    snapshot(
      at: 2000,
      [
        domain(0, "Domain-0", cpu: 50, weight: nil, cap: nil), domain(1, "web1", cpu: 250),
        domain(2, "build", cpu: 900, vcpus: 2, weight: 512), domain(3, "idle", .blocked, cap: 50),
      ] + extra, busy: [800, 400]),
  ]
}

func makeState(
  _ size: Size = Size(columns: 80, rows: 24), charset: Charset = .braille, _ snapshots: [HostSnapshot]? = nil
) -> UIState {
  var state = UIState(options: UIOptions(charset: charset))
  _ = state.update(.tick(.seconds(1)))
  _ = state.update(.resize(size))
  _ = state.update(.described(host))
  for snapshot in snapshots ?? twoSamples() { _ = state.update(.snapshot(snapshot)) }
  return state
}

func makeState(_ snapshots: [HostSnapshot]) -> UIState { makeState(Size(columns: 80, rows: 24), snapshots) }

/// What the one host of most tests says, and what it is asked.
extension UIEvent {
  static func described(_ description: HostDescription) -> UIEvent { .host(lab, .described(description)) }
  static func snapshot(_ snapshot: HostSnapshot) -> UIEvent { .host(lab, .snapshot(snapshot)) }
  static func history(_ samples: [UsageSample]) -> UIEvent { .host(lab, .history(samples)) }
  static func happened(_ event: HypervisorEvent) -> UIEvent { .host(lab, .happened(event)) }
  static func disconnected(_ reason: String) -> UIEvent { .host(lab, .disconnected(reason)) }
}

extension UIEffect {
  var request: Request? { if case .perform(let request, _, on: lab) = self { request } else { nil } }
}

extension [UIEffect] {
  /// What the one host of most tests is asked for; nil for each other effect.
  var requests: [Request?] { map(\.request) }
}

extension UIState {
  /// Types keys: each character is one.
  @discardableResult
  mutating func type(_ keys: String) -> [UIEffect] {
    keys.unicodeScalars.flatMap { update(.key(.character($0))) }
  }

  @discardableResult
  mutating func press(_ code: Key.Code, _ modifiers: Key.Modifiers = []) -> [UIEffect] {
    update(.key(Key(code, modifiers)))
  }

  /// Answers all requests among `effects` alike, as the host that they are for.
  mutating func answer(_ effects: [UIEffect], _ result: Result<Reply, HypervisorError> = .success(.done)) {
    for case .perform(_, let id, on: let host) in effects { _ = update(.host(host, .reply(to: id, result))) }
  }

  var screen: Grid { render(self, size: size).grid }

  /// What the mouse finds on the screen.
  var hits: HitMap { render(self, size: size).hits }

  /// The first place, from the upper left, where the mouse finds something.
  func place(of target: Target) -> Position? {
    let hits = hits
    for row in 0..<size.rows {
      for column in 0..<size.columns where hits.target(at: Position(column: column, row: row)) == target {
        return Position(column: column, row: row)
      }
    }
    return nil
  }

  /// Does something with the mouse to what is on the screen now.
  mutating func mouse(_ kind: MouseEvent.Kind, at position: Position) -> [UIEffect] {
    update(.drawn(hits)) + update(.mouse(MouseEvent(kind, at: position)))
  }
}

extension Grid {
  /// The rows as text, without trailing blanks.
  var lines: [String] { (0..<size.rows).map { text(row: $0) } }
  var text: String { lines.joined(separator: "\n") }

  /// One letter for each cell's role; `S` where the selection lies over it, `.` for plain text.
  func roles(row number: Int) -> String {
    row(number).map { cell in
      if cell.isSelected { return "S" }
      guard case .themed(let role) = cell.role else { return "C" }
      return Self.letters[role] ?? "?"
    }.joined()
  }

  private static let letters: [ThemeRole: String] = [
    .text: ".", .dim: "d", .border: "b", .boxTitle: "t", .header: "H", .heading: "h", .headingSorted: "s",
    .running: "r", .blocked: "k", .paused: "p", .crashed: "x", .gaugeLow: "1", .gaugeMid: "2", .gaugeHigh: "3",
    .gaugeEmpty: "0", .memory: "m", .graph: "g", .key: "K", .hint: "n", .success: "o", .warning: "w", .error: "e",
    .dialog: "D", .dialogTitle: "T", .consoleBar: "B", .pending: "P",
  ]

  func row(containing text: String) -> Int? { lines.firstIndex { $0.contains(text) } }
}

/// A domain with a network interface, a disk, and vCPUs that wait, after so many seconds of steady work.
func busyDomain(_ id: UInt32, _ name: String, seconds: UInt64) -> DomainSnapshot {
  var domain = domain(id, name, cpu: seconds * 500, vcpus: 2)
  for index in domain.vcpus.indices {
    domain.vcpus[index].cpuTime = .milliseconds(seconds * 250)
    domain.vcpus[index].waitTime = .milliseconds(seconds * 100)
    domain.vcpus[index].pcpu = PCPUID(index)
    domain.vcpus[index].state = index == 0 ? .running : .runnable
  }
  domain.networks = [
    NetworkSnapshot(
      id: 0, mac: "00:16:3e:00:00:01", bridge: "xenbr0", backend: .domain0, state: 4,
      counters: .init(
        transmitted: .init(bytes: seconds * 2048, packets: seconds * 2, errors: 0, drops: 0),
        received: .init(bytes: seconds * 1_048_576, packets: seconds * 700, errors: 1, drops: 2)))
  ]
  domain.disks = [
    DiskSnapshot(
      id: 51712, name: "xvda", target: "/srv/\(name).img", isReadOnly: false, backend: .domain0, state: 4,
      counters: .init(
        reads: seconds * 10, writes: seconds * 30, readSectors: seconds * 80, writtenSectors: seconds * 4096,
        outOfRequests: 3))
  ]
  return domain
}
