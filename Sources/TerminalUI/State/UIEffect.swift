import HypervisorModel

/// What the state wants done outside of it.
public enum UIEffect: Hashable, Sendable {
  /// Ask the hypervisor; requests about one domain keep their order. Answer: `UIEvent.reply`.
  case perform(Request)
  /// Answers: `consoleOpened`, then `consoleOutput`s, at the end `consoleClosed`.
  case openConsole(ConsoleID)
  case sendConsole(ConsoleID, [UInt8])
  /// After this nothing more about that console has to come.
  case closeConsole(ConsoleID)
  /// Give the terminal back to the shell, as Ctrl-Z does.
  case suspend
  /// Draw everything anew, whatever the terminal is thought to show.
  case redraw
  case quit(ExitReport)
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
