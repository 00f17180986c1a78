import CEngine

/// How a system instruction ends.
enum SystemResult {
  /// `core.pc` says where to go on.
  case resume
  /// An exception is noted; `core.pc` is the instruction's.
  case exception
  case pause(Pause)
}

/// The instructions that end a block and leave the hot loop.
extension Hart {
  /// `core.pc` is the instruction's.
  @inline(never)
  func system(_ current: UnsafePointer<MicroOp>) -> SystemResult {
    let op = current.pointee
    let next = core.pointee.pc &+ UInt64(op.length)
    switch op.code {
    case .csr:
      guard accessCSR(op) else { return illegal(op) }
      core.pointee.pc = next
      takePendingInterrupt()
    case .ecall:
      if core.pointee.isUser {
        setException(.userEnvironmentCall, 0)
        return .exception
      }
      core.pointee.pc = next
      return .pause(.environmentCall)
    case .ebreak:
      setException(.breakpoint, core.pointee.pc)
      return .exception
    case .fenceI:
      core.pointee.pc = next
      fenceInstructions()
    default:
      guard !core.pointee.isUser else { return illegal(op) }
      return privileged(op, next)
    }
    return .resume
  }

  private func privileged(_ op: MicroOp, _ next: UInt64) -> SystemResult {
    switch op.code {
    case .sret:
      returnFromTrap()
      takePendingInterrupt()
      return .resume
    case .wfi:
      core.pointee.pc = next
      return waitForInterrupt()
    case .sfenceVMA:
      core.pointee.pc = next
      let address = registers[Int(op.rs1)]
      if op.rs1 == 0 { flushTranslations() } else { flushTranslations(of: address...address) }
      return .resume
    default: return illegal(op)
    }
  }

  private func waitForInterrupt() -> SystemResult {
    guard hasWakeUp() else { return .pause(.waiting) }
    takePendingInterrupt()
    return .resume
  }

  private func illegal(_ op: MicroOp) -> SystemResult {
    setException(.illegalInstruction, op.imm)
    return .exception
  }

  // MARK: Floating-point guards

  /// Turns sstatus.FS to Dirty. False is an exception, already noted.
  ///
  /// FS becomes Dirty on any floating-point instruction, which the specification allows.
  @inline(never)
  func enableFloat(_ current: UnsafePointer<MicroOp>) -> Bool {
    let op = current.pointee
    guard core.pointee.sstatus & Status.fs != 0 else {
      setException(.illegalInstruction, op.imm)
      return false
    }
    core.pointee.sstatus |= Status.fs
    return true
  }
}
