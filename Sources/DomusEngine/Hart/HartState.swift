/// A hart's architectural state between two instructions, to be saved or moved. An LR reservation does not survive.
struct HartState: Codable, Hashable, Sendable {
  var pc: UInt64
  var isUser: Bool
  /// x0…x31.
  var x: [UInt64]
  /// f0…f31, raw.
  var f: [UInt64]
  var fcsr: UInt64
  var sstatus: UInt64
  var sie: UInt64
  /// Bits that others raised: SSIP, and SEIP as the interrupt controller last set it.
  var raisedInterrupts: UInt64
  var stvec: UInt64
  var sscratch: UInt64
  var sepc: UInt64
  var scause: UInt64
  var stval: UInt64
  var satp: UInt64
  var scounteren: UInt64
  var senvcfg: UInt64
  var stimecmp: UInt64
  var instructionsRetired: UInt64
}

extension Hart: Persistent {
  static let stateName = "hart"
  static let stateVersion = 1

  /// The hart must not be running.
  func save() -> HartState {
    let core = core.pointee
    return HartState(
      pc: core.pc, isUser: core.isUser,
      x: (0..<32).map { registers[$0] },
      f: (0..<32).map { registers[RegisterFile.floatBase + $0] },
      fcsr: UInt64(core.fflags & 31) | UInt64(core.frm) << 5,
      sstatus: statusValue, sie: core.sie, raisedInterrupts: interrupts.pending, stvec: core.stvec,
      sscratch: core.sscratch, sepc: core.sepc, scause: core.scause, stval: core.stval, satp: core.satp,
      scounteren: core.scounteren, senvcfg: core.senvcfg, stimecmp: core.stimecmp,
      instructionsRetired: core.retired)
  }

  /// Reserved bits are dropped as a CSR write drops them. The hart must not be running.
  func restore(_ state: HartState) throws(StateError) {
    guard state.x.count == 32, state.f.count == 32 else { throw .impossible(part: Self.stateName) }
    for number in 1..<32 { registers[number] = state.x[number] }
    for number in 0..<32 { registers[RegisterFile.floatBase + number] = state.f[number] }
    core.pointee.pc = state.pc & ~1
    core.pointee.isUser = state.isUser
    core.pointee.reservation = HartCore.noReservation
    core.pointee.lastVectorRetired = .max
    core.pointee.retiredBefore = state.instructionsRetired
    core.pointee.slice = 0
    core.pointee.budget = 0
    interrupts.clear(.max)
    interrupts.raise(
      state.raisedInterrupts & (InterruptPending.Bit.supervisorSoftware | InterruptPending.Bit.supervisorExternal))
    setCSRs(state)
    flushTranslations()
  }
}
