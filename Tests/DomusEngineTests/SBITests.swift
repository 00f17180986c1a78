import HypervisorModel
import Synchronization
import Testing

@testable import DomusEngine

@Suite struct SBITests {
  final class Machine: SBIPlatform {
    enum Effect: Hashable, Sendable {
      case timer(Int, UInt64), ipi(UInt64), clearIPI(Int), fenceI(UInt64), fence(UInt64, FenceRange)
      case start(Int, UInt64, UInt64), printed([UInt8])
    }
    let hartCount = 4
    let effects = Recorder<Effect>()
    let input = Mutex<[UInt8]>([])

    func setTimer(hart: Int, ticks: UInt64) { effects.append(.timer(hart, ticks)) }
    func sendIPI(to harts: HartMask) { effects.append(.ipi(harts.rawValue)) }
    func clearIPI(hart: Int) { effects.append(.clearIPI(hart)) }
    func remoteFenceI(_ harts: HartMask) { effects.append(.fenceI(harts.rawValue)) }
    func remoteSFence(_ harts: HartMask, _ range: FenceRange) { effects.append(.fence(harts.rawValue, range)) }
    func startHart(_ hart: Int, pc: UInt64, opaque: UInt64) throws(SBIError) {
      guard hart != 0 else { throw .alreadyAvailable }
      effects.append(.start(hart, pc, opaque))
    }
    func hartStatus(_ hart: Int) -> SBIHartStatus { hart == 0 ? .started : .stopped }
    func consoleWrite(_ bytes: [UInt8]) { effects.append(.printed(bytes)) }
    func consoleRead(limit: Int) -> [UInt8] {
      input.withLock { input in
        let taken = Array(input.prefix(limit))
        input.removeFirst(taken.count)
        return taken
      }
    }
  }

  private let machine = Machine()
  private let memory: GuestMemory
  private let sbi: SBI

  init() throws {
    memory = try GuestMemory(size: .mebibytes(1))
    sbi = SBI(platform: machine, memory: memory)
  }

  private static let base: UInt64 = 0x10
  private static let time: UInt64 = 0x5449_4D45
  private static let ipi: UInt64 = 0x73_5049
  private static let fence: UInt64 = 0x5246_4E43
  private static let hsm: UInt64 = 0x48_534D
  private static let srst: UInt64 = 0x5352_5354
  private static let dbcn: UInt64 = 0x4442_434E

  private func call(_ number: UInt64, _ function: UInt64, _ arguments: UInt64...) -> SBIOutcome {
    let a = arguments + [UInt64](repeating: 0, count: 5)
    return sbi.handle(
      SBIRegisters(extension: number, function: function, a0: a[0], a1: a[1], a2: a[2], a3: a[3], a4: a[4]), hart: 1)
  }

  private func ok(_ value: UInt64 = 0) -> SBIOutcome { .result(error: 0, value: value) }
  private func failed(_ error: SBIError) -> SBIOutcome { .result(error: error.rawValue, value: 0) }

  @Test func theBaseExtensionTellsVersionAndExtensions() {
    #expect(call(Self.base, 0) == ok(0x0200_0000))
    #expect(call(Self.base, 1) == ok(SBIDecoder.implementationID))
    for known in [Self.base, Self.time, Self.ipi, Self.fence, Self.hsm, Self.srst, Self.dbcn, 0, 8] {
      #expect(call(Self.base, 3, known) == ok(1))
    }
    for unknown in [0x50_4D55, 0x535553, 9, .max] as [UInt64] { #expect(call(Self.base, 3, unknown) == ok(0)) }
    #expect(call(Self.base, 4) == ok(0))
    #expect(call(Self.base, 7) == failed(.notSupported))
    #expect(call(0x1234, 0) == failed(.notSupported))
  }

  @Test func theTimerIsTheCallersOwn() {
    #expect(call(Self.time, 0, 77) == ok())
    #expect(machine.effects.all == [.timer(1, 77)])
    #expect(call(Self.time, 1, 77) == failed(.notSupported))
  }

  @Test func hartMasksAreChecked() {
    #expect(call(Self.ipi, 0, 0b101, 1) == ok())
    #expect(call(Self.ipi, 0, 0, .max) == ok())
    #expect(call(Self.ipi, 0, 0, 3) == ok())
    #expect(machine.effects.all == [.ipi(0b1010), .ipi(0b1111), .ipi(0)])
    for (mask, base) in [(0b10000, 0), (0b1000, 1), (1, 4), (1, 64), (.max, 0), (1, .max - 1)] as [(UInt64, UInt64)] {
      #expect(call(Self.ipi, 0, mask, base) == failed(.invalidParameter))
    }
  }

  @Test func fencesCarryTheirRange() {
    #expect(call(Self.fence, 0, 1, 0) == ok())
    #expect(call(Self.fence, 1, 1, 0, 0x1000, 0x2000) == ok())
    #expect(call(Self.fence, 1, 1, 0, 0, 0) == ok())
    #expect(call(Self.fence, 2, 1, 0, 5, .max, 3) == ok())
    #expect(call(Self.fence, 1, 1, 0, .max - 0xfff, 0x1000) == ok())
    #expect(
      machine.effects.all == [
        .fenceI(1), .fence(1, .addresses(0x1000...0x2fff)), .fence(1, .all), .fence(1, .all),
        .fence(1, .addresses(.max - 0xfff ... .max)),
      ])
    #expect(call(Self.fence, 1, 1, 0, .max, 0x1000) == failed(.invalidAddress))
    #expect(call(Self.fence, 2, 1, 0, .max - 0xfff, 0x1001, 3) == failed(.invalidAddress))
    #expect(call(Self.fence, 3, 1, 0) == failed(.notSupported))
  }

  @Test func aFenceRangeIsClosed() {
    #expect(FenceRange(start: 0, size: 0) == .all)
    #expect(FenceRange(start: 0x1000, size: .max) == .all)
    #expect(FenceRange(start: 0, size: 1) == .addresses(0...0))
    #expect(FenceRange(start: 0x1000, size: 0) == .addresses(0x1000...0x1000))
    #expect(FenceRange(start: .max, size: 0) == .addresses(.max ... .max))
    #expect(FenceRange(start: .max, size: 1) == .addresses(.max ... .max))
    #expect(FenceRange(start: 1, size: .max - 1) == .addresses(1...(.max - 1)))
    #expect(FenceRange(start: 2, size: .max - 1) == .addresses(2 ... .max))
    #expect(FenceRange(start: .max, size: 2) == nil)
    #expect(FenceRange(start: 3, size: .max - 1) == nil)
  }

  @Test func aSuspendedHartResumesWhenAnEnabledInterruptIsRaised() {
    #expect(HSMState.suspended(enabled: 0x22).status(pending: 0x200) == .suspended)
    #expect(HSMState.suspended(enabled: 0x22).status(pending: 0x202) == .resumePending)
    #expect(HSMState.startPending(pc: 0, opaque: 0).status(pending: 0x202) == .startPending)
    #expect(HSMState.started.status(pending: 0x202) == .started)
    #expect(HSMState.stopped.status(pending: 0x202) == .stopped)
  }

  @Test func hartsAreStartedAndStopped() {
    let pc = GuestMemory.base
    #expect(call(Self.hsm, 0, 2, pc, 9) == ok())
    #expect(machine.effects.all == [.start(2, pc, 9)])
    #expect(call(Self.hsm, 0, 0, pc, 9) == failed(.alreadyAvailable))
    #expect(call(Self.hsm, 0, 4, pc, 9) == failed(.invalidParameter))
    #expect(call(Self.hsm, 0, 2, 0x1000, 9) == failed(.invalidAddress))
    #expect(call(Self.hsm, 0, 2, .max, 9) == failed(.invalidAddress))
    #expect(call(Self.hsm, 1) == .hartStopped)
    #expect(call(Self.hsm, 2, 0) == ok(0))
    #expect(call(Self.hsm, 2, 3) == ok(1))
    #expect(call(Self.hsm, 2, .max) == failed(.invalidParameter))
    #expect(call(Self.hsm, 3, 0) == .suspended)
    #expect(call(Self.hsm, 3, 0xdead_beef_0000_0000) == .suspended)
    #expect(call(Self.hsm, 3, 0x8000_0000) == failed(.notSupported))
    #expect(call(Self.hsm, 3, 0xffff_ffff_8000_0000) == failed(.notSupported))
    #expect(call(Self.hsm, 3, 1) == failed(.invalidParameter))
  }

  @Test func resetsAreTold() {
    #expect(call(Self.srst, 0, 0, 0) == .reset(SBIReset(kind: .shutdown, reason: .none)))
    #expect(call(Self.srst, 0, 1, 0) == .reset(SBIReset(kind: .coldReboot, reason: .none)))
    #expect(call(Self.srst, 0, 2, 1) == .reset(SBIReset(kind: .warmReboot, reason: .systemFailure)))
    #expect(call(Self.srst, 0, 3, 0) == failed(.invalidParameter))
    #expect(call(Self.srst, 0, 0, 2) == failed(.invalidParameter))
    #expect(call(Self.srst, 1, 0, 0) == failed(.notSupported))
  }

  @Test func theDebugConsoleReadsAndWritesRAMOnly() {
    let address = GuestMemory.base + 0x100
    _ = memory.write(PhysicalAddress(address), Array("hello".utf8))
    #expect(call(Self.dbcn, 0, 5, address, 0) == ok(5))
    #expect(call(Self.dbcn, 2, 0x141) == ok())
    #expect(machine.effects.all == [.printed(Array("hello".utf8)), .printed([0x41])])
    #expect(call(Self.dbcn, 0, 1 << 20, GuestMemory.base, 0) == ok(4096))

    machine.input.withLock { $0 = [1, 2, 3] }
    #expect(call(Self.dbcn, 1, 2, address, 0) == ok(2))
    #expect(memory.read(PhysicalAddress(address), count: 3) == [1, 2, UInt8(ascii: "l")])
    #expect(call(Self.dbcn, 1, 9, address, 0) == ok(1))
    #expect(call(Self.dbcn, 1, 9, address, 0) == ok(0))

    for (count, low, high) in [
      (1, 0, 0), (1, address, 1), (1 << 20, address, 0), (.max, address, 0), (1, .max, 0),
    ] as [(UInt64, UInt64, UInt64)] {
      #expect(call(Self.dbcn, 0, count, low, high) == failed(.invalidParameter))
      #expect(call(Self.dbcn, 1, count, low, high) == failed(.invalidParameter))
    }
  }

  @Test func legacyCallsLeaveA1Alone() {
    #expect(call(0, 0, 5) == .legacy(a0: 0))
    #expect(call(1, 0, 0x42) == .legacy(a0: 0))
    #expect(call(2, 0) == .legacy(a0: .max))
    machine.input.withLock { $0 = [7] }
    #expect(call(2, 0) == .legacy(a0: 7))
    #expect(call(3, 0) == .legacy(a0: 0))
    #expect(call(4, 0, 0xffff_ffc0_0000_0000) == .legacy(a0: 0))
    #expect(call(5, 0, 0) == .legacy(a0: 0))
    #expect(call(6, 0, 0, 0x1000, 0x1000) == .legacy(a0: 0))
    #expect(call(7, 0, 0, .max, 0x1000) == .legacy(a0: 0))
    #expect(call(8, 0) == .reset(SBIReset(kind: .shutdown, reason: .none)))
    #expect(
      machine.effects.all == [
        .timer(1, 5), .printed([0x42]), .clearIPI(1), .ipi(15), .fenceI(15),
        .fence(15, .addresses(0x1000...0x1fff)), .fence(15, .all),
      ])
  }

  @Test(arguments: 1...3 as ClosedRange<UInt64>) func randomCallsAreSurvived(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    let numbers: [UInt64] =
      Array(0...9) + [Self.base, Self.time, Self.ipi, Self.fence, Self.hsm, Self.srst, Self.dbcn]
    let edges: [UInt64] = [1 << 12, 1 << 31, 1 << 32, 1 << 63, 0 &- 4096]
    func value() -> UInt64 {
      switch Int.random(in: 0..<5, using: &random) {
      case 0: random.next()
      case 1: UInt64.max - UInt64.random(in: 0..<4, using: &random)
      case 2: (edges.randomElement(using: &random) ?? 0) &+ UInt64.random(in: 0..<3, using: &random) &- 1
      case 3: GuestMemory.base + UInt64.random(in: 0..<0x10_0010, using: &random)
      default: UInt64.random(in: 0..<8, using: &random)
      }
    }
    for _ in 0..<20_000 {
      _ = call(
        numbers.randomElement(using: &random) ?? 0, UInt64.random(in: 0..<5, using: &random), value(), value(), value(),
        value(), value())
    }
    #expect(machine.effects.all.allSatisfy { if case .ipi(let mask) = $0 { mask < 16 } else { true } })
  }
}
