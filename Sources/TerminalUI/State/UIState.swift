import Figures
import HypervisorModel
import VirtualTerminal

/// What the user interface starts with.
public struct UIOptions: Sendable {
  public var charset: Charset
  /// Time between two samples.
  public var interval: Nanoseconds
  /// Changes are refused; the host refuses them too.
  public var isReadOnly = false
  public var consoleKeys = ConsoleKeys()
  /// The columns of the table of domains, in the order of the screen.
  public var columns = DomainRow.standardColumns
  /// What the operator's time zone adds to UTC.
  public var secondsFromUTC = 0
  public var sort = SortOrder(column: .id, isDescending: false)
  public var keys = KeyMap()
  /// What loses something and is asked for first; for several domains at once, and where the host is in danger, all of
  /// it is.
  public var confirmations = Operation.destructive
  /// The theme whose colours are shown at the start, and the names of all that there are.
  public var theme = ""
  public var themes: [String] = []

  public init(charset: Charset = .braille, interval: Nanoseconds = .seconds(1)) {
    self.charset = charset
    self.interval = interval
  }
}

/// The whole user interface as a value: events go in, effects come out, `render` shows it.
///
/// Not for two threads at once: an open console's screen is shared between copies.
public struct UIState {
  public let options: UIOptions
  public internal(set) var size = Size(columns: 80, rows: 24)
  var now = Nanoseconds.zero
  /// Time between two samples.
  var interval: Nanoseconds

  /// By the id that the host tells; until then by the one that stands for a host that has not told it.
  var hosts = [HostID.untold: HostState()]
  /// The host that the screens are about.
  var shownHost = HostID.untold
  var traffic = Traffic()
  /// The screen that is shown.
  var view = ScreenID.overview { didSet { forgetDrawing(if: view != oldValue) } }
  var screens: Screens
  /// What the domain that is looked at from near is made from.
  var config: DomainConfigText?
  var log = EventLog()
  var filter = Filter("")
  /// What is wrong with the filter that is being typed.
  var filterFault: String?
  var filterHistory = LineHistory()
  var cpuUnit = CPUUnit.pcpu

  var theme: ThemeChoice
  var mode = Mode.command { didSet { forgetDrawing(if: mode != oldValue) } }
  /// What the operator sees, as far as it is still so: nobody clicks on what is not there yet.
  private(set) var drawn = HitMap()
  /// The oldest first.
  var messages: [Message] = []
  var paletteHistory = LineHistory()
  /// Where the path leads that is being typed.
  var directory: (path: String, names: [String])?
  /// Domains that commands are for, instead of the selected one.
  var marks: Set<DomainReference> = []
  var consoles = Consoles()
  var consoleSerial = 0
  /// `domus console`: there is nothing but this console, and leaving it ends the program.
  let onlyConsole: (domain: DomainReference, name: String)?

  /// The domain under the cursor.
  public var selectedDomain: DomainReference? { selection }

  /// The overview of a host.
  public init(options: UIOptions = UIOptions()) { self.init(options, onlyConsole: nil) }

  /// Nothing but one domain's console.
  public init(console domain: DomainReference, name: String, options: UIOptions = UIOptions()) {
    self.init(options, onlyConsole: (domain, name))
  }

  private init(_ options: UIOptions, onlyConsole: (domain: DomainReference, name: String)?) {
    self.options = options
    interval = options.interval
    theme = ThemeChoice(options.theme)
    self.onlyConsole = onlyConsole
    screens = Screens(options)
  }

  /// What has to be done first. Call once, after the first `resize`.
  public mutating func start() -> [UIEffect] {
    guard let onlyConsole else { return [] }
    return openConsole(of: onlyConsole.domain, name: onlyConsole.name)
  }

  public mutating func update(_ event: UIEvent) -> [UIEffect] {
    handle(event) + showTheme() + tellConsoleSizes() + askForConfig() + askForDirectory()
  }

  private mutating func handle(_ event: UIEvent) -> [UIEffect] {
    switch event {
    case .key(let key): return press(key)
    case .mouse(let mouse): return handle(mouse)
    case .drawn(let hits): drawn = hits
    case .paste(let text): return paste(text)
    case .resize(let size): resize(size)
    case .tick(let time): return tick(time)
    case .sent(let bytes): traffic.count(bytes, at: now)
    case .host(let id, let event): return receive(event, from: id)
    case .consoleOpened(let id): consoleOpened(id)
    case .consoleOutput(let id, let bytes): return consoleOutput(id, bytes)
    case .consoleClosed(let id, let reason): return consoleClosed(id, reason)
    case .consoleLogFailed(let id, let reason): consoleLogFailed(id, reason)
    case .exported(let path, let failure): exported(path, failure)
    case .configFileRead(let result): return configFileRead(result)
    case .directoryListed(let path, let names): if directory?.path == path { directory?.names = names }
    case .saved(let settings, let overruler, let failure): saved(settings, overruledBy: overruler, failure)
    case .themeFailed(let name, let reason): themeFailed(name, reason)
    case .notice(let text): show(.warning, text)
    case .ending: return takeBackAtEnd()
    }
    return []
  }

  private mutating func forgetDrawing(if isOther: Bool) { if isOther { drawn = HitMap() } }

  private mutating func tick(_ time: Nanoseconds) -> [UIEffect] {
    now = max(now, time)
    messages.removeAll { $0.expires <= now }
    return takeBackIfDue()
  }

  private mutating func resize(_ size: Size) {
    self.size = size
    arrangeScreens()
    closeUnreadableQuestion()
  }

  /// Failures stay longer: they have to be read.
  mutating func show(_ kind: Message.Kind, _ text: String, isOfPalette: Bool = false) {
    let time = kind == .failure || kind == .warning ? Nanoseconds.seconds(10) : .seconds(4)
    // Said twice, it is one message.
    messages.removeAll { $0.text == text }
    messages.append(Message(kind: kind, text: text, expires: now + time, isOfPalette: isOfPalette))
    if messages.count > Message.limit { messages.removeFirst() }
  }

  /// The newest snapshot is older than a few intervals.
  var isStale: Bool {
    guard let updatedAt = host.updatedAt else { return false }
    let limit = max(interval.rawValue &* 3, Nanoseconds.seconds(3).rawValue)
    return (now - updatedAt).rawValue > limit
  }

  /// How old the figures are that are shown, where they are not the present ones.
  var ageOfOldFigures: Nanoseconds? {
    guard let updatedAt = host.updatedAt, host.disconnection != nil || isStale else { return nil }
    return now - updatedAt
  }

  /// When something on the screen changes with time alone, on the clock of `tick`; nil: not before the next event.
  public var nextChange: Nanoseconds? {
    let expiry = messages.map(\.expires).min()
    guard case .trial(let trial) = mode else { return expiry }
    return min(expiry ?? .never, trial.nextChange(after: now))
  }
}
