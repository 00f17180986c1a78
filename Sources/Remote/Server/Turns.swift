import NIOCore
import Synchronization

/// Lets a bounded number of answers be worked out at one time; the others wait in the order in which they came. A client
/// stands in line with few at once, so that one that asks for much is served in turn with all the others.
final class Turns: Sendable {
  private struct State {
    var free: Int
    var waiting = CircularBuffer<@Sendable () -> Void>()
  }

  private let state: Mutex<State>

  init(_ limit: Int) { state = Mutex(State(free: limit)) }

  /// Calls `begin`, now or when it is its turn; `end()` must follow each.
  func begin(_ begin: @escaping @Sendable () -> Void) {
    let isNow = state.withLock { state in
      guard state.free > 0 else {
        state.waiting.append(begin)
        return false
      }
      state.free -= 1
      return true
    }
    if isNow { begin() }
  }

  func end() {
    let next = state.withLock { state in
      if state.waiting.isEmpty { state.free += 1 }
      return state.waiting.popFirst()
    }
    next?()
  }
}
