/// Exceptions and interrupts into supervisor mode (Privileged spec 12.1).
extension Hart {
  /// Takes the noted exception at `core.pc`. False if the hart would do so forever.
  func takeException() -> Bool {
    let retired = core.pointee.retired
    let isEndless =
      !core.pointee.isUser && core.pointee.pc == core.pointee.lastVector && retired == core.pointee.lastVectorRetired
      && core.pointee.pc == core.pointee.stvec & ~3
    guard !isEndless else { return false }
    enterTrap(cause: core.pointee.cause.rawValue, value: core.pointee.trapValue, vector: core.pointee.stvec & ~3)
    core.pointee.lastVector = core.pointee.pc
    core.pointee.lastVectorRetired = retired
    return true
  }

  /// Takes the most urgent interrupt that is pending and enabled, if any.
  func takePendingInterrupt() {
    let ready = pendingInterrupts & core.pointee.sie
    guard ready != 0 else { return }
    guard core.pointee.isUser || core.pointee.sstatus & Status.sie != 0 else { return }
    // External, software, timer: Privileged spec 12.1.3.
    let code: UInt64 =
      if ready & InterruptPending.Bit.supervisorExternal != 0 {
        9
      } else if ready & InterruptPending.Bit.supervisorSoftware != 0 {
        1
      } else {
        5
      }
    let base = core.pointee.stvec & ~3
    enterTrap(cause: 1 << 63 | code, value: 0, vector: core.pointee.stvec & 1 != 0 ? base &+ 4 &* code : base)
  }

  /// `sip`.
  var pendingInterrupts: UInt64 { pendingInterrupts(raised: interrupts.pending) }

  /// `sip`, where others have raised these bits.
  func pendingInterrupts(raised: UInt64) -> UInt64 {
    let others = InterruptPending.Bit.supervisorExternal | InterruptPending.Bit.supervisorSoftware
    return raised & others | (core.pointee.timerPending ? InterruptPending.Bit.supervisorTimer : 0)
  }

  private func enterTrap(cause: UInt64, value: UInt64, vector: UInt64) {
    let status = core.pointee.sstatus
    core.pointee.sepc = core.pointee.pc
    core.pointee.scause = cause
    core.pointee.stval = value
    core.pointee.sstatus =
      status & ~(Status.spp | Status.spie | Status.sie) | (core.pointee.isUser ? 0 : Status.spp)
      | (status & Status.sie != 0 ? Status.spie : 0)
    core.pointee.reservation = HartCore.noReservation
    core.pointee.pc = vector
    if core.pointee.isUser {
      core.pointee.isUser = false
      updateContext()
    }
  }

  /// SRET.
  func returnFromTrap() {
    let status = core.pointee.sstatus
    core.pointee.isUser = status & Status.spp == 0
    core.pointee.sstatus =
      status & ~(Status.spp | Status.sie) | Status.spie | (status & Status.spie != 0 ? Status.sie : 0)
    core.pointee.pc = core.pointee.sepc
    updateContext()
  }
}
