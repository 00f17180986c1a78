extension GuestClock: Persistent {
  struct State: Codable, Hashable {
    /// The guest's time in nanoseconds.
    var time: UInt64
  }

  static let stateName = "clock"
  static let stateVersion = 1

  /// The time at which the clock was stopped.
  func save() -> State {
    State(time: stoppedAt.withLock { $0 } ?? now().rawValue &+ offset.load(ordering: .relaxed))
  }

  /// The clock stands at the time that was saved.
  func restore(_ state: State) { stoppedAt.withLock { $0 = state.time } }
}
