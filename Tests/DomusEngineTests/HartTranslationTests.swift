import HypervisorModel
import Testing

@testable import DomusEngine

/// Virtual memory: all three modes, permissions, A and D, superpages, accesses that cross pages.
@Suite(.enabled(if: CrossTools.areInstalled))
struct HartTranslationTests {
  enum Mode: UInt64, CaseIterable, Sendable {
    case sv39 = 8
    case sv48, sv57
    var levels: Int { Int(rawValue) - 5 }
  }

  private enum Bits {
    static let r: UInt64 = 2
    static let w: UInt64 = 4
    static let x: UInt64 = 8
    static let u: UInt64 = 16
    static let a: UInt64 = 64
    static let d: UInt64 = 128
    static let data = r | w | a | d
    static let all = r | w | x | a | d
  }

  /// Page tables in guest memory from 8 MiB on; the program's first 2 MiB are mapped one to one.
  private final class Space {
    let machine: TestMachine
    let mode: Mode
    private var nextTable: UInt64 = GuestMemory.base + (8 << 20)
    let root: UInt64

    init(_ machine: TestMachine, _ mode: Mode) {
      self.machine = machine
      self.mode = mode
      root = nextTable
      nextTable += 4096
      map(GuestMemory.base, to: GuestMemory.base, Bits.all, level: 1)
    }

    /// Maps one page of the level's size.
    func map(_ virtual: UInt64, to physical: UInt64, _ bits: UInt64, level: Int = 0) {
      setEntry(virtual, (physical >> 12) << 10 | bits | 1, level: level)
    }

    func setEntry(_ virtual: UInt64, _ entry: UInt64, level target: Int = 0) {
      var table = root
      for level in (0..<mode.levels).reversed() {
        let slot = PhysicalAddress(table + ((virtual >> (12 + 9 * UInt64(level))) & 511) * 8)
        if level == target {
          _ = machine.memory.store(slot, entry)
          return
        }
        var next = machine.memory.load(slot, as: UInt64.self) ?? 0
        if next & 1 == 0 {
          next = (nextTable >> 12) << 10 | 1
          nextTable += 4096
          _ = machine.memory.store(slot, next)
        }
        table = (next >> 10) << 12
      }
    }

    var satp: UInt64 { mode.rawValue << 60 | root >> 12 }
  }

  /// Runs `body` with translation on, in supervisor mode; a0 is satp.
  private func run(
    _ body: String, _ mode: Mode = .sv39, prepare: (Space) throws -> Void = { _ in }
  ) throws -> (hart: Hart, machine: TestMachine) {
    let machine = try TestMachine()
    try machine.load(HartTrapTests.handler + "csrw satp, a0\nsfence.vma\n" + body)
    let space = Space(machine, mode)
    try prepare(space)
    machine.hart.start(at: GuestMemory.base, a0: space.satp, a1: 0)
    machine.runToCall()
    return (machine.hart, machine)
  }

  private let data: UInt64 = 0x4000_0000
  private let target = GuestMemory.base + (4 << 20)

  @Test(arguments: Mode.allCases)
  func translatesInEveryMode(_ mode: Mode) throws {
    // The highest page of the lower half, and the lowest of the upper.
    let half: UInt64 = 1 << (UInt64(mode.levels) * 9 + 11)
    let low = half - 4096
    let high = 0 &- half
    let (hart, machine) = try run(
      "li t0, \(hex(low))\nli t1, 0x1234\nsd t1, 16(t0)\nli t0, \(hex(high))\nld s0, 16(t0)\nmv a0, x0\necall", mode
    ) { space in
      space.map(low, to: target, Bits.data)
      space.map(high, to: target, Bits.data)
    }
    #expect(hart.register(8) == 0x1234)
    #expect(machine.memory.load(PhysicalAddress(target + 16), as: UInt64.self) == 0x1234)
  }

  @Test(arguments: Mode.allCases)
  func addressesMustBeCanonical(_ mode: Mode) throws {
    let bad: UInt64 = 1 << (UInt64(mode.levels) * 9 + 11)
    let (hart, _) = try run("li t0, \(hex(bad))\nld s0, 0(t0)", mode)
    #expect(hart.register(10) == 13 && hart.register(12) == bad)
  }

  struct Permission: Sendable, CustomTestStringConvertible {
    let name: String
    let bits: UInt64
    let instruction: String
    /// 0 if it is allowed.
    let cause: UInt64
    var status: UInt64 = 0
    var testDescription: String { name }
  }

  static let permissions: [Permission] = [
    Permission(name: "read", bits: Bits.r | Bits.a, instruction: "ld s0, 0(t0)", cause: 0),
    Permission(name: "write to read-only", bits: Bits.r | Bits.a | Bits.d, instruction: "sd s0, 0(t0)", cause: 15),
    Permission(name: "A clear on read", bits: Bits.r | Bits.w | Bits.d, instruction: "ld s0, 0(t0)", cause: 13),
    Permission(name: "D clear on read", bits: Bits.r | Bits.w | Bits.a, instruction: "ld s0, 0(t0)", cause: 0),
    Permission(name: "D clear on write", bits: Bits.r | Bits.w | Bits.a, instruction: "sd s0, 0(t0)", cause: 15),
    Permission(name: "D clear on AMO", bits: Bits.r | Bits.w | Bits.a, instruction: "amoor.w s0, x0, (t0)", cause: 15),
    Permission(name: "execute-only read", bits: Bits.x | Bits.a, instruction: "ld s0, 0(t0)", cause: 13),
    Permission(
      name: "execute-only read with MXR", bits: Bits.x | Bits.a, instruction: "ld s0, 0(t0)", cause: 0,
      status: Status.mxr),
    Permission(name: "fetch of data", bits: Bits.data, instruction: "jr t0", cause: 12),
    Permission(name: "A clear on fetch", bits: Bits.x, instruction: "jr t0", cause: 12),
    Permission(name: "user page", bits: Bits.data | Bits.u, instruction: "ld s0, 0(t0)", cause: 13),
    Permission(name: "store to user page", bits: Bits.data | Bits.u, instruction: "sd s0, 0(t0)", cause: 15),
    Permission(
      name: "user page with SUM", bits: Bits.data | Bits.u, instruction: "sd s0, 0(t0)", cause: 0, status: Status.sum),
    Permission(
      name: "fetch of user page with SUM", bits: Bits.all | Bits.u, instruction: "jr t0", cause: 12,
      status: Status.sum),
    Permission(name: "write-only is reserved", bits: Bits.w | Bits.a | Bits.d, instruction: "sd s0, 0(t0)", cause: 15),
    Permission(name: "PBMT is reserved", bits: Bits.data | 1 << 61, instruction: "ld s0, 0(t0)", cause: 13),
    Permission(name: "a pointer at the last level", bits: 0, instruction: "ld s0, 0(t0)", cause: 13),
  ]

  @Test(arguments: permissions)
  func checks(_ permission: Permission) throws {
    let (hart, _) = try run(
      "li t0, \(hex(permission.status))\ncsrs sstatus, t0\nli t0, \(hex(data))\n\(permission.instruction)\nli a0, 0\necall"
    ) { space in
      space.map(data, to: target, permission.bits)
    }
    #expect(hart.register(10) == permission.cause)
    if permission.cause != 0 { #expect(hart.register(12) == data) }
  }

  @Test func clearingSUMTakesTheRightAway() throws {
    let (hart, _) = try run(
      "li t1, 0x40000\ncsrs sstatus, t1\nli t0, \(hex(data))\nld s0, 0(t0)\nli s1, 1\ncsrc sstatus, t1\nld s0, 0(t0)"
    ) { space in space.map(data, to: target, Bits.data | Bits.u) }
    #expect(hart.register(10) == 13 && hart.register(9) == 1)
  }

  @Test func usersSeeOnlyTheirPages() throws {
    let code: UInt64 = 0x5000_0000
    let (hart, _) = try run(
      """
      li t0, \(hex(code))
      csrw sepc, t0
      li t0, 0x100
      csrc sstatus, t0
      li t0, \(hex(data))
      li t1, 0x80000000
      sret
      .balign 4096
      ld s0, 0(t0)
      ld s1, 0(t1)
      """
    ) { space in
      space.map(data, to: target, Bits.data | Bits.u)
      space.map(code, to: GuestMemory.base + 4096, Bits.all | Bits.u)
      _ = space.machine.memory.store(PhysicalAddress(target), 99 as UInt64)
    }
    #expect(hart.register(10) == 13 && hart.register(12) == 0x8000_0000)
    #expect(hart.register(8) == 99)
  }

  @Test func superpagesMapEveryPiece() throws {
    let (hart, machine) = try run(
      "li t0, \(hex(data + 0x12_3450))\nli t1, 77\nsd t1, 0(t0)\nli a0, 0\necall"
    ) { space in space.map(data, to: target, Bits.data, level: 1) }
    #expect(hart.register(10) == 0)
    #expect(machine.memory.load(PhysicalAddress(target + 0x12_3450), as: UInt64.self) == 77)
  }

  @Test func misalignedSuperpagesFault() throws {
    let (hart, _) = try run("li t0, \(hex(data))\nld s0, 0(t0)") { space in
      space.map(data, to: target + 4096, Bits.data, level: 1)
    }
    #expect(hart.register(10) == 13)
  }

  @Test func tablesOutsideMemoryAreAccessFaults() throws {
    let (hart, _) = try run("li t0, \(hex(data))\nsd s0, 0(t0)") { space in
      space.setEntry(data, 0x10 << 10 | 1, level: 1)
    }
    #expect(hart.register(10) == 7)
  }

  @Test func accessesMayCrossPages() throws {
    let (hart, machine) = try run(
      "li t0, \(hex(data + 0xFFD))\nli t1, 0x1122334455667788\nsd t1, 0(t0)\nld s0, 0(t0)\nlwu s1, 1(t0)\nli a0, 0\necall"
    ) { space in
      space.map(data, to: target, Bits.data)
      space.map(data + 4096, to: target + 0x5000, Bits.data)
    }
    #expect(hart.register(8) == 0x1122_3344_5566_7788)
    #expect(hart.register(9) == 0x4455_6677)
    #expect(machine.memory.load(PhysicalAddress(target + 0x5000), as: UInt32.self) == 0x2233_4455)
  }

  @Test func aCrossingStoreThatFaultsWritesNothing() throws {
    let (hart, machine) = try run("li t0, \(hex(data + 0xFFD))\nli t1, -1\nsd t1, 0(t0)") { space in
      space.map(data, to: target, Bits.data)
    }
    #expect(hart.register(10) == 15 && hart.register(12) == data + 4096)
    #expect(machine.memory.load(PhysicalAddress(target + 0xFF8), as: UInt64.self) == 0)
  }

  @Test func sfenceMakesANewMappingSeen() throws {
    // The page table entry of `data` is itself mapped at 0x6000_0000.
    var slot: UInt64 = 0
    let (hart, _) = try run(
      """
      li t0, \(hex(data))
      ld s0, 0(t0)
      li t2, 0x60000000
      lla t1, entry
      ld t1, 0(t1)
      sd t1, 0(t2)
      sfence.vma t0
      ld s1, 0(t0)
      li a0, 0
      ecall
      .balign 8
      entry: .dword \(hex(((target + 4096) >> 12) << 10 | Bits.data | 1))
      """
    ) { space in
      space.map(data, to: target, Bits.data)
      let middle = space.machine.memory.load(PhysicalAddress(space.root + 8), as: UInt64.self) ?? 0
      let last = space.machine.memory.load(PhysicalAddress((middle >> 10) << 12), as: UInt64.self) ?? 0
      slot = (last >> 10) << 12
      space.map(0x6000_0000, to: slot, Bits.data)
      _ = space.machine.memory.store(PhysicalAddress(target), 1 as UInt64)
      _ = space.machine.memory.store(PhysicalAddress(target + 4096), 2 as UInt64)
    }
    #expect(hart.register(10) == 0)
    #expect(hart.register(8) == 1 && hart.register(9) == 2)
  }

  @Test func instructionsMayStraddlePages() throws {
    // addi s0, x0, 0x123 at the end of one page and the start of another that is elsewhere in memory.
    let code: UInt64 = 0x5000_0000
    let (hart, _) = try run("li t0, \(hex(code + 0xFFE))\njalr t0\njalr t0\nli a0, 0\necall") { space in
      space.map(code, to: target, Bits.all)
      space.map(code + 4096, to: target + 0x7000, Bits.all)
      let memory = space.machine.memory
      _ = memory.store(PhysicalAddress(target + 0xFFE), UInt16(0x0413))
      _ = memory.store(PhysicalAddress(target + 0x7000), UInt16(0x1230))
      _ = memory.store(PhysicalAddress(target + 0x7002), UInt16(0x8082))
    }
    #expect(hart.register(10) == 0 && hart.register(8) == 0x123)
  }

  @Test func aStraddlingInstructionFaultsAtItsSecondHalf() throws {
    let code: UInt64 = 0x5000_0000
    let (hart, _) = try run("li t0, \(hex(code + 0xFFE))\njr t0") { space in
      space.map(code, to: target, Bits.all)
      _ = space.machine.memory.store(PhysicalAddress(target + 0xFFE), UInt16(0x0413))
    }
    #expect(hart.register(10) == 12 && hart.register(11) == code + 0xFFE && hart.register(12) == code + 0x1000)
  }
}
