import HypervisorModel

/// What the state wants done outside of it.
public enum UIEffect: Hashable, Sendable {
  /// Ask a host; requests about one domain keep their order. Answer: `HostEvent.reply` to this id.
  case perform(Request, RequestID, on: HostID)
  /// The time between two samples from now on.
  case setInterval(Nanoseconds)
  /// Answers: `consoleOpened`, then `consoleOutput`s, at the end `consoleClosed`.
  case openConsole(ConsoleID)
  case sendConsole(ConsoleID, [UInt8])
  /// Tell the guest the size of its screen, as soon as it can be told. No answer.
  case resizeConsole(ConsoleID, Size)
  /// After this nothing more about that console has to come.
  case closeConsole(ConsoleID)
  /// From now on also write what the console prints to a file, at its end. Answer only where that fails:
  /// `UIEvent.consoleLogFailed`.
  case startConsoleLog(ConsoleID, path: String)
  case stopConsoleLog(ConsoleID)
  /// Put text into the operator's clipboard.
  case copy(String)
  /// Write text into a new file. Answer: `UIEvent.exported`.
  case export(String, path: String)
  /// Read a domain's config file on the operator's side, with settings to be applied after it. Answer:
  /// `UIEvent.configFileRead`.
  case readConfigFile(path: String, settings: [String])
  /// Say what is in a directory on the operator's side, named as it was typed; empty: the present one. Answer:
  /// `UIEvent.directoryListed`.
  case listDirectory(String)
  /// Keep something for the next start. Answer: `UIEvent.saved`.
  case save(SavedSettings)
  /// Draw in the colours of the theme of that name. Answer only where that fails: `UIEvent.themeFailed`.
  case showTheme(String)
  /// Give the terminal back to the shell, as Ctrl-Z does.
  case suspend
  /// Draw everything anew, whatever the terminal is thought to show.
  case redraw
  case quit(ExitReport)
}

/// What the operator wants to find again.
public enum SavedSettings: Hashable, Sendable {
  /// Of the table of domains.
  case table(columns: [Column], SortOrder)
  case theme(String)
}

/// How the user interface ended.
public struct ExitReport: Hashable, Sendable {
  /// For standard error once the terminal is restored; nil when there is nothing to say.
  public var message: String?
  public var failed: Bool

  public init(message: String? = nil, failed: Bool = false) {
    self.message = message
    self.failed = failed
  }
}
