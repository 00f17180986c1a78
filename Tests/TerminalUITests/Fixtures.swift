import Figures
import HypervisorModel
@_exported import Samples

@testable import TerminalUI

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
