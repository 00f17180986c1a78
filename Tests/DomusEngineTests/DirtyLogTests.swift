import Dispatch
import Glibc
import HypervisorModel
import Synchronization
import Testing

@testable import DomusEngine

@Suite struct DirtyLogTests {
  private static let page = Int(GuestMemory.pageSize)

  // MARK: Marks

  @Test func marksOfARangeAreThePagesThatItTouches() throws {
    let log = try DirtyLog(pages: 200)
    log.mark(offset: 0, count: 1)
    log.mark(offset: 4095, count: 2)
    log.mark(offset: 63 * 4096, count: 2 * 4096)
    log.mark(offset: 70 * 4096 + 5, count: 0)
    #expect(log.takeMarks() == [0, 1, 63, 64])
    #expect(log.takeMarks() == [])
    log.mark(offset: 10 * 4096, count: 180 * 4096)
    #expect(log.takeMarks() == Array(10..<190))
  }

  @Test func everyWriteOfDevicesAndTheLoaderIsMarked() throws {
    let memory = try GuestMemory(size: .mebibytes(1))
    let base = GuestMemory.base
    #expect(memory.write(PhysicalAddress(base + 0xffe), [1, 2, 3]))
    #expect(memory.store(PhysicalAddress(base + 0x4000), UInt64(1)))
    memory.withMutableBytes(PhysicalAddress(base + 0x8000), count: 8193) { _ in }
    #expect(memory.dirtyLog.takeMarks() == [0, 1, 4, 8, 9, 10])
    #expect(memory.load(PhysicalAddress(base), as: UInt64.self) != nil)
    #expect(memory.read(PhysicalAddress(base + 0x2000), count: 4096) != nil)
    #expect(!memory.write(PhysicalAddress(base + 0xf_ffff), [1, 2]))
    #expect(memory.dirtyLog.takeMarks() == [])
  }

  // MARK: Harts

  /// Changes random places in the 4 MiB from s0, s2 times, by all kinds of writes; s1 is the state of the random numbers.
  private static let program = """
      li s3, 0x0101010101010101
    next:
      slli t0, s1, 13
      xor s1, s1, t0
      srli t0, s1, 7
      xor s1, s1, t0
      slli t0, s1, 17
      xor s1, s1, t0
      srli t1, s1, 20
      li t2, 0x3ffff0
      and t1, t1, t2
      add t1, t1, s0
      andi t3, s1, 7
      la t4, cases
      slli t3, t3, 4
      add t4, t4, t3
      jr t4
      .option push
      .option norvc
      .balign 16
    cases:
      lbu t5, 3(t1)
      addi t5, t5, 1
      sb t5, 3(t1)
      j done
      ld t5, 13(t1)
      add t5, t5, s3
      sd t5, 13(t1)
      j done
      li t5, 1
      amoadd.d zero, t5, (t1)
      nop
      j done
      lr.w t5, (t1)
      addi t5, t5, 1
      sc.w t6, t5, (t1)
      j done
      lhu t5, 2(t1)
      addi t5, t5, 1
      sh t5, 2(t1)
      j done
      lw t5, 4(t1)
      lw t5, 8(t1)
      nop
      j done
      lw t5, 4(t1)
      addi t5, t5, 1
      sw t5, 4(t1)
      j done
      lw t5, 0(t1)
      addi t6, t5, 1
      amoswap.w zero, t6, (t1)
      j done
      .option pop
    done:
      addi s2, s2, -1
      bnez s2, next
      ecall
    """

  private static let region = GuestMemory.base + 0x80_0000

  private func machine(seed: UInt64, rounds: UInt64) throws -> TestMachine {
    let machine = try TestMachine(Self.program)
    machine.hart.setRegister(8, Self.region)
    machine.hart.setRegister(9, seed | 1)
    machine.hart.setRegister(18, rounds)
    return machine
  }

  private func contents(_ memory: GuestMemory) throws -> [UInt8] {
    try #require(memory.read(PhysicalAddress(GuestMemory.base), count: Int(memory.size)))
  }

  /// Numbers of the pages that differ.
  private func differences(_ a: [UInt8], _ b: [UInt8]) -> [Int] {
    let size = min(a.count, b.count)
    return a.withUnsafeBytes { a in
      b.withUnsafeBytes { b in
        guard let a = a.baseAddress, let b = b.baseAddress else { return [] }
        return stride(from: 0, to: size, by: Self.page)
          .filter { memcmp(a + $0, b + $0, Self.page) != 0 }.map { $0 / Self.page }
      }
    }
  }

  @Test(.enabled(if: CrossTools.areInstalled), arguments: 1...10 as ClosedRange<UInt64>)
  func theLogIsWhatAComparisonOfAllBytesFinds(seed: UInt64) throws {
    let machine = try machine(seed: seed &* 0x9e37_79b9_7f4a_7c15, rounds: 300)
    machine.memory.dirtyLog.setOn(true)
    machine.hart.requestTLBFlush(.all)
    for _ in 0..<4 {
      _ = machine.memory.dirtyLog.takeMarks()
      machine.hart.requestTLBFlush(.all)
      let before = try contents(machine.memory)
      machine.runToCall()
      #expect(machine.memory.dirtyLog.takeMarks() == differences(before, try contents(machine.memory)))
      machine.hart.start(at: GuestMemory.base, a0: 0, a1: 0)
      machine.hart.setRegister(8, Self.region)
      machine.hart.setRegister(9, UInt64.random(in: 1...UInt64.max))
      machine.hart.setRegister(18, 300)
    }
  }

  @Test func aMachineTellsWhatItsGuestWritesFromOneCollectionToTheNext() throws {
    let hand = try HandMachine()
    hand.run()
    hand.machine.startDirtyLog()
    _ = hand.machine.collectDirtyPages()
    let before = try hand.memory()
    _ = hand.answer("fill 2")
    let pages = hand.machine.collectDirtyPages()
    #expect(Set(differences(before, try hand.memory())).isSubset(of: pages))
    #expect(pages.count >= 512 && pages.count < 600, "\(pages.count)")
    #expect(hand.machine.collectDirtyPages() == [])
    _ = hand.answer("echo")
    #expect(!hand.machine.collectDirtyPages().isEmpty)
    hand.machine.stopDirtyLog()
    _ = hand.answer("fill 3")
    #expect(hand.machine.collectDirtyPages() == [])
  }

  @Test(.enabled(if: CrossTools.areInstalled)) func hartsMarkNothingWhileTheLogIsOff() throws {
    let machine = try machine(seed: 7, rounds: 300)
    _ = machine.memory.dirtyLog.takeMarks()
    machine.runToCall()
    #expect(machine.memory.dirtyLog.takeMarks() == [])
  }

  /// As a migration does: pages are copied again and again while the hart runs, and the copy is right in the end.
  @Test(.enabled(if: CrossTools.areInstalled), arguments: [3, 5] as [UInt64])
  func aCopyMadeWhileTheGuestRunsBecomesTheSame(seed: UInt64) throws {
    let machine = try machine(seed: seed, rounds: .max)
    let memory = machine.memory
    let hart = machine.hart
    let ends = Atomic(false)
    let ended = DispatchSemaphore(value: 0)
    _ = memory.dirtyLog.takeMarks()
    memory.dirtyLog.setOn(true)
    var copy = try contents(memory)
    DispatchQueue(label: "vcpu").async {
      while !ends.load(ordering: .acquiring) { _ = hart.run(until: HostClock.now() + .milliseconds(1)) }
      ended.signal()
    }
    func copyDirtyPages() throws {
      let pages = memory.dirtyLog.takeMarks()
      dropTranslations(hart, unless: ends)
      for page in pages {
        let bytes = try #require(
          memory.read(PhysicalAddress(GuestMemory.base + UInt64(page * Self.page)), count: Self.page))
        copy.replaceSubrange(page * Self.page..<(page + 1) * Self.page, with: bytes)
      }
    }
    for _ in 0..<50 { try copyDirtyPages() }
    ends.store(true, ordering: .releasing)
    ended.wait()
    try copyDirtyPages()
    #expect(differences(copy, try contents(memory)) == [])
  }

  private func dropTranslations(_ hart: Hart, unless ended: borrowing Atomic<Bool>) {
    hart.requestTLBFlush(.all)
    while hart.hasUnservedRequests, !ended.load(ordering: .acquiring) {}
  }
}
