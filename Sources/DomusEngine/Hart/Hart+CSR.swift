import HypervisorModel

/// CSR numbers (Privileged spec, "CSR Listing").
private enum CSR {
  static let fflags: UInt64 = 0x001
  static let frm: UInt64 = 0x002
  static let fcsr: UInt64 = 0x003
  static let sstatus: UInt64 = 0x100
  static let sie: UInt64 = 0x104
  static let stvec: UInt64 = 0x105
  static let scounteren: UInt64 = 0x106
  static let senvcfg: UInt64 = 0x10A
  static let sscratch: UInt64 = 0x140
  static let sepc: UInt64 = 0x141
  static let scause: UInt64 = 0x142
  static let stval: UInt64 = 0x143
  static let sip: UInt64 = 0x144
  static let stimecmp: UInt64 = 0x14D
  static let satp: UInt64 = 0x180
  static let cycle: UInt64 = 0xC00
  static let time: UInt64 = 0xC01
  static let instret: UInt64 = 0xC02
}

extension Hart {
  /// Interrupts that `sie` can enable.
  static let interruptBits =
    InterruptPending.Bit.supervisorSoftware | InterruptPending.Bit.supervisorTimer
    | InterruptPending.Bit.supervisorExternal
  /// senvcfg.FIOM; the other fields belong to extensions that the hart does not have.
  static let environmentBits: UInt64 = 1

  /// Performs a CSR instruction (Unprivileged spec, chapter 6). False if it is illegal.
  func accessCSR(_ op: MicroOp) -> Bool {
    let bits = op.imm
    let number = bits >> 20 & 0xFFF
    let kind = bits >> 12 & 3
    let operand = bits >> 14 & 1 != 0 ? UInt64(op.rs1) : registers[Int(op.rs1)]
    let writes = kind == 1 || op.rs1 != 0
    if writes, number >> 10 == 3 { return false }
    if core.pointee.isUser, number >> 8 & 3 != 0 { return false }
    if number == CSR.sip {
      registers[Int(op.rd)] = accessPending(kind: kind, operand, writes: writes)
      return true
    }
    guard let old = readCSR(number) else { return false }
    if writes {
      let value =
        switch kind {
        case 1: operand
        case 2: old | operand
        default: old & ~operand
        }
      writeCSR(number, value)
    }
    registers[Int(op.rd)] = old
    return true
  }

  private func readCSR(_ number: UInt64) -> UInt64? {
    switch number {
    case CSR.fflags, CSR.frm, CSR.fcsr: return readFloatCSR(number)
    case CSR.cycle, CSR.time, CSR.instret: return readCounter(number)
    case CSR.sstatus: return statusValue
    case CSR.sie: return core.pointee.sie
    case CSR.stvec: return core.pointee.stvec
    case CSR.scounteren: return core.pointee.scounteren
    case CSR.senvcfg: return core.pointee.senvcfg
    case CSR.sscratch: return core.pointee.sscratch
    case CSR.sepc: return core.pointee.sepc
    case CSR.scause: return core.pointee.scause
    case CSR.stval: return core.pointee.stval
    case CSR.stimecmp: return core.pointee.stimecmp
    case CSR.satp: return core.pointee.satp
    default: return nil
    }
  }

  /// `sstatus` with its summary bit.
  var statusValue: UInt64 {
    let status = core.pointee.sstatus
    return status & Status.fs == Status.fs ? status | Status.sd : status
  }

  private func readFloatCSR(_ number: UInt64) -> UInt64? {
    guard core.pointee.sstatus & Status.fs != 0 else { return nil }
    let flags = UInt64(core.pointee.fflags & 31)
    switch number {
    case CSR.fflags: return flags
    case CSR.frm: return UInt64(core.pointee.frm)
    default: return flags | UInt64(core.pointee.frm) << 5
    }
  }

  /// The machine mode that the engine stands for gives supervisors all counters; users get what `scounteren` says.
  private func readCounter(_ number: UInt64) -> UInt64? {
    if core.pointee.isUser, core.pointee.scounteren >> (number & 31) & 1 == 0 { return nil }
    return number == CSR.time ? time() : core.pointee.retired
  }

  private func writeCSR(_ number: UInt64, _ value: UInt64) {
    switch number {
    case CSR.fflags, CSR.frm, CSR.fcsr: writeFloatCSR(number, value)
    case CSR.sstatus: writeStatus(value)
    case CSR.sie: core.pointee.sie = value & Self.interruptBits
    // Modes 2 and 3 are reserved.
    case CSR.stvec: core.pointee.stvec = value & ~2
    case CSR.scounteren: core.pointee.scounteren = value & 0xFFFF_FFFF
    case CSR.senvcfg: core.pointee.senvcfg = value & Self.environmentBits
    case CSR.sscratch: core.pointee.sscratch = value
    case CSR.sepc: core.pointee.sepc = value & ~1
    case CSR.scause: core.pointee.scause = value
    case CSR.stval: core.pointee.stval = value
    case CSR.stimecmp: setTimer(value)
    case CSR.satp: writeTranslation(value)
    default: break
    }
  }

  private func writeFloatCSR(_ number: UInt64, _ value: UInt64) {
    core.pointee.sstatus |= Status.fs
    switch number {
    case CSR.fflags: core.pointee.fflags = UInt32(truncatingIfNeeded: value & 31)
    case CSR.frm: core.pointee.frm = UInt8(truncatingIfNeeded: value & 7)
    default:
      core.pointee.fflags = UInt32(truncatingIfNeeded: value & 31)
      core.pointee.frm = UInt8(truncatingIfNeeded: value >> 5 & 7)
    }
  }

  private func writeStatus(_ value: UInt64) {
    let old = core.pointee.sstatus
    core.pointee.sstatus = value & Status.writable | Status.uxl64
    let changed = old ^ core.pointee.sstatus
    if changed & Status.mxr != 0 {
      flushTranslations()
    } else if changed & Status.sum != 0 {
      updateContext()
    }
  }

  /// Reads and changes `sip` in one step, since others raise interrupts meanwhile: a bit that the operand of a CSRRS or
  /// CSRRC doesn't name isn't written. Software may only set and clear SSIP.
  private func accessPending(kind: UInt64, _ operand: UInt64, writes: Bool) -> UInt64 {
    core.pointee.timerPending = clock.now() >= core.pointee.timerDeadline
    let bit = InterruptPending.Bit.supervisorSoftware
    let isNamed = operand & bit != 0
    let old =
      switch kind {
      case 1: isNamed ? interrupts.raise(bit) : interrupts.clear(bit)
      case 2 where writes && isNamed: interrupts.raise(bit)
      case 3 where writes && isNamed: interrupts.clear(bit)
      default: interrupts.pending
      }
    return pendingInterrupts(raised: old)
  }

  /// Modes Bare, Sv39, Sv48 and Sv57; a write of another one has no effect at all. There are no ASIDs.
  private func writeTranslation(_ value: UInt64) {
    let levels: UInt64
    switch value >> 60 {
    case 0: levels = 0
    case 8: levels = 3
    case 9: levels = 4
    case 10: levels = 5
    default: return
    }
    let satp = value & (0xF << 60 | (1 << 44) &- 1)
    guard satp != core.pointee.satp else { return }
    core.pointee.satp = satp
    core.pointee.levels = levels
    core.pointee.rootTable = (value & ((1 << 44) &- 1)) << 12
    flushTranslations()
  }
}

extension Hart {
  /// Brings the hart to a saved state.
  func setCSRs(_ state: HartState) {
    writeTranslation(state.satp)
    writeStatus(state.sstatus)
    core.pointee.sie = state.sie & Self.interruptBits
    core.pointee.stvec = state.stvec & ~2
    core.pointee.sscratch = state.sscratch
    core.pointee.sepc = state.sepc & ~1
    core.pointee.scause = state.scause
    core.pointee.stval = state.stval
    core.pointee.scounteren = state.scounteren & 0xFFFF_FFFF
    core.pointee.senvcfg = state.senvcfg & Self.environmentBits
    core.pointee.fflags = UInt32(truncatingIfNeeded: state.fcsr & 31)
    core.pointee.frm = UInt8(truncatingIfNeeded: state.fcsr >> 5 & 7)
    setTimer(state.stimecmp)
  }
}
