import DequeModule

extension VirtioConsole {
  struct State: Codable, Hashable {
    struct Port: Codable, Hashable {
      var input: [UInt8]
      var isOpen: Bool
    }

    var ports: [Port]
    /// Control messages that wait for the guest.
    var control: [[UInt8]]
    /// Console ports that the guest has set up, in ascending order.
    var readyConsoles: [Int]
    var columns: UInt16
    var rows: UInt16
    /// What the driver has accepted.
    var features: UInt64
  }

  static let stateName = "console device"
  static let stateVersion = 1
  /// Bytes of a control message at most.
  private static let messageLimit = 256

  func save() -> State {
    state.withLock { state in
      State(
        ports: state.ports.map { State.Port(input: Array($0.input), isOpen: $0.isOpen) },
        control: Array(state.control), readyConsoles: state.readyConsoles.sorted(), columns: state.size.columns,
        rows: state.size.rows, features: state.features)
    }
  }

  /// Nobody is told of ports that are open.
  func restore(_ saved: State) throws(StateError) {
    guard saved.ports.count == ports.count,
      saved.ports.allSatisfy({ $0.input.count <= Self.inputCapacity && ($0.isOpen || $0.input.isEmpty) }),
      saved.control.count <= 2 * Self.controlCapacity,
      saved.control.allSatisfy({ $0.count <= Self.messageLimit }),
      saved.readyConsoles.allSatisfy({ ports.indices.contains($0) })
    else { throw .impossible(part: Self.stateName) }
    state.withLock { state in
      state.ports = saved.ports.map { PortState(input: Deque($0.input), isOpen: $0.isOpen) }
      state.control = Deque(saved.control)
      state.readyConsoles = Set(saved.readyConsoles)
      state.size = (saved.columns, saved.rows)
      state.features = saved.features
    }
  }
}
