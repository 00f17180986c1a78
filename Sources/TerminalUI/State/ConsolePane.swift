import HypervisorModel
import VirtualTerminal

/// A domain's console on the screen.
struct ConsolePane {
  enum Phase: Hashable { case opening, open, closed(String?) }

  var id: ConsoleID
  var name: String
  var phase = Phase.opening
  /// A reference: copies of the state show the same screen.
  let screen: ConsoleScreen
  /// Lines that the view stands above the newest.
  var scrolledBack = 0
  /// The prefix key was pressed; the next key is not the guest's.
  var isPrefixed = false
  /// Local clock at the opening.
  var openedAt: Nanoseconds?
  var hasTyped = false

  /// What the host replays comes at once. Questions in it were answered long ago: answering again would type the
  /// answers into the guest's shell.
  static let replayTime = Nanoseconds.milliseconds(300)
  static let barRows = 1

  init?(id: ConsoleID, name: String, size: Size) {
    guard let screen = ConsoleScreen(rows: size.rows - Self.barRows, columns: size.columns) else { return nil }
    self.id = id
    self.name = name
    self.screen = screen
  }

  func isReplay(at now: Nanoseconds) -> Bool {
    guard !hasTyped else { return false }
    guard let openedAt else { return true }
    return now - openedAt < Self.replayTime
  }

  mutating func scroll(by lines: Int) {
    scrolledBack = min(max(scrolledBack + lines, 0), screen.scrollbackCount)
  }
}
