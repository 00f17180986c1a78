/// Saving a machine and going on from what was saved.
///
/// A machine comes to rest in this order: its vCPUs leave the pCPUs, which is the caller's part; `quiesce` then lets the
/// devices finish what they have begun, and stops the guest's clock. After that nothing changes before `resume`, so that
/// state and memory fit together.
extension Machine {
  /// The vCPUs must not run, and stay so until `resume`. Blocks until the devices are done.
  func quiesce() throws(StateError) {
    guard !harts.contains(where: \.isExecuting) else { throw .busy }
    try slots.quiesce()
    clock.stop()
  }

  /// The machine must be at rest.
  func save() throws(StateError) -> MachineState {
    var savedHarts: [SavedPart] = []
    for hart in harts { savedHarts.append(try SavedPart(hart)) }
    return MachineState(
      clock: try SavedPart(clock), harts: savedHarts, hartStates: hartStates.withLock { $0 },
      plic: try SavedPart(slots.plic), uart: try SavedPart(uart), slots: try slots.save(),
      agent: try SavedPart(agent), console: try SavedPart(console.output))
  }

  /// Brings a machine at rest, with the same harts, devices and contents of memory, to a state that may come from anywhere.
  /// Throws if the machine could never be in it; then the machine isn't to be used any more.
  func restore(_ state: MachineState) throws(StateError) {
    guard state.harts.count == harts.count, state.hartStates.count == harts.count else {
      throw .otherMachine("it has \(state.harts.count) harts in place of \(harts.count)")
    }
    try state.clock.restore(to: clock)
    // Devices drive the lines of the interrupt controller, and that the harts' pending bits: each is put right after
    // those who change it.
    try state.uart.restore(to: uart)
    try slots.restore(state.slots)
    try state.plic.restore(to: slots.plic)
    for (hart, saved) in zip(harts, state.harts) { try saved.restore(to: hart) }
    hartStates.withLock { $0 = state.hartStates }
    try state.agent.restore(to: agent)
    try state.console.restore(to: console.output)
  }

  /// Lets clock and devices go on; the vCPUs may run from then on.
  func resume() {
    clock.go()
    for hart in harts { hart.rearmTimer() }
    slots.resume()
  }
}
