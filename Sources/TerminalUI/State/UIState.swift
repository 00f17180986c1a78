import HypervisorModel
import VirtualTerminal

/// What the user interface starts with.
public struct UIOptions: Sendable {
  public var charset: Charset
  /// Time between two samples.
  public var interval: Nanoseconds

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

  var description: HostDescription?
  var snapshot: HostSnapshot?
  /// The snapshot that the next rates count from. Snapshots between two samples (after a request, say) don't move it, so
  /// that a key press never turns CPU % into noise.
  var baseline: HostSnapshot?
  var rates: Rates?
  /// Local clock at the newest snapshot.
  var updatedAt: Nanoseconds?
  var disconnection: String?

  /// CPU time of all domains per wall time; 1 is one pCPU.
  var cpuHistory = Series(limit: UIState.hostSamples)
  /// Bytes in use.
  var memoryHistory = Series(limit: UIState.hostSamples)
  var domainHistory: [DomainReference: Series] = [:]

  var rows: [DomainRow] = []
  var selection: DomainReference?
  /// The first row that is shown.
  var top = 0
  var sort = SortOrder.standard
  var cpuUnit = CPUUnit.pcpu
  var wanted: [DomainReference: WantedShare] = [:]

  var dialog: Dialog?
  var message: Message?
  var console: ConsolePane?
  var consoleSerial = 0
  /// `domus console`: there is nothing but this console, and leaving it ends the program.
  let onlyConsole: (domain: DomainReference, name: String)?

  static let hostSamples = 1024
  static let domainSamples = 128

  /// The domain under the cursor.
  public var selectedDomain: DomainReference? { selection }

  /// The overview of a host.
  public init(options: UIOptions = UIOptions()) {
    self.options = options
    onlyConsole = nil
  }

  /// Nothing but one domain's console.
  public init(console domain: DomainReference, name: String, options: UIOptions = UIOptions()) {
    self.options = options
    onlyConsole = (domain, name)
  }

  /// What has to be done first. Call once, after the first `resize`.
  public mutating func start() -> [UIEffect] {
    guard let onlyConsole else { return [] }
    return openConsole(of: onlyConsole.domain, name: onlyConsole.name)
  }

  public mutating func update(_ event: UIEvent) -> [UIEffect] {
    switch event {
    case .key(let key): return press(key)
    case .mouse(let mouse): return handle(mouse)
    case .paste(let text): return paste(text)
    case .resize(let size): resize(size)
    case .tick(let time): tick(time)
    case .described(let description): self.description = description
    case .snapshot(let snapshot): return take(snapshot)
    case .history(let samples): take(samples)
    case .reply(let request, let result): take(result, of: request)
    case .consoleOpened(let id): consoleOpened(id)
    case .consoleOutput(let id, let bytes): return consoleOutput(id, bytes)
    case .consoleClosed(let id, let reason): return consoleClosed(id, reason)
    case .disconnected(let text): disconnection = text
    case .notice(let text): show(.warning, text)
    }
    return []
  }

  private mutating func tick(_ time: Nanoseconds) {
    now = max(now, time)
    if let message, message.expires <= now { self.message = nil }
  }

  private mutating func resize(_ size: Size) {
    self.size = size
    console?.screen.resize(rows: size.rows - ConsolePane.barRows, columns: size.columns)
    console?.scroll(by: 0)
    keepSelectionInView()
  }

  /// Failures stay longer: they have to be read.
  mutating func show(_ kind: Message.Kind, _ text: String) {
    let time = kind == .failure || kind == .warning ? Nanoseconds.seconds(10) : .seconds(4)
    message = Message(kind: kind, text: text, expires: now + time)
  }

  /// The newest snapshot is older than a few intervals.
  var isStale: Bool {
    guard let updatedAt else { return false }
    let limit = max(options.interval.rawValue &* 3, Nanoseconds.seconds(3).rawValue)
    return (now - updatedAt).rawValue > limit
  }

  /// When something on the screen changes with time alone, on the clock of `tick`; nil: not before the next event.
  public var nextChange: Nanoseconds? { message?.expires }
}
