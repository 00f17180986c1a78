import HypervisorModel
import Synchronization

@testable import DomusEngine

/// What a guest's calls reach, with one hart that serves its fences.
private final class Machine: SBIPlatform {
  let hartCount = 4
  private let hart: Hart

  init(_ hart: Hart) { self.hart = hart }

  func setTimer(hart: Int, ticks: UInt64) { self.hart.setTimer(ticks) }
  func sendIPI(to harts: HartMask) {}
  func clearIPI(hart: Int) {}
  func remoteFenceI(_ harts: HartMask) { hart.requestFenceI() }
  func remoteSFence(_ harts: HartMask, _ range: FenceRange) { hart.requestTLBFlush(range) }
  func startHart(_ hart: Int, pc: UInt64, opaque: UInt64) throws(SBIError) {}
  func hartStatus(_ hart: Int) -> SBIHartStatus { .started }
  func consoleWrite(_ bytes: [UInt8]) {}
  func consoleRead(limit: Int) -> [UInt8] { Array(repeating: 0x41, count: min(limit, 32)) }
}

private func makeHart(_ memory: GuestMemory, _ regions: [MMIOBus.Region] = []) -> Hart? {
  try? Hart(
    id: 0, memory: memory, bus: MMIOBus(regions: regions), clock: GuestClock(startingAt: HostClock.now()))
}

extension FuzzTarget {
  /// Calls of supervisor mode: number, function and five arguments, one after the other.
  static let sbi = FuzzTarget(name: "sbi") { bytes in
    guard let memory = try? GuestMemory(size: .kibibytes(256)), let hart = makeHart(memory) else { return }
    let sbi = SBI(platform: Machine(hart), memory: memory)
    var input = FuzzInput(bytes)
    while !input.isEmpty {
      let registers = SBIRegisters(
        extension: input.next(), function: input.next(), a0: input.next(), a1: input.next(), a2: input.next(),
        a3: input.next(), a4: input.next())
      _ = sbi.handle(registers, hart: 0)
      _ = hart.serveRequests()
    }
  }

  /// Machine code at the start of memory: decoder, blocks, memory, traps.
  static let hart = FuzzTarget(name: "hart") { bytes in
    guard let memory = try? GuestMemory(size: .mebibytes(1)) else { return }
    _ = memory.write(PhysicalAddress(GuestMemory.base), bytes.prefix(1 << 16))
    let uart = UART16550(interrupt: .init { _ in }, output: { _ in })
    guard let hart = makeHart(memory, [.init(range: 0x1000_0000..<0x1000_1000, device: uart)]) else { return }
    hart.start(at: GuestMemory.base, a0: GuestMemory.base + 0x8000, a1: 0x1000_0000)
    for number in 12..<32 { hart.setRegister(number, GuestMemory.base &+ UInt64(number) << 12) }
    for _ in 0..<8 {
      guard case .environmentCall = hart.run(until: HostClock.now() + .microseconds(500)) else { return }
    }
  }
}
