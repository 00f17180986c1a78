/// What is to be known of a micro-operation by whoever builds, executes, translates or analyses blocks: one row for each
/// opcode.
struct OpTraits: Hashable, Sendable {
  enum Kind: Hashable, Sendable {
    /// Reads and writes registers only.
    case integer
    /// As `integer`, and raises floating-point flags.
    case float
    case load, store, atomic, fence
    /// May leave the block, to a known target; a `BlockLink` follows.
    case branch
    /// Leaves the block to a known target; a `BlockLink` follows.
    case jump
    /// Leaves the block to a computed target.
    case indirectJump
    /// Leaves the block where the instruction stream goes straight on; a `BlockLink` follows.
    case end
    /// No instruction: checks that those behind it may execute.
    case guardian
    /// Leaves the block for the hart's slow half.
    case system
  }

  /// Fields of a micro-operation that name registers.
  struct Operands: OptionSet, Hashable, Sendable {
    let rawValue: UInt8
    static let rs1 = Operands(rawValue: 1)
    static let rs2 = Operands(rawValue: 2)
    /// In the upper bits of `aux`.
    static let rs3 = Operands(rawValue: 4)
    static let two: Operands = [.rs1, .rs2]
    static let three: Operands = [.rs1, .rs2, .rs3]
  }

  var kind: Kind
  /// Registers that it reads.
  var reads: Operands
  /// Whether it writes the register `rd`.
  var writes: Bool
  /// Whether it may raise an exception.
  var mayTrap: Bool

  private init(_ kind: Kind, _ reads: Operands, writes: Bool = true, mayTrap: Bool = false) {
    (self.kind, self.reads, self.writes, self.mayTrap) = (kind, reads, writes, mayTrap)
  }

  init(_ code: OpCode) {
    switch code {
    case .li, .auipc: self.init(.integer, [])
    case .addi, .slti, .sltiu, .xori, .ori, .andi, .slli, .srli, .srai, .addiw, .slliw, .srliw, .sraiw, .slliuw, .clz,
      .ctz, .cpop, .clzw, .ctzw, .cpopw, .sextb, .sexth, .rori, .roriw, .orcb, .rev8, .bexti:
      self.init(.integer, .rs1)
    case .add, .sub, .sll, .slt, .sltu, .xor, .srl, .sra, .or, .and, .addw, .subw, .sllw, .srlw, .sraw, .mul, .mulh,
      .mulhsu, .mulhu, .div, .divu, .rem, .remu, .mulw, .divw, .divuw, .remw, .remuw, .adduw, .sh1add, .sh2add,
      .sh3add, .sh1adduw, .sh2adduw, .sh3adduw, .andn, .orn, .xnor, .max, .maxu, .min, .minu, .rol, .ror, .rolw, .rorw,
      .bclr, .bext, .binv, .bset:
      self.init(.integer, .two)

    case .lb, .lh, .lw, .ld, .lbu, .lhu, .lwu, .flw: self.init(.load, .rs1, mayTrap: true)
    case .sb, .sh, .sw, .sd: self.init(.store, .two, writes: false, mayTrap: true)
    case .lrW, .lrD: self.init(.atomic, .rs1, mayTrap: true)
    case .scW, .scD, .amoW, .amoD: self.init(.atomic, .two, mayTrap: true)
    case .fenceFull, .fencePartial: self.init(.fence, [], writes: false)

    case .beq, .bne, .blt, .bge, .bltu, .bgeu: self.init(.branch, .two, writes: false)
    case .jal: self.init(.jump, [])
    case .jalr: self.init(.indirectJump, .rs1)
    case .next: self.init(.end, [], writes: false)
    case .floatGuard, .roundingGuard: self.init(.guardian, [], writes: false, mayTrap: true)

    case .faddS, .fsubS, .fmulS, .fdivS, .fsgnjS, .fsgnjnS, .fsgnjxS, .fminS, .fmaxS, .feqS, .fltS, .fleS, .faddD,
      .fsubD, .fmulD, .fdivD, .fsgnjD, .fsgnjnD, .fsgnjxD, .fminD, .fmaxD, .feqD, .fltD, .fleD:
      self.init(.float, .two)
    case .fmaddS, .fmsubS, .fnmsubS, .fnmaddS, .fmaddD, .fmsubD, .fnmsubD, .fnmaddD: self.init(.float, .three)
    case .fsqrtS, .fclassS, .fcvtWS, .fcvtWUS, .fcvtLS, .fcvtLUS, .fcvtSW, .fcvtSWU, .fcvtSL, .fcvtSLU, .fmvXW, .fmvWX,
      .fsqrtD, .fclassD, .fcvtWD, .fcvtWUD, .fcvtLD, .fcvtLUD, .fcvtDW, .fcvtDWU, .fcvtDL, .fcvtDLU, .fcvtSD, .fcvtDS:
      self.init(.float, .rs1)

    case .csr: self.init(.system, .rs1, mayTrap: true)
    case .sfenceVMA: self.init(.system, .two, writes: false, mayTrap: true)
    case .ecall, .ebreak, .sret, .wfi, .fenceI, .illegal: self.init(.system, [], writes: false, mayTrap: true)
    }
  }

  /// Of every opcode, by its raw value.
  static let all: [OpTraits] = OpCode.allCases.map(OpTraits.init)
}

extension OpCode {
  var traits: OpTraits { OpTraits.all[Int(rawValue)] }

  /// Whether nothing after it in the block can follow.
  var endsBlock: Bool {
    switch traits.kind {
    case .jump, .indirectJump, .end, .system: true
    case .integer, .float, .load, .store, .atomic, .fence, .branch, .guardian: false
    }
  }

  /// Whether a `BlockLink` follows it.
  var hasLink: Bool {
    switch traits.kind {
    case .branch, .jump, .end: true
    case .integer, .float, .load, .store, .atomic, .fence, .indirectJump, .guardian, .system: false
    }
  }

  /// Instructions that it stands for.
  var instructionCount: Int {
    switch traits.kind {
    case .end, .guardian: 0
    default: 1
    }
  }

  /// Whether it is an instruction of F or D that memory and integer micro-operations don't stand for.
  var isFloat: Bool { traits.kind == .float || self == .flw }
}
