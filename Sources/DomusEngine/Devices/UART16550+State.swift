extension UART16550: Persistent {
  static let stateName = "serial port"
  static let stateVersion = 1

  func save() -> State { state.withLock { $0 } }

  func restore(_ saved: State) throws(StateError) {
    guard saved.input.count <= Self.inputCapacity, saved.looped.count <= Self.fifoDepth,
      saved.looped.isEmpty || saved.isLoopback,
      saved.interruptEnable & ~0x0f == 0, saved.fifoControl & ~0xc9 == 0, saved.modemControl & ~0x1f == 0,
      saved.modemChanges & ~0x0f == 0,
      saved.isInterrupting == (Self.interruptIdentification(saved) & 1 == 0)
    else { throw .impossible(part: Self.stateName) }
    state.withLock { state in
      state = saved
      interrupt.set(saved.isInterrupting)
    }
  }
}
