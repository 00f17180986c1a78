import Foundation
import HypervisorModel
import Testing

@testable import DomusEngine

/// What every part of a machine that can be saved has to keep.
struct StateContract: CustomTestStringConvertible, Sendable {
  let testDescription: String
  let check: @Sendable () throws -> Void

  /// - Parameters:
  ///   - make: a new part.
  ///   - live: brings it to a state that is worth to be saved.
  ///   - goOn: does something with it, and tells what came of it.
  init<Part: Persistent & SendableMetatype, Outcome: Equatable & SendableMetatype>(
    _ type: Part.Type, make: @escaping @Sendable () throws -> Part, live: @escaping @Sendable (Part) -> Void,
    goOn: @escaping @Sendable (Part) -> Outcome
  ) {
    testDescription = type.stateName
    check = {
      let first = try make()
      live(first)
      let saved = try SavedPart(first)
      let written = try SavedState.encode(saved, "test")

      let second = try make()
      let read: SavedPart = try SavedState.decode(written, "test")
      try read.restore(to: second)
      #expect(try SavedPart(second) == saved, "saved, restored and saved again")
      #expect(goOn(first) == goOn(second), "goes on as the first")
      #expect(try SavedPart(second) == SavedPart(first), "and comes to the same state")

      try Self.checkRefusals(of: saved, make)
    }
  }

  private static func checkRefusals<Part: Persistent>(of saved: SavedPart, _ make: () throws -> Part) throws {
    for count in [0, saved.content.count / 2, saved.content.count - 1] {
      var truncated = saved
      truncated.content = saved.content.prefix(count)
      #expect(throws: StateError.unreadable(part: Part.stateName)) { try truncated.restore(to: make()) }
    }
    var newer = saved
    newer.version += 1
    #expect(
      throws: StateError.newer(
        part: Part.stateName, version: Part.stateVersion + 1, supported: Part.stateVersion)
    ) { try newer.restore(to: make()) }
    var other = saved
    other.name = "something else"
    #expect(throws: StateError.self) { try other.restore(to: make()) }

    // Damage is refused, or is a state in which the part could be; then it is in exactly that.
    var random = SeededGenerator(seed: 1)
    for _ in 0..<300 {
      var damaged = saved
      for _ in 0..<Int.random(in: 1...4, using: &random) {
        let index = Int.random(in: 0..<damaged.content.count, using: &random)
        let replacements = Array("0123456789-,[]{}\"aftn".utf8)
        damaged.content[index] = replacements.randomElement(using: &random) ?? 0
      }
      let part = try make()
      do {
        try damaged.restore(to: part)
      } catch {
        #expect(!error.text.isEmpty)
      }
    }
  }
}

@Suite struct StateContractTests {
  private static func makePLIC() -> PLIC { PLIC(harts: [InterruptPending(), InterruptPending()]) }

  private static func makeConsole() -> VirtioConsole {
    VirtioConsole(ports: [
      VirtioConsole.Port(kind: .console, output: { _ in }),
      VirtioConsole.Port(kind: .named("agent"), output: { _ in }),
    ])
  }

  static let parts: [StateContract] = [
    StateContract(
      GuestClock.self, make: { GuestClock(startingAt: .zero, source: .manual(ManualTime(.seconds(5)))) },
      live: { $0.stop() },
      goOn: {
        $0.go(); return $0.ticks(at: .seconds(7))
      }),

    StateContract(
      PLIC.self, make: makePLIC,
      live: { plic in
        for source in 1...3 as ClosedRange<UInt64> { plic.write(offset: 4 * source, width: 4, value: source) }
        plic.write(offset: 0x2000, width: 4, value: 0xe)
        plic.write(offset: 0x2080, width: 4, value: 0x6)
        plic.write(offset: 0x20_1000, width: 4, value: 2)
        for source in [1, 2, 3] { plic.line(source).set(true) }
        _ = plic.read(offset: 0x20_0004, width: 4)
        plic.line(1).set(false)
      },
      goOn: { plic in
        let claims = (0..<3).map { _ in plic.read(offset: 0x20_0004, width: 4) }
        plic.write(offset: 0x20_0004, width: 4, value: 3)
        return claims + [plic.read(offset: 0x1000, width: 4), plic.read(offset: 0x20_1004, width: 4)]
      }),

    StateContract(
      UART16550.self, make: { UART16550(interrupt: InterruptLine { _ in }, output: { _ in }) },
      live: { uart in
        uart.write(offset: 1, width: 1, value: 0x0b)
        uart.write(offset: 2, width: 1, value: 0xc1)
        uart.write(offset: 7, width: 1, value: 0x5a)
        _ = uart.receive(Array("typed ahead".utf8))
        _ = uart.read(offset: 0, width: 1)
      },
      goOn: { uart in ([2, 0, 0, 5, 7, 2] as [UInt64]).map { uart.read(offset: $0, width: 1) } }),

    StateContract(
      VirtioEntropy.self, make: { VirtioEntropy() }, live: { _ in }, goOn: { $0.queueSizes }),

    StateContract(
      VirtioConsole.self, make: makeConsole,
      live: { console in
        console.activate(features: VirtioConsole.Feature.size | VirtioConsole.Feature.multiport)
        console.setOpen(port: 1, true)
        _ = console.send([1, 2, 3], to: 1)
        console.resize(columns: 80, rows: 25)
      },
      goOn: { console in
        [console.send([4], to: 0), console.send([4], to: 1), Int(console.readConfig(offset: 0, width: 4))]
      }),

    StateContract(
      GuestAgent.self, make: { GuestAgent(domain: "d", isOpen: { true }, send: { $0.count }) },
      live: { _ in }, goOn: { agent in agent.save() }),

    StateContract(
      ConsoleBuffer.self, make: { ConsoleBuffer() }, live: { $0.write(Array("Linux version".utf8)) },
      goOn: { buffer in
        buffer.write(Array(" 6.12".utf8))
        return buffer.backlog
      }),

    StateContract(
      Hart.self, make: { try TestMachine(mebibytes: 1).hart },
      live: { hart in
        for number in 1..<32 { hart.setRegister(number, UInt64(number) &* 0x9e37_79b9_7f4a_7c15) }
        hart.registers[RegisterFile.floatBase + 7] = 0x4009_21fb_5444_2d18
        hart.interrupts.raise(InterruptPending.Bit.supervisorSoftware)
        var state = hart.save()
        state.pc = GuestMemory.base + 0x100
        (state.sstatus, state.sie, state.fcsr) = (Status.fs | Status.sum | Status.sd | Status.uxl64, 0x222, 0x45)
        (state.stvec, state.sscratch, state.sepc) = (GuestMemory.base, 7, GuestMemory.base + 2)
        (state.satp, state.scounteren, state.stimecmp) = (8 << 60 | 0x80010, 7, 1_000_000)
        try? hart.restore(state)
      },
      goOn: { hart in
        // The page tables are all zero: a page fault to the vector, which recurs there.
        let exit = hart.run(until: HostClock.now() + .seconds(1))
        return "\(exit) \(hart.pc) \(hart.save().scause)"
      }),
  ]

  @Test(arguments: parts) func aPartKeepsTheContract(_ part: StateContract) throws { try part.check() }
}
