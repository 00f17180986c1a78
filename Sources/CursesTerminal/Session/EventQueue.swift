import Synchronization
import TerminalUI

/// Events from the hypervisor's side for the thread that owns the terminal. Any thread may push; each push wakes.
final class EventQueue: Sendable {
  private struct Waiting: Sendable {
    var events: [UIEvent] = []
    var consoleBytes = 0
  }

  private let waiting = Mutex(Waiting())
  private let pipe: WakePipe

  /// A guest that prints faster than the terminal shows is held up from here on.
  private static let consoleLimit = 256 << 10

  init() throws(TerminalError) { pipe = try WakePipe() }

  /// Readable when there are events.
  var descriptor: Int32 { pipe.readEnd }

  func push(_ event: UIEvent) {
    let isFirst = waiting.withLock { waiting in
      if case .consoleOutput(_, let bytes) = event { waiting.consoleBytes += bytes.count }
      waiting.events.append(event)
      return waiting.events.count == 1
    }
    if isFirst { pipe.wake() }
  }

  var hasRoomForConsole: Bool { waiting.withLock { $0.consoleBytes < Self.consoleLimit } }

  func wake() { pipe.wake() }

  /// Takes all events, in the order in which they came.
  func drain() -> [UIEvent] {
    _ = pipe.drain()
    return waiting.withLock { waiting in
      defer { waiting = Waiting() }
      return waiting.events
    }
  }
}
