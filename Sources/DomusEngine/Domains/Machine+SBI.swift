import Glibc
import HypervisorModel

extension Machine: SBIPlatform {
  /// What a hart does that can't execute now; nil if it can. Starts and resumes it where it is time to. On its vCPU's
  /// thread.
  func rest(of hart: Hart) -> RunOutcome? {
    hartStates.withLock { states in
      switch states[hart.id] {
      case .started: return nil
      case .stopped: return .stopped
      case .startPending(let pc, let opaque): hart.start(at: pc, a0: UInt64(hart.id), a1: opaque)
      case .suspended:
        guard hart.hasWakeUp() else { return .blocked(until: hart.wakeTime) }
      }
      states[hart.id] = .started
      return nil
    }
  }

  /// The guest ends by itself, by this hart.
  func end(_ hart: Hart, _ end: MachineEnd) {
    setState(.stopped, of: hart)
    self.end(end)
  }

  private func setState(_ state: HSMState, of hart: Hart) { hartStates.withLock { $0[hart.id] = state } }

  /// Answers the ECALL that a hart stopped at, on its vCPU's thread.
  func answer(_ hart: Hart) {
    let registers = SBIRegisters(
      extension: hart.register(17), function: hart.register(16), a0: hart.register(10), a1: hart.register(11),
      a2: hart.register(12), a3: hart.register(13), a4: hart.register(14))
    switch SBI(platform: self, memory: memory).handle(registers, hart: hart.id) {
    case .result(let error, let value):
      hart.setRegister(10, UInt64(bitPattern: error))
      hart.setRegister(11, value)
    case .legacy(let a0): hart.setRegister(10, a0)
    case .suspended:
      hart.setRegister(10, 0)
      hart.setRegister(11, 0)
      setState(.suspended(enabled: hart.enabledInterrupts), of: hart)
    case .hartStopped: setState(.stopped, of: hart)
    case .reset(let reset): end(hart, .reset(reset, isPanic: panicsWarm && reset.kind == .warmReboot))
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

  func remoteSFence(_ mask: HartMask, _ range: FenceRange) { fence(mask) { $0.requestTLBFlush(range) } }

  /// Queues a fence for each hart and waits for those that execute guest code right now, which is until their next
  /// block end: after the call, the guest reuses what the fence was about. A hart that doesn't execute is not waited
  /// for; it serves its queue before it executes anything.
  private func fence(_ mask: HartMask, _ request: (Hart) -> Void) {
    forEach(mask, request)
    mask.forEach { number in
      guard harts.indices.contains(number) else { return }
      while harts[number].isExecuting, harts[number].hasUnservedRequests { sched_yield() }
    }
  }

  private func forEach(_ mask: HartMask, _ body: (Hart) -> Void) {
    mask.forEach { number in if harts.indices.contains(number) { body(harts[number]) } }
  }

  func startHart(_ number: Int, pc: UInt64, opaque: UInt64) throws(SBIError) {
    guard harts.indices.contains(number) else { throw .invalidParameter }
    let starts = hartStates.withLock { states in
      guard states[number] == .stopped else { return false }
      // What is raised from now on is for the hart that starts.
      harts[number].interrupts.clear(InterruptPending.Bit.supervisorSoftware)
      states[number] = .startPending(pc: pc, opaque: opaque)
      return true
    }
    guard starts else { throw .alreadyAvailable }
    wake(number)
  }

  func hartStatus(_ number: Int) -> SBIHartStatus {
    guard harts.indices.contains(number) else { return .stopped }
    let pending = harts[number].interrupts.pending
    return hartStates.withLock { $0[number].status(pending: pending) }
  }

  func consoleWrite(_ bytes: [UInt8]) { console.output.write(bytes) }

  func consoleRead(limit: Int) -> [UInt8] { uart.takeInput(limit: limit) }
}
