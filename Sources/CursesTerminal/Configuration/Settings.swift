import Figures
import HypervisorModel
import TerminalUI
import VirtualTerminal

/// How the terminal user interface looks and behaves, and what the host process allows. What is read later goes before what
/// was read earlier: defaults, what the program has saved, the operator's file, the environment, options.
public struct Settings: Hashable, Sendable {
  public internal(set) var theme = Setting(Theme.builtIn.name)
  /// Time between two samples.
  public internal(set) var refresh = Setting(Nanoseconds.seconds(1))
  /// Nil: what the locale says.
  public internal(set) var charset = Setting<Charset?>(nil)
  public internal(set) var columns = Setting(UIOptions().columns)
  public internal(set) var sort = Setting(UIOptions().sort)
  /// What is asked for first.
  public internal(set) var confirm = Setting(UIOptions().confirmations)
  /// Leaves a console.
  public internal(set) var detach = Setting(ConsoleKeys().detach)
  /// The next key in a console is a command.
  public internal(set) var prefix = Setting(ConsoleKeys().prefix)
  /// The operator's own keys, by the command's name.
  public internal(set) var keys: [String: Setting<[Key]>] = [:]
  /// For the host process: memory that all guests together may have. Nil: what the engine leaves them.
  public internal(set) var memoryLimit = Setting<Bytes?>(nil)
  /// For the host process: guests may have more than that.
  public internal(set) var overcommit = Setting(false)

  public init() {}

  /// What the command line says.
  public struct Options: Hashable, Sendable {
    public var theme: String?
    public var forcesASCII = false
    /// Time between two samples.
    public var delay: Nanoseconds?

    public init() {}
  }

  mutating func take(_ environment: [String: String]) {
    if let name = environment["DOMUS_THEME"], !name.isEmpty { theme = Setting(name, .environment("DOMUS_THEME")) }
  }

  mutating func take(_ options: Options) {
    if let name = options.theme { theme = Setting(name, .option("--theme")) }
    if options.forcesASCII { charset = Setting(.ascii, .option("--ascii")) }
    if let delay = options.delay { refresh = Setting(delay, .option("--delay")) }
  }

  /// For the user interface; the rest of the options is not the configuration's.
  func apply(to options: inout UIOptions) {
    options.interval = refresh.value
    options.columns = columns.value
    options.sort = sort.value
    options.confirmations = confirm.value
    options.consoleKeys.detach = detach.value
    options.consoleKeys.prefix = prefix.value
    options.keys = KeyMap(own: keys.mapValues(\.value))
  }
}
