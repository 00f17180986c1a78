import Synchronization

/// What clients with the same rights use of the host together.
final class ClientClass: Sendable {
  let turns: Turns
  /// Bytes written to them that they have not taken yet.
  let unread = Atomic<Int>(0)
  let streams = Atomic<Int>(0)
  let connections = Atomic<Int>(0)

  init(answers: Int) { turns = Turns(answers) }

  /// Adds one to a count unless it has reached its limit.
  static func reserve(_ count: borrowing Atomic<Int>, limit: Int) -> Bool {
    guard count.add(1, ordering: .relaxed).newValue > limit else { return true }
    count.subtract(1, ordering: .relaxed)
    return false
  }
}
