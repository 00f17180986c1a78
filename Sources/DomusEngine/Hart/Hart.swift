import CEngine
import HypervisorModel
import Synchronization

/// A RISC-V hart in supervisor and user mode: RV64GC with the extensions of `Hart.extensions`. The engine is its
/// machine mode: every exception goes to the supervisor but ECALL from it, which leaves `run`.
///
/// `@unchecked Sendable`: one thread at a time runs the hart or touches its registers, and hands it over with a lock
/// or queue of its own. Only `interrupts`, `kick`, `requestFenceI`, `requestTLBFlush`, `hasUnservedRequests` and
/// `isExecuting` are for other threads; they touch atomics and a mutex.
final class Hart: @unchecked Sendable {
  /// In the order of the device tree's `riscv,isa-extensions`.
  static let extensions = [
    "i", "m", "a", "f", "d", "c", "zicntr", "zicsr", "zifencei", "zba", "zbb", "zbs", "sstc", "svade",
  ]
  /// The device tree's `riscv,isa`.
  static let isa = "rv64imafdc_zicntr_zicsr_zifencei_zba_zbb_zbs_sstc_svade"

  let id: Int
  let memory: GuestMemory
  let bus: MMIOBus
  let clock: GuestClock
  let interrupts: InterruptPending
  private let engine: ExecutionEngine

  /// x0…x31, a sink, f0…f31: see `RegisterFile`.
  let registers: UnsafeMutablePointer<UInt64>
  let core: UnsafeMutablePointer<HartCore>
  let arena: HartArena
  /// Instruction bytes on their way to the decoder.
  let fetchBuffer: UnsafeMutableRawPointer
  let requests = HartRequests()
  private let executing = Atomic(false)
  private var trim = IdleTrim()

  /// Instructions between two looks at the clock: about 10 µs.
  private static let sliceLength = 8192

  /// A stopped hart: `start(at:a0:a1:)` sets it going. Throws if the process has no more address space.
  init(
    id: Int, memory: GuestMemory, bus: MMIOBus, clock: GuestClock, interrupts: InterruptPending = InterruptPending(),
    engine: ExecutionEngine = .interpreter
  ) throws(HypervisorError) {
    self.id = id
    self.memory = memory
    self.bus = bus
    self.clock = clock
    self.interrupts = interrupts
    self.engine = engine
    arena = try HartArena()
    registers = .allocate(capacity: RegisterFile.count)
    registers.initialize(repeating: 0, count: RegisterFile.count)
    core = .allocate(capacity: 1)
    core.initialize(to: HartCore(tlb: arena.tlb(.supervisor)))
    fetchBuffer = .allocate(byteCount: Block.sourceLimit, alignment: 8)
    updateContext()
  }

  deinit {
    fetchBuffer.deallocate()
    core.deallocate()
    registers.deallocate()
    arena.release()
  }

  /// Supervisor mode at `pc`, no translation, interrupts off: the state in which SBI starts a hart (SBI 3.0, HSM
  /// `hart_start`). The other registers are zero.
  func start(at pc: UInt64, a0: UInt64, a1: UInt64) {
    let retired = core.pointee.retired
    registers.update(repeating: 0, count: RegisterFile.count)
    var fresh = HartCore(tlb: core.pointee.tlb)
    fresh.pc = pc & ~1
    // Firmware opens cycle, time and instret to users, and Linux relies on it: its vDSO reads `time`.
    fresh.scounteren = 0b111
    fresh.retiredBefore = retired
    fresh.epoch = core.pointee.epoch
    fresh.tlbGeneration = core.pointee.tlbGeneration
    fresh.usedBlockBytes = core.pointee.usedBlockBytes
    core.pointee = fresh
    registers[10] = a0
    registers[11] = a1
    flushTranslations()
  }

  /// x0…x31; any other number is a register that is always zero.
  func register(_ number: Int) -> UInt64 { (1..<32).contains(number) ? registers[number] : 0 }

  func setRegister(_ number: Int, _ value: UInt64) {
    if (1..<32).contains(number) { registers[number] = value }
  }

  /// Virtual address of the next instruction.
  var pc: UInt64 { core.pointee.pc }

  /// Instructions retired since the hart was made.
  var instructionsRetired: UInt64 { core.pointee.retired }

  /// Whether it is in `run`. Any thread.
  var isExecuting: Bool { executing.load(ordering: .sequentiallyConsistent) }

  /// Executes until `deadline` on the machine's clock, or until the guest needs somebody else.
  func run(until deadline: Nanoseconds) -> HartExit {
    executing.store(true, ordering: .sequentiallyConsistent)
    defer { executing.store(false, ordering: .sequentiallyConsistent) }
    while true {
      domus_store_u64(interrupts.words + 1, 0)
      let now = clock.now()
      if serveRequests() || now >= deadline { return .preempted }
      if now >= core.pointee.timerDeadline { core.pointee.timerPending = true }
      takePendingInterrupt()
      core.pointee.retiredBefore = core.pointee.retired
      core.pointee.slice = Self.sliceLength
      core.pointee.budget = Self.sliceLength
      switch engine.execute(self) {
      case .poll: continue
      case .waiting:
        if trim.isDue(at: now, retired: core.pointee.retired) { dropBlocks() }
        return .waiting(wakeAt: wakeTime)
      case .environmentCall: return .environmentCall
      case .trapLoop:
        return .fault(
          .trapLoop(pc: core.pointee.pc, cause: core.pointee.cause.rawValue, value: core.pointee.trapValue))
      }
    }
  }

  /// The guest's timer, as SBI TIME sets it: the same as writing `stimecmp`.
  func setTimer(_ ticks: UInt64) {
    core.pointee.stimecmp = ticks
    core.pointee.timerDeadline = ticks == .max ? .never : clock.machineTime(ofTick: ticks)
    core.pointee.timerPending = clock.now() >= core.pointee.timerDeadline
  }

  /// Sets the timer's deadline anew, after the clock has stood still.
  func rearmTimer() { setTimer(core.pointee.stimecmp) }

  /// `time`, in ticks.
  func time() -> UInt64 { clock.ticks(at: clock.now()) }

  /// When its timer ends a wait, on the machine's clock; `never` if it doesn't.
  var wakeTime: Nanoseconds {
    core.pointee.sie & InterruptPending.Bit.supervisorTimer != 0 ? core.pointee.timerDeadline : .never
  }

  /// `sie`.
  var enabledInterrupts: UInt64 { core.pointee.sie }

  /// Whether an interrupt is pending and enabled, which ends a wait even where `sstatus` keeps it from being taken
  /// (Privileged spec, "Wait for Interrupt"; SBI 2.0, HSM `hart_suspend`).
  func hasWakeUp() -> Bool {
    if clock.now() >= core.pointee.timerDeadline { core.pointee.timerPending = true }
    return pendingInterrupts & core.pointee.sie != 0
  }

  /// Gives back the memory of decoded blocks and translations, for a guest that idles. The hart must not be running.
  func dropBlocks() {
    arena.discard()
    core.pointee.usedBlockBytes = 0
    flushTranslations()
  }
}

/// Why an engine stopped executing.
enum Pause {
  /// Time to look at the clock, requests and interrupts.
  case poll
  case waiting
  case environmentCall
  case trapLoop
}
