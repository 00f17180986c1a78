/// A transport at rest, and its state.
extension VirtioMMIO {
  /// Whether the device has nothing to do.
  var isIdle: Bool {
    state.withLock { state in
      !state.isSubmitted && state.pending.isEmpty && state.queues.allSatisfy { $0?.inWork ?? 0 == 0 }
    }
  }

  /// Has the device look at all queues: after a restore, for what the driver may have offered before.
  func resume() { for queue in queueSizes.indices { schedule(queue) } }
}

extension VirtioMMIO: Persistent {
  struct State: Codable, Hashable {
    var registers: VirtioRegisters
    /// Of the queues that are ready.
    var positions: [Virtqueue.Position?]
  }

  static let stateName = "virtio transport"
  static let stateVersion = 1

  func save() -> State {
    state.withLock { State(registers: $0.registers, positions: $0.queues.map { $0?.ring.position }) }
  }

  func restore(_ saved: State) throws(StateError) {
    let isPossible = state.withLock { state -> Bool in
      guard saved.registers.isPossible(besides: state.registers), saved.positions.count == queueSizes.count,
        let queues = queues(saved)
      else { return false }
      state.registers = saved.registers
      state.queues = queues
      state.life &+= 1
      interrupt.set(saved.registers.interruptStatus != 0)
      return true
    }
    guard isPossible else { throw .impossible(part: Self.stateName) }
  }

  /// Nil if a queue can't be as it was saved.
  private func queues(_ saved: State) -> [ActiveQueue?]? {
    var queues: [ActiveQueue?] = []
    for (index, position) in saved.positions.enumerated() {
      let registers = saved.registers.queues[index]
      guard registers.isReady == (position != nil) else { return nil }
      guard let position else {
        queues.append(nil)
        continue
      }
      let ring = try? Virtqueue(
        number: index, layout: registers.layout, maximumSize: queueSizes[index],
        features: saved.registers.driverFeatures, byteLimit: device.chainByteLimit, memory: memory,
        position: position)
      guard let ring else { return nil }
      queues.append(ActiveQueue(ring: ring))
    }
    return queues
  }
}
