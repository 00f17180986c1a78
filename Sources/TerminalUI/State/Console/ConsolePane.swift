import HypervisorModel
import VirtualTerminal

/// A domain's console on the screen.
struct ConsolePane {
  enum Phase: Hashable { case opening, open, closed(String?) }

  /// Who gets the keys.
  enum Mode: Hashable {
    case guest
    /// The prefix key was pressed; the next key is not the guest's.
    case prefixed
    /// What has scrolled off is looked at.
    case browsing(Browsing)
    case searching(LineEditor)
    /// The name of a file is typed.
    case logging(LineEditor)
  }

  struct Browsing: Hashable {
    /// Empty: nothing is searched for.
    var query = ""
    /// The line that was found last, by its number.
    var found: Int?
  }

  var id: ConsoleID
  var name: String
  var phase = Phase.opening
  /// A reference: copies of the state show the same screen.
  let screen: ConsoleScreen
  /// Lines that the view stands above the newest.
  var scrolledBack = 0
  var mode = Mode.guest
  /// Local clock. A console that has ended is opened again with the first snapshot from then on that still has its domain.
  var reopensAt: Nanoseconds?
  /// Local clock at the opening.
  var openedAt: Nanoseconds?
  var hasTyped = false
  /// The size that the guest was told.
  var toldSize: Size?
  /// Something was printed while it could not be seen.
  var hasNews = false
  /// What the guest prints goes there too.
  var logPath: String?

  /// What the host replays comes at once. Questions in it were answered long ago: answering again would type the
  /// answers into the guest's shell.
  static let replayTime = Nanoseconds.milliseconds(300)
  static let barRows = 1
  /// A snapshot that was on its way still has a domain that has gone.
  static let reopeningTime = Nanoseconds.milliseconds(500)

  init?(id: ConsoleID, name: String, size: Size) {
    guard let screen = ConsoleScreen(rows: size.rows - Self.barRows, columns: size.columns) else { return nil }
    self.id = id
    self.name = name
    self.screen = screen
  }

  /// The same for another opening. What the same domain printed before comes again.
  func reopened(_ new: ConsoleID) -> ConsolePane? {
    let screen =
      new.domain == id.domain ? ConsoleScreen(rows: screen.rows, columns: screen.columns) : screen
    guard let screen else { return nil }
    return ConsolePane(self, new, screen)
  }

  private init(_ old: ConsolePane, _ new: ConsoleID, _ screen: ConsoleScreen) {
    id = new
    name = old.name
    logPath = old.logPath
    self.screen = screen
  }

  var screenSize: Size { Size(columns: screen.columns, rows: screen.rows) }

  func isReplay(at now: Nanoseconds) -> Bool {
    guard !hasTyped else { return false }
    guard let openedAt else { return true }
    return now - openedAt < Self.replayTime
  }

  mutating func scroll(by lines: Int) {
    scrolledBack = min(max(scrolledBack + lines, 0), screen.scrollbackCount)
  }

  mutating func resize(_ size: Size) {
    screen.resize(rows: size.rows - Self.barRows, columns: size.columns)
    scroll(by: 0)
  }

  /// Shows what was printed; who reads further up keeps reading the same lines. Returns what the terminal answers.
  mutating func feed(_ bytes: [UInt8]) -> [UInt8] {
    let before = screen.scrolledOff
    let answers = screen.feed(bytes)
    if scrolledBack > 0 { scroll(by: screen.scrolledOff - before) }
    return answers
  }

  /// To the next line that contains what is searched for. False where there is none.
  mutating func search(_ query: String, upward: Bool) -> Bool {
    var browsing = Browsing(query: query)
    if case .browsing(let before) = mode, before.query == query { browsing.found = before.found }
    let start = browsing.found ?? screen.lineNumbers.upperBound - scrolledBack
    guard let number = screen.find(query, from: start, upward: upward) else {
      mode = .browsing(browsing)
      return false
    }
    browsing.found = number
    mode = .browsing(browsing)
    scrolledBack = 0
    scroll(by: screen.scrolledOff - (number - screen.rows / 2))
    return true
  }
}

/// The consoles that are open, and how they stand on the screen.
struct Consoles {
  enum Placement: Hashable {
    /// Over the whole screen while it has the keys, else out of sight.
    case full
    /// Beside the other screen.
    case split
  }

  private(set) var panes: [ConsolePane] = []
  private(set) var activeIndex = 0
  var placement = Placement.full
  /// The active one gets the keys.
  var hasFocus = false

  var isEmpty: Bool { panes.isEmpty }

  var active: ConsolePane? {
    get { panes.indices.contains(activeIndex) ? panes[activeIndex] : nil }
    set { if let newValue, panes.indices.contains(activeIndex) { panes[activeIndex] = newValue } }
  }

  /// One that is on the screen or in the background.
  subscript(id: ConsoleID) -> ConsolePane? {
    get { panes.first { $0.id == id } }
    set {
      guard let index = panes.firstIndex(where: { $0.id == id }) else { return }
      if let newValue { panes[index] = newValue } else { remove(index) }
    }
  }

  private mutating func remove(_ index: Int) {
    panes.remove(at: index)
    if activeIndex > index || activeIndex == panes.count { activeIndex = max(activeIndex - 1, 0) }
    if panes.isEmpty { hasFocus = false }
  }

  mutating func add(_ pane: ConsolePane) {
    panes.append(pane)
    activate(panes.count - 1)
  }

  mutating func activate(_ index: Int) {
    guard !panes.isEmpty else { return }
    activeIndex = (index % panes.count + panes.count) % panes.count
    panes[activeIndex].hasNews = false
    hasFocus = true
  }

  /// Gives the keys to the active one, or to one further on.
  mutating func focus(movingBy step: Int = 0) { activate(activeIndex + step) }

  mutating func changeAll(_ change: (inout ConsolePane) -> Void) {
    for index in panes.indices { change(&panes[index]) }
  }
}
