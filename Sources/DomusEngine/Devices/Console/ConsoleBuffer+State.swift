import DequeModule

extension ConsoleBuffer: Persistent {
  struct State: Codable, Hashable {
    /// What was printed last.
    var recent: [UInt8]
  }

  static let stateName = "console"
  static let stateVersion = 1

  func save() -> State { State(recent: backlog) }

  /// Those who follow already don't see what was printed before.
  func restore(_ saved: State) throws(StateError) {
    guard saved.recent.count <= Self.capacity else { throw .impossible(part: Self.stateName) }
    state.withLock { $0.recent = Deque(saved.recent) }
  }
}
