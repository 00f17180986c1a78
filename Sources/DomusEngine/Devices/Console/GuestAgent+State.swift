extension GuestAgent: Persistent {
  /// What the guest has sent of an answer. Requests belong to those who wait for them, and don't move.
  struct State: Codable, Hashable {
    var line: [UInt8]
    /// The line is longer than any answer, and is dropped.
    var isOverlong: Bool
  }

  static let stateName = "guest agent"
  static let stateVersion = 1

  func save() -> State { state.withLock { State(line: $0.line, isOverlong: $0.isOverlong) } }

  func restore(_ saved: State) throws(StateError) {
    guard saved.line.count <= Self.lineCapacity else { throw .impossible(part: Self.stateName) }
    state.withLock { state in
      state.line = saved.line
      state.isOverlong = saved.isOverlong
    }
  }
}
