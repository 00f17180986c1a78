import Foundation
import HypervisorModel
import Testing

@testable import DomusEngine

/// Code that changes, devices, and guests that mean harm.
@Suite(.enabled(if: CrossTools.areInstalled))
struct HartCodeTests {
  @Test func newCodeRunsAfterFenceI() throws {
    let machine = try TestMachine(
      """
      .option norelax
      lla t0, patch
      lla t1, new
      lw t1, 0(t1)
      call patch
      mv s0, a0
      sw t1, 0(t0)
      fence.i
      call patch
      mv s1, a0
      ecall
      .option norvc
      .balign 4
      patch: li a0, 1
      ret
      new: li a0, 2
      """)
    machine.runToCall()
    #expect(machine.hart.register(8) == 1 && machine.hart.register(9) == 2)
  }

  @Test func codeWrittenByAnotherIsSeenAfterARemoteFence() throws {
    let machine = try TestMachine(".option norvc\n1: li a0, 1\necall\nj 1b")
    machine.runToCall()
    #expect(machine.hart.register(10) == 1)
    let new = try CrossTools.assemble(".option norvc\nli a0, 2")
    #expect(machine.memory.write(PhysicalAddress(GuestMemory.base), new))
    machine.hart.requestFenceI()
    machine.runToCall()
    #expect(machine.hart.register(10) == 2)
    #expect(!machine.hart.hasUnservedRequests)
  }

  @Test func codeMayChangeWhileAnotherHartRunsIt() throws {
    // The hart calls a function over and over until that returns something else.
    let machine = try TestMachine(
      ".option norvc\n1: call 2f\nbeqz a0, 1b\necall\n.balign 64\n2: li a0, 0\nret")
    let hart = machine.hart
    let patch = try CrossTools.assemble(".option norvc\nli a0, 5")
    Thread.detachNewThread { [memory = machine.memory] in
      usleep(20_000)
      _ = memory.write(PhysicalAddress(GuestMemory.base + 64), patch)
      hart.requestFenceI()
    }
    machine.runToCall()
    #expect(hart.register(10) == 5)
  }

  @Test func aHartExecutesWhatAnotherWrote() throws {
    let machine = try TestMachine(
      ".option norvc\nbnez a0, 2f\n1: call 3f\necall\nj 1b\n2: sw a1, 64(a0)\nfence.i\necall\n.balign 64\n3: li a0, 0\nret"
    )
    machine.runToCall()
    #expect(machine.hart.register(10) == 0)
    let second = try Hart(id: 1, memory: machine.memory, bus: machine.hart.bus, clock: machine.hart.clock)
    let instruction: UInt64 = 0x0050_0513  // li a0, 5
    second.start(at: GuestMemory.base, a0: GuestMemory.base, a1: instruction)
    guard case .environmentCall = second.run(until: HostClock.now() + .seconds(20)) else {
      Issue.record("the writer did not end")
      return
    }
    machine.hart.requestFenceI()
    machine.runToCall()
    #expect(machine.hart.register(10) == 5)
  }

  @Test func blocksAreDroppedAndDecodedAgain() throws {
    let machine = try TestMachine("1: addi s0, s0, 1\necall\nj 1b")
    machine.runToCall()
    machine.hart.dropBlocks()
    machine.runToCall()
    #expect(machine.hart.register(8) == 2)
  }

  @Test func blockStorageIsBounded() throws {
    // Writes a new constant into the loop and fences, 200 000 times: each round decodes the loop anew.
    let machine = try TestMachine(
      """
      .option norelax
      .option norvc
      lla t0, patch
      lw t1, 0(t0)
      li t2, 200000
      li t3, 1 << 20
      1: sw t1, 0(t0)
      fence.i
      patch: li a0, 0
      add t1, t1, t3
      addi t2, t2, -1
      bnez t2, 1b
      ecall
      """)
    machine.runToCall()
    #expect(machine.hart.core.pointee.usedBlockBytes <= HartArena.blockBytes)
    #expect(machine.hart.register(10) == UInt64(bitPattern: Int64((199_999 & 0xFFF) << 52) >> 52))
  }

  // MARK: Devices

  private final class Recorder: MMIODevice {
    nonisolated(unsafe) var writes: [(UInt64, Int, UInt64)] = []
    func read(offset: UInt64, width: Int) -> UInt64 { 0x8877_6655_4433_2211 &+ offset }
    func write(offset: UInt64, width: Int, value: UInt64) { writes.append((offset, width, value)) }
  }

  @Test func loadsAndStoresReachDevices() throws {
    let device = Recorder()
    let machine = try TestMachine(
      "li t0, 0x10000000\nlb s0, 0(t0)\nlwu s1, 4(t0)\nli t1, -2\nsh t1, 8(t0)\nsd t1, 16(t0)\necall",
      devices: [MMIOBus.Region(range: 0x1000_0000..<0x1000_1000, device: device)])
    machine.runToCall()
    #expect(machine.hart.register(8) == 0x11)
    #expect(machine.hart.register(9) == 0x4433_2215)
    #expect(device.writes.map(\.0) == [8, 16])
    #expect(device.writes.map(\.2) == [0xFFFE, 0xFFFF_FFFF_FFFF_FFFE])
  }

  @Test func misalignedDeviceAccessFaults() throws {
    let machine = try TestMachine(
      HartTrapTests.handler + "li t0, 0x10000001\nlw s0, 0(t0)",
      devices: [MMIOBus.Region(range: 0x1000_0000..<0x1000_1000, device: Recorder())])
    machine.runToCall()
    #expect(machine.hart.register(10) == 5 && machine.hart.register(12) == 0x1000_0001)
  }

  // MARK: Atomics

  @Test func twoHartsCountTogether() throws {
    let text = """
      li t0, 0x80100000
      li t1, 100000
      li t2, 1
      1: amoadd.d x0, t2, (t0)
      addi t5, t0, 8
      2: lr.w t3, (t5)
      addi t3, t3, 1
      sc.w t4, t3, (t5)
      bnez t4, 2b
      addi t1, t1, -1
      bnez t1, 1b
      ecall
      """
    let first = try TestMachine(text)
    let second = try Hart(id: 1, memory: first.memory, bus: first.hart.bus, clock: first.hart.clock)
    second.start(at: GuestMemory.base, a0: 0, a1: 0)
    let done = DispatchSemaphore(value: 0)
    Thread.detachNewThread {
      _ = second.run(until: HostClock.now() + .seconds(20))
      done.signal()
    }
    first.runToCall()
    done.wait()
    #expect(first.memory.load(PhysicalAddress(0x8010_0000), as: UInt64.self) == 200_000)
    #expect(first.memory.load(PhysicalAddress(0x8010_0008), as: UInt32.self) == 200_000)
  }

  @Test func aStoreConditionalWithoutReservationFails() throws {
    let machine = try TestMachine(
      "li t0, 0x80100000\nsc.d s0, t0, (t0)\nlr.d s1, (t0)\nsc.d s2, t0, (t0)\nsc.d s3, t0, (t0)\necall")
    machine.runToCall()
    #expect(machine.hart.register(8) == 1 && machine.hart.register(18) == 0 && machine.hart.register(19) == 1)
  }

  /// SC compares values: docs/ARCHITECTURE.md says why.
  @Test func aStoreConditionalFailsWhereAnotherHartHasChangedTheValue() throws {
    for (stored, result) in [([8], 1), ([7], 0), ([8, 7], 0)] as [([UInt64], UInt64)] {
      let machine = try TestMachine("li t0, 0x80100000\nlr.d s1, (t0)\necall\nsc.d s2, t0, (t0)\necall")
      let place = PhysicalAddress(0x8010_0000)
      _ = machine.memory.store(place, 7 as UInt64)
      machine.runToCall()
      for value in stored { _ = machine.memory.store(place, value) }
      machine.runToCall()
      #expect(machine.hart.register(18) == result, "\(stored)")
    }
  }

  // MARK: Robustness

  @Test(arguments: 1...20 as ClosedRange<UInt64>)
  func randomBytesNeverHurtTheHost(_ seed: UInt64) throws {
    let machine = try TestMachine(mebibytes: 4)
    var random = SeededGenerator(seed: seed)
    for offset in stride(from: 0, to: machine.memory.size, by: 8) {
      _ = machine.memory.store(PhysicalAddress(GuestMemory.base + offset), random.next())
    }
    let hart = machine.hart
    for round in 0..<40 {
      hart.start(at: GuestMemory.base + random.next() % machine.memory.size, a0: random.next(), a1: random.next())
      for register in 1..<32 where Bool.random(using: &random) {
        hart.setRegister(register, GuestMemory.base + random.next() % machine.memory.size)
      }
      // Traps go on in random code; now and then with translation on, by tables of random bytes.
      var state = hart.save()
      state.stvec = GuestMemory.base + random.next() % machine.memory.size
      state.sstatus = random.next()
      state.isUser = round % 3 == 1
      if round % 4 == 3 { state.satp = (8 + UInt64(round) % 3) << 60 | (GuestMemory.base >> 12) + random.next() % 1024 }
      try hart.restore(state)
      for _ in 0..<10 {
        if case .fault = hart.run(until: HostClock.now() + .microseconds(200)) { break }
      }
    }
  }
}
