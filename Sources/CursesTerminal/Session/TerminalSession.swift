import Figures
import Glibc
import HypervisorModel
import TerminalUI

/// The terminal user interface of one hypervisor, from taking the terminal over to giving it back.
///
/// One thread waits on terminal, signals and the hypervisor's side, and is the only one that touches the terminal. It
/// draws once per batch of events, and nothing when nothing has changed.
public final class TerminalSession {
  public struct Options: Sendable {
    /// The time between two samples is at least `shortestInterval`.
    public var settings = Settings()
    /// Where settings are saved.
    public var files = ConfigFiles(option: nil, environment: [:])
    /// Where themes are looked for, the first first.
    public var themeDirectories: [String] = []
    /// The host takes no change from here; the screen says so.
    public var isReadOnly = false
    /// Shown at the start (a mistake in the configuration, say).
    public var notices: [String] = []
    /// Nothing but this domain's console: `domus console`.
    public var console: Console?

    public init() {}
  }

  public struct Console: Hashable, Sendable {
    public var domain: DomainReference
    public var name: String

    public init(domain: DomainReference, name: String) {
      self.domain = domain
      self.name = name
    }
  }

  /// How it ended; the terminal is restored by then.
  public struct Outcome: Hashable, Sendable {
    /// For `exit`: 0, 1, or 128 and the number of the signal that ended it.
    public var status: Int32
    /// For standard error.
    public var message: String?
  }

  public static let shortestInterval = Nanoseconds.milliseconds(100)
  /// Two frames are at least so far apart, unless a key was pressed.
  private static let frameTime = Nanoseconds.milliseconds(16)
  /// A clock on the screen goes on at least so often.
  private static let idleTime = Nanoseconds.seconds(1)
  /// What the operator asked for just before leaving gets so long to reach the host.
  private static let farewellTime = Nanoseconds.seconds(1)

  private let hypervisor: any Hypervisor
  private let options: Options
  private let origin = ContinuousClock.now

  public init(hypervisor: any Hypervisor, options: Options = Options()) {
    self.hypervisor = hypervisor
    self.options = options
  }

  /// Runs until the operator quits or a signal ends it. Blocks: call it from the main thread, not from a task of the
  /// concurrency pool.
  public func run() throws(TerminalError) -> Outcome {
    let queue = try EventQueue()
    let settings = options.settings
    let (theme, fault) = Theme.loadOrBuiltIn(settings.theme.value, from: options.themeDirectories)
    let terminal = try CursesTerminal(theme: theme, charset: settings.charset.value)
    defer { terminal.stop() }
    let files = FileWork(events: queue)
    let link = HostLink(hypervisor: hypervisor, queue: queue, files: files)
    var uiOptions = UIOptions(charset: terminal.charset)
    settings.apply(to: &uiOptions)
    uiOptions.interval = max(uiOptions.interval, Self.shortestInterval)
    uiOptions.isReadOnly = options.isReadOnly
    uiOptions.secondsFromUTC = Self.secondsFromUTC
    uiOptions.theme = fault == nil ? settings.theme.value : theme.name
    let themes = Theme.names(in: options.themeDirectories)
    // A file that was named by its path is in none of the directories.
    uiOptions.themes = themes + (themes.contains(uiOptions.theme) ? [] : [uiOptions.theme])
    var loop = Loop(terminal: terminal, link: link, files: files, options: options, state: makeState(uiOptions))
    link.start(interval: Self.duration(uiOptions.interval))
    loop.begin(at: now, notices: options.notices + [fault].compactMap(\.self))
    while loop.outcome == nil {
      terminal.wait(for: queue.descriptor, milliseconds: loop.timeout(at: now))
      loop.handle(queue.drain(), at: now)
    }
    terminal.stop()
    return sayFarewell(link, files, queue, loop.outcome ?? Outcome(status: 0, message: nil))
  }

  private static func duration(_ time: Nanoseconds) -> Duration { .nanoseconds(Int64(clamping: time.rawValue)) }

  private static var secondsFromUTC: Int {
    var seconds = time(nil)
    var parts = tm()
    localtime_r(&seconds, &parts)
    return parts.tm_gmtoff
  }

  private var now: Nanoseconds {
    let (seconds, attoseconds) = origin.duration(to: .now).components
    return Nanoseconds(UInt64(clamping: seconds) &* 1_000_000_000 &+ UInt64(clamping: attoseconds / 1_000_000_000))
  }

  private func makeState(_ options: UIOptions) -> UIState {
    guard let console = self.options.console else { return UIState(options: options) }
    return UIState(console: console.domain, name: console.name, options: options)
  }

  /// Waits for what was just asked for, but not for long; what goes wrong with files is still said.
  private func sayFarewell(
    _ link: HostLink, _ files: FileWork, _ queue: EventQueue, _ outcome: Outcome
  ) -> Outcome {
    let deadline = now + Self.farewellTime
    var outcome = outcome
    while link.isBusy || files.isBusy, now < deadline {
      Milliseconds.wait(for: queue.descriptor, Milliseconds.until(deadline, from: now))
      for case .exported(path: _, failure: let failure?) in queue.drain() {
        outcome.message = outcome.message ?? failure
      }
    }
    link.stop()
    return outcome
  }

  /// What the event loop knows from one turn to the next.
  private struct Loop {
    let terminal: CursesTerminal
    let link: HostLink
    let files: FileWork
    let options: Options
    var state: UIState
    var outcome: Outcome?
    private var drawnAt = Nanoseconds.zero
    private var needsDrawing = true

    init(terminal: CursesTerminal, link: HostLink, files: FileWork, options: Options, state: UIState) {
      self.terminal = terminal
      self.link = link
      self.files = files
      self.options = options
      self.state = state
    }

    mutating func begin(at now: Nanoseconds, notices: [String]) {
      update(.tick(now))
      update(.resize(terminal.size))
      for notice in notices { update(.notice(notice)) }
      for effect in state.start() { perform(effect) }
      draw(at: now)
    }

    /// How long nothing has to be done unless something happens.
    func timeout(at now: Nanoseconds) -> Int32 {
      var deadline = now + TerminalSession.idleTime
      if needsDrawing { deadline = min(deadline, drawnAt + TerminalSession.frameTime) }
      if let change = state.nextChange { deadline = min(deadline, change) }
      return Milliseconds.until(deadline, from: now)
    }

    mutating func handle(_ events: [UIEvent], at now: Nanoseconds) {
      update(.tick(now))
      if let sent = terminal.sentBytes { update(.sent(sent)) }
      for wish in terminal.wishes() { grant(wish) }
      if let theme = files.loadedTheme() { terminal.use(theme) }
      let typed = terminal.readEvents()
      for event in typed + events where outcome == nil { update(event) }
      needsDrawing = true
      if outcome == nil, !typed.isEmpty || now - drawnAt >= TerminalSession.frameTime { draw(at: now) }
    }

    private mutating func grant(_ wish: CursesTerminal.Wish) {
      switch wish {
      case .end(let signal):
        update(.ending)
        outcome = outcome ?? Outcome(status: 128 + signal, message: nil)
      case .suspend: suspend()
      case .resume:
        terminal.resume()
        update(.resize(terminal.size))
      case .resize:
        terminal.adoptSize()
        update(.resize(terminal.size))
      }
    }

    private mutating func suspend() {
      terminal.suspend()
      update(.resize(terminal.size))
    }

    private mutating func update(_ event: UIEvent) {
      for effect in state.update(event) { perform(effect) }
    }

    private mutating func perform(_ effect: UIEffect) {
      switch effect {
      case .perform(let request, let id, on: _): link.perform(request, id: id)
      case .setInterval(let interval):
        link.setInterval(TerminalSession.duration(max(interval, TerminalSession.shortestInterval)))
      case .openConsole(let id): link.openConsole(id)
      case .sendConsole(let id, let bytes): link.send(bytes, to: id)
      case .resizeConsole(let id, let size): link.resizeConsole(id, to: size)
      case .closeConsole(let id): link.closeConsole(id)
      case .startConsoleLog(let id, let path): link.startLog(path, of: id)
      case .stopConsoleLog(let id): link.stopLog(of: id)
      case .copy(let text): copy(text)
      case .export(let text, let path): files.export(text, to: path)
      case .readConfigFile(let path, let settings): files.readConfigFile(path, settings: settings)
      case .listDirectory(let path): files.listDirectory(path)
      case .save(let settings): files.save(settings, in: options.files)
      case .showTheme(let name): showTheme(name)
      case .suspend: suspend()
      case .redraw: terminal.redraw()
      case .quit(let report): outcome = outcome ?? Outcome(status: report.failed ? 1 : 0, message: report.message)
      }
    }

    private mutating func showTheme(_ name: String) {
      if !terminal.hasColors { update(.notice("there are no colours: NO_COLOR is set, or the terminal has none")) }
      files.loadTheme(name, from: options.themeDirectories)
    }

    private mutating func copy(_ text: String) {
      if !terminal.copy(text) { update(.notice("that is more than a terminal takes into its clipboard")) }
    }

    private mutating func draw(at now: Nanoseconds) {
      needsDrawing = false
      drawnAt = now
      let drawing = render(state, size: state.size)
      terminal.draw(drawing.grid)
      update(.drawn(drawing.hits))
    }
  }
}
