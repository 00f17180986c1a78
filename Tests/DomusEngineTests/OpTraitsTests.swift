import HypervisorModel
import Testing

@testable import DomusEngine

@Suite struct OpTraitsTests {
  private static let upperHalf: UInt64 = 0xffff_ffff << 32

  @Test func everyOpcodeHasItsRow() {
    #expect(OpTraits.all.count == OpCode.allCases.count)
    for (index, code) in OpCode.allCases.enumerated() {
      #expect(Int(code.rawValue) == index)
      #expect(code.traits == OpTraits(code))
    }
  }

  @Test func rowsAgreeWithEachOther() {
    for code in OpCode.allCases {
      let traits = code.traits
      if code.hasLink { #expect([.branch, .jump, .end].contains(traits.kind), "\(code)") }
      switch traits.kind {
      case .load, .store, .atomic, .guardian, .system: #expect(traits.mayTrap, "\(code)")
      case .integer, .float: #expect(traits.writes && !traits.mayTrap, "\(code)")
      case .fence, .branch, .jump, .indirectJump, .end: #expect(!traits.mayTrap, "\(code)")
      }
    }
  }

  /// Instructions of the classes that only read and write registers, several of each opcode.
  private static let samples: [OpCode: [UInt32]] = {
    let majors: [UInt32] = [0x13, 0x1b, 0x33, 0x3b, 0x53, 0x43, 0x47, 0x4b, 0x4f, 0x37, 0x17]
    let functions: [UInt32] = [
      0x00, 0x01, 0x04, 0x05, 0x08, 0x09, 0x0c, 0x0d, 0x10, 0x11, 0x14, 0x15, 0x20, 0x21, 0x24, 0x28, 0x2c, 0x2d, 0x30,
      0x34, 0x35, 0x50, 0x51, 0x60, 0x61, 0x68, 0x69, 0x70, 0x71, 0x78, 0x79,
    ]
    var random = SeededGenerator(seed: 42)
    var samples: [OpCode: [UInt32]] = [:]
    for _ in 0..<400_000 {
      let rs2 =
        Bool.random(using: &random)
        ? UInt32.random(in: 0..<8, using: &random) : [7, 24, 31].randomElement(using: &random) ?? 0
      let word =
        (functions.randomElement(using: &random) ?? 0) << 25 | rs2 << 20
        | UInt32.random(in: 1..<32, using: &random) << 15 | UInt32.random(in: 0..<8, using: &random) << 12
        | UInt32.random(in: 1..<32, using: &random) << 7 | (majors.randomElement(using: &random) ?? 0)
      let code = InstructionDecoder.decode(word).code
      guard [.integer, .float].contains(code.traits.kind), samples[code, default: []].count < 12 else { continue }
      samples[code, default: []].append(word)
    }
    return samples
  }()

  @Test func thereAreSamplesOfEveryOpcodeThatOnlyTouchesRegisters() {
    for code in OpCode.allCases where [.integer, .float].contains(code.traits.kind) {
      #expect(Self.samples[code] != nil, "\(code)")
    }
  }

  @Test(arguments: ExecutionEngine.allCases)
  func anInstructionWritesItsDestinationOnlyAndReadsItsOperandsOnly(_ engine: ExecutionEngine) throws {
    let machine = try TestMachine(mebibytes: 1, engine: engine)
    var random = SeededGenerator(seed: 7)
    for code in OpCode.allCases {
      guard let words = Self.samples[code] else { continue }
      var decisive = OpTraits.Operands()
      for (index, word) in words.enumerated() {
        let values = Values.allCases[index % Values.allCases.count]
        let op = InstructionDecoder.decode(word)
        let before = (0..<RegisterFile.count).map { _ in values.next(&random) }
        let after = try execute(word, before, machine)
        let changed = before.indices.filter { before[$0] != after[$0] && $0 != 0 && $0 != RegisterFile.sink }
        #expect(changed.isEmpty || changed == [Int(op.rd)], "\(code)")

        let operands = Self.operands(of: op)
        var others = before
        for index in 1..<RegisterFile.count where !operands.contains(where: { $0.register == index }) {
          others[index] = values.next(&random)
        }
        #expect(try execute(word, others, machine)[Int(op.rd)] == after[Int(op.rd)], "\(code) reads something else")

        for operand in operands {
          // Other numbers, and that of another operand: comparisons for equality see no other difference.
          for value in operands.map({ before[$0.register] }) + (0..<8).map({ _ in values.next(&random) }) {
            var one = before
            one[operand.register] = value
            if try execute(word, one, machine)[Int(op.rd)] != after[Int(op.rd)] { decisive.insert(operand.operand) }
          }
        }
      }
      #expect(decisive == code.traits.reads, "\(code) doesn't read all that its row says")
    }
  }

  /// What a register may hold: numbers of one kind, a few of them often, so that they are equal now and then.
  private enum Values: CaseIterable {
    case any, singles, doubles

    func next(_ random: inout SeededGenerator) -> UInt64 {
      let few: [Float] = [0, -0.0, 1, -1, 2.5, 1e9, .infinity, .nan]
      let isOneOfFew = Bool.random(using: &random)
      switch self {
      case .any: return isOneOfFew ? [0, 1, .max, 1 << 63][Int.random(in: 0..<4, using: &random)] : random.next()
      case .singles:
        let value = isOneOfFew ? few.randomElement(using: &random) : Float.random(in: -1000...1000, using: &random)
        return OpTraitsTests.upperHalf | UInt64((value ?? 0).bitPattern)
      case .doubles:
        let value =
          isOneOfFew ? few.randomElement(using: &random).map(Double.init) : .random(in: -1000...1000, using: &random)
        return (value ?? 0).bitPattern
      }
    }
  }

  private static func operands(of op: MicroOp) -> [(operand: OpTraits.Operands, register: Int)] {
    let all: [(OpTraits.Operands, Int)] = [
      (.rs1, Int(op.rs1)), (.rs2, Int(op.rs2)), (.rs3, RegisterFile.floatBase + Int(op.aux >> 3)),
    ]
    return all.filter { op.code.traits.reads.contains($0.0) }
  }

  /// The register file after one instruction.
  private func execute(_ word: UInt32, _ registers: [UInt64], _ machine: TestMachine) throws -> [UInt64] {
    let hart = machine.hart
    // Rounding mode 7, which most samples don't have, is dynamic: to the nearest.
    var state = hart.save()
    (state.pc, state.sstatus, state.fcsr) = (GuestMemory.base, Status.fs, 0)
    try hart.restore(state)
    try #require(machine.memory.store(PhysicalAddress(GuestMemory.base), UInt64(0x73) << 32 | UInt64(word)))
    for index in 1..<RegisterFile.count { hart.registers[index] = registers[index] }
    machine.runToCall()
    return (0..<RegisterFile.count).map { hart.registers[$0] }
  }
}

/// Whoever generates code reads and writes these at fixed places.
@Suite struct HartLayoutTests {
  @Test func theRegisterFileIsIntegerRegistersASinkAndFloatRegisters() {
    #expect(RegisterFile.sink == 32)
    #expect(RegisterFile.floatBase == 33)
    #expect(RegisterFile.count == 65)
  }

  @Test func microOperationsAndLinksHaveTheSameSize() {
    #expect(MemoryLayout<MicroOp>.size == 16 && MemoryLayout<MicroOp>.stride == 16)
    #expect(MemoryLayout<BlockLink>.size == 16 && MemoryLayout<BlockLink>.stride == 16)
    #expect(MemoryLayout<MicroOp>.offset(of: \.code) == 0)
    #expect(MemoryLayout<MicroOp>.offset(of: \.rd) == 1)
    #expect(MemoryLayout<MicroOp>.offset(of: \.rs1) == 2)
    #expect(MemoryLayout<MicroOp>.offset(of: \.rs2) == 3)
    #expect(MemoryLayout<MicroOp>.offset(of: \.offset) == 4)
    #expect(MemoryLayout<MicroOp>.offset(of: \.length) == 6)
    #expect(MemoryLayout<MicroOp>.offset(of: \.aux) == 7)
    #expect(MemoryLayout<MicroOp>.offset(of: \.imm) == 8)
  }

  @Test func theHotLoopsFieldsComeFirst() {
    #expect(MemoryLayout<HartCore>.offset(of: \.pc) == 0)
    #expect(MemoryLayout<HartCore>.offset(of: \.budget) == 8)
    #expect(MemoryLayout<HartCore>.offset(of: \.slice) == 16)
    #expect(MemoryLayout<HartCore>.offset(of: \.retiredBefore) == 24)
    #expect(MemoryLayout<HartCore>.offset(of: \.generation) == 32)
    #expect(MemoryLayout<HartCore>.offset(of: \.tlb) == 40)
    #expect(MemoryLayout<HartCore>.offset(of: \.tlbGeneration) == 48)
    #expect(MemoryLayout<HartCore>.offset(of: \.fflags) == 56)
  }

  @Test func aTLBEntryHasItsTagsAndItsAddend() {
    #expect(MemoryLayout<TLBEntry>.size == 32)
    #expect(MemoryLayout<TLBEntry>.offset(of: \.readTag) == 0)
    #expect(MemoryLayout<TLBEntry>.offset(of: \.writeTag) == 8)
    #expect(MemoryLayout<TLBEntry>.offset(of: \.executeTag) == 16)
    #expect(MemoryLayout<TLBEntry>.offset(of: \.addend) == 24)
  }
}
