import Foundation
import HypervisorModel
import Synchronization
import Testing

@testable import DomusEngine

/// A machine with the built-in guest that a test runs by hand, on a clock that stands still while the guest executes.
final class HandMachine {
  let time = ManualTime(.seconds(1000))
  let console = Console()
  let machine: Machine
  private let vcpu: VCPU

  init(seed: UInt64 = 1) throws {
    let kernel = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().appendingPathComponent("Guests/build/guest.elf").path
    let random = Mutex(SeededGenerator(seed: seed))
    machine = try Machine(
      config: DomainConfig(name: "hand", kernel: .path(kernel), memory: .mebibytes(32)), console: console,
      builtinGuest: nil, clock: .manual(time),
      entropy: EntropySource { buffer in
        random.withLock { random in
          for index in buffer.indices { buffer[index] = UInt8(truncatingIfNeeded: random.next()) }
        }
      })
    vcpu = VCPU(hart: machine.harts[0], machine: machine)
  }

  deinit { machine.stop() }

  /// Runs until the guest waits for input.
  func run() {
    for _ in 0..<10_000 {
      guard case .blocked(let until) = vcpu.run(until: .never, on: PCPUID(0)), until != .never else { return }
      time.set(until)
    }
  }

  /// What the guest answers to a command.
  func answer(_ command: String) -> String {
    let before = console.output.backlog.count
    #expect(machine.uart.receive(Array("\(command)\r".utf8)) == command.utf8.count + 1)
    run()
    return String(decoding: console.output.backlog.dropFirst(before), as: UTF8.self)
  }

  func memory() throws -> [UInt8] {
    try #require(machine.memory.read(PhysicalAddress(GuestMemory.base), count: Int(machine.memory.size)))
  }
}
