import HypervisorModel
import VirtualTerminal

public typealias Key = VirtualTerminal.Key

/// Everything that can happen to the user interface.
public enum UIEvent: Sendable {
  case key(Key)
  /// At a place of what was drawn last.
  case mouse(MouseEvent)
  /// The screen shows this from now on.
  case drawn(HitMap)
  /// Text that was pasted, as one piece.
  case paste(String)
  case resize(Size)
  /// The local monotonic clock. The state knows no other; send one before each batch of events.
  case tick(Nanoseconds)
  /// Bytes that the terminal was sent since the start.
  case sent(UInt64)
  /// What a host says; until it has told its id, under `HostID.untold`.
  case host(HostID, HostEvent)
  case consoleOpened(ConsoleID)
  case consoleOutput(ConsoleID, [UInt8])
  /// The console ended, or could not be opened; the text says why where that is known.
  case consoleClosed(ConsoleID, reason: String?)
  /// What the console prints can't be written to the file; the text says why.
  case consoleLogFailed(ConsoleID, reason: String)
  /// A table is in the file, unless the text says why not.
  case exported(path: String, failure: String?)
  /// The answer to an `UIEffect.readConfigFile`.
  case configFileRead(Result<ConfigFileText, HypervisorError>)
  /// What is in a directory, directories with a `/` at the end; nothing where it can't be read.
  case directoryListed(String, [String])
  /// The settings are kept, unless the text says why not. `overruledBy`: what says otherwise at the next start.
  case saved(SavedSettings, overruledBy: String?, failure: String?)
  /// The theme can't be shown; the text says why. The colours are those from before.
  case themeFailed(String, reason: String)
  /// Something that the operator should know, from outside of the state (a broken theme file, say).
  case notice(String)
  /// The program is about to end without having been asked to by a key.
  case ending
}

/// What a host says, or what is found out about it.
public enum HostEvent: Sendable {
  /// Comes before the first snapshot, and again after the host was out of reach.
  case described(HostDescription)
  case snapshot(HostSnapshot)
  /// What the host kept from before, oldest first.
  case history([UsageSample])
  case happened(HypervisorEvent)
  /// The answer to an `UIEffect.perform`.
  case reply(to: RequestID, Result<Reply, HypervisorError>)
  /// It can't be reached. Ends with the next snapshot.
  case disconnected(String)
}

/// What a mouse did at a cell.
public struct MouseEvent: Hashable, Sendable {
  public enum Kind: Hashable, Sendable {
    case press, wheelUp, wheelDown
  }

  public var kind: Kind
  public var position: Position

  public init(_ kind: Kind, at position: Position) {
    self.kind = kind
    self.position = position
  }
}

/// One opening of a domain's console, so that a late word of an earlier one is not taken for this one's.
public struct ConsoleID: Hashable, Sendable {
  public let domain: DomainReference
  public let serial: Int

  public init(domain: DomainReference, serial: Int) {
    self.domain = domain
    self.serial = serial
  }
}
