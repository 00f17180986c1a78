import Glibc
import HypervisorModel

extension Machine: SBIPlatform {
  /// What the vCPU does after an SBI call.
  enum AfterCall {
    case goOn
    /// Until another hart starts it.
    case stop
    /// As after WFI.
    case wait
  }

  /// Answers the ECALL that a hart stopped at, on its vCPU's thread.
  func answer(_ hart: Hart) -> AfterCall {
    let registers = SBIRegisters(
      extension: hart.register(17), function: hart.register(16), a0: hart.register(10), a1: hart.register(11),
      a2: hart.register(12), a3: hart.register(13), a4: hart.register(14))
    switch SBI(platform: self, memory: memory).handle(registers, hart: hart.id) {
    case .result(let error, let value):
      hart.setRegister(10, UInt64(bitPattern: error))
      hart.setRegister(11, value)
      return .goOn
    case .legacy(let a0):
      hart.setRegister(10, a0)
      return .goOn
    case .suspended:
      hart.setRegister(10, 0)
      hart.setRegister(11, 0)
      return .wait
    case .hartStopped:
      hartStates.withLock { $0[hart.id] = .stopped }
      return .stop
    case .reset(let reset):
      end(Self.end(reset))
      return .stop
    }
  }

  /// A system failure, or the warm reboot that Linux was told to do after a panic, is a crash.
  private static func end(_ reset: SBIReset) -> MachineEnd {
    if reset.reason == .systemFailure { return .crash(.panic) }
    switch reset.kind {
    case .shutdown: return .poweroff
    case .coldReboot: return .reboot
    case .warmReboot: return .crash(.panic)
    }
  }

  var hartCount: Int { harts.count }

  func setTimer(hart: Int, ticks: UInt64) {
    guard harts.indices.contains(hart) else { return }
    harts[hart].setTimer(ticks)
  }

  func sendIPI(to mask: HartMask) {
    forEach(mask) { hart in
      hart.interrupts.raise(InterruptPending.Bit.supervisorSoftware)
      wake(hart.id)
    }
  }

  func clearIPI(hart: Int) {
    guard harts.indices.contains(hart) else { return }
    harts[hart].interrupts.clear(InterruptPending.Bit.supervisorSoftware)
  }

  func remoteFenceI(_ mask: HartMask) { fence(mask) { $0.requestFenceI() } }

  func remoteSFence(_ mask: HartMask, _ range: SBIFenceRange) {
    let pages: Range<UInt64>? =
      switch range {
      case .all: nil
      case .range(let start, let size): start..<start &+ size
      }
    fence(mask) { $0.requestTLBFlush(pages) }
  }

  /// Queues a fence for each hart and waits for those that execute guest code right now, which is until their next
  /// block end: after the call, the guest reuses what the fence was about. A hart that doesn't execute is not waited
  /// for; it serves its queue before it executes anything.
  private func fence(_ mask: HartMask, _ request: (Hart) -> Void) {
    forEach(mask, request)
    mask.forEach { number in
      guard vcpus.indices.contains(number) else { return }
      while vcpus[number].isExecuting, harts[number].hasUnservedRequests { sched_yield() }
    }
  }

  private func forEach(_ mask: HartMask, _ body: (Hart) -> Void) {
    mask.forEach { number in if harts.indices.contains(number) { body(harts[number]) } }
  }

  func startHart(_ number: Int, pc: UInt64, opaque: UInt64) throws(SBIError) {
    guard harts.indices.contains(number) else { throw .invalidParameter }
    let starts = hartStates.withLock { states in
      guard states[number] == .stopped else { return false }
      states[number] = .startPending
      return true
    }
    guard starts else { throw .alreadyAvailable }
    harts[number].start(at: pc, a0: UInt64(number), a1: opaque)
    hartStates.withLock { $0[number] = .started }
    wake(number)
  }

  func hartStatus(_ number: Int) -> SBIHartStatus {
    hartStates.withLock { $0.indices.contains(number) ? $0[number] : .stopped }
  }

  func consoleWrite(_ bytes: [UInt8]) { console.output.write(bytes) }

  func consoleRead(limit: Int) -> [UInt8] { uart.takeInput(limit: limit) }
}
