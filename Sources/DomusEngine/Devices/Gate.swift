import Dispatch
import Synchronization

/// Counts those who are inside something that can be closed, so that whoever closes it knows when the last has left.
/// Any thread.
final class Gate: Sendable {
  private static let closed = 1
  private static let visitor = 2

  /// Bit 0: closed. The rest: how many are inside.
  private let word = Atomic(0)
  private let lastLeft = DispatchSemaphore(value: 0)

  /// False once the gate is closed; else `leave` must follow.
  func enter() -> Bool {
    guard word.wrappingAdd(Self.visitor, ordering: .acquiring).oldValue & Self.closed != 0 else { return true }
    leave()
    return false
  }

  func leave() {
    let rest = word.wrappingSubtract(Self.visitor, ordering: .releasing).newValue
    if rest == Self.closed { lastLeft.signal() }
  }

  /// Lets nobody in any more, and returns when all have left. To be called once, and not from inside.
  func close() {
    let before = word.bitwiseOr(Self.closed, ordering: .acquiringAndReleasing).oldValue
    if before >= Self.visitor { lastLeft.wait() }
  }
}
