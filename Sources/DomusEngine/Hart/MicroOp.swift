/// What a micro-operation does. `x` is the register file, `pc` the virtual address of the block's first byte.
///
/// Instructions that differ only in how an operand is encoded share a case: LUI and C.LI are `li`; BSETI is `ori` with
/// a wide constant; FLD is `ld` into the floating-point half of the register file.
enum OpCode: UInt8, CaseIterable {
  // Register–immediate
  case li, auipc, addi, slti, sltiu, xori, ori, andi, slli, srli, srai, addiw, slliw, srliw, sraiw
  // Register–register
  case add, sub, sll, slt, sltu, xor, srl, sra, or, and, addw, subw, sllw, srlw, sraw
  // M
  case mul, mulh, mulhsu, mulhu, div, divu, rem, remu, mulw, divw, divuw, remw, remuw
  // Zba
  case adduw, sh1add, sh2add, sh3add, sh1adduw, sh2adduw, sh3adduw, slliuw
  // Zbb
  case andn, orn, xnor, clz, ctz, cpop, clzw, ctzw, cpopw, max, maxu, min, minu, sextb, sexth
  case rol, ror, rori, rolw, rorw, roriw, orcb, rev8
  // Zbs
  case bclr, bext, binv, bset, bexti
  // Memory
  case lb, lh, lw, ld, lbu, lhu, lwu, flw
  case sb, sh, sw, sd
  /// `aux` is the instruction's funct5 for the last two.
  case lrW, lrD, scW, scD, amoW, amoD
  /// A fence that orders stores before loads, and one that does not.
  case fenceFull, fencePartial

  // Exits with a known target, `pc + imm`: a `BlockLink` follows them in place of the next micro-operation. `aux` is
  // the number of the block's instructions that have retired when the exit is taken. A conditional branch that is
  // not taken goes on within the block.
  case beq, bne, blt, bge, bltu, bgeu, jal
  /// The block's end where the instruction stream goes straight on.
  case next

  /// An exit with a computed target.
  case jalr

  // Precede a block's first floating-point instruction and its first one with the dynamic rounding mode; they are
  // no instructions themselves. `imm` holds the instruction's bits, for `stval`.
  case floatGuard, roundingGuard

  // F and D. `aux` is the rounding mode (3 bits) and, above it, rs3.
  case faddS, fsubS, fmulS, fdivS, fsqrtS, fmaddS, fmsubS, fnmsubS, fnmaddS
  case fsgnjS, fsgnjnS, fsgnjxS, fminS, fmaxS, feqS, fltS, fleS, fclassS
  case fcvtWS, fcvtWUS, fcvtLS, fcvtLUS, fcvtSW, fcvtSWU, fcvtSL, fcvtSLU, fmvXW, fmvWX
  case faddD, fsubD, fmulD, fdivD, fsqrtD, fmaddD, fmsubD, fnmsubD, fnmaddD
  case fsgnjD, fsgnjnD, fsgnjxD, fminD, fmaxD, feqD, fltD, fleD, fclassD
  case fcvtWD, fcvtWUD, fcvtLD, fcvtLUD, fcvtDW, fcvtDWU, fcvtDL, fcvtDLU
  case fcvtSD, fcvtDS

  // Exits into the hart's slow half, with the instruction's bits in `imm` and `aux` as above.
  case csr, ecall, ebreak, sret, wfi, sfenceVMA, fenceI, illegal
}

/// One pre-decoded instruction: 16 bytes.
struct MicroOp: BitwiseCopyable {
  var code: OpCode
  /// Indices into the hart's register file; a destination x0 is `RegisterFile.sink`.
  var rd: UInt8 = 0
  var rs1: UInt8 = 0
  var rs2: UInt8 = 0
  /// In bytes, of the instruction from the start of its block.
  var offset: UInt16 = 0
  /// In bytes, of the instruction.
  var length: UInt8 = 0
  /// See the cases of `OpCode`.
  var aux: UInt8 = 0
  /// Sign-extended. Where it is relative to pc, it is so to the start of the block.
  var imm: UInt64 = 0
}

/// Where an exit with a known target leads: as large as a micro-operation, behind which it stands.
struct BlockLink: BitwiseCopyable {
  /// `HartCore.generation` for which `block` is right; 0 is never right.
  var generation: UInt64
  var block: UInt
}

/// How integer and floating-point registers share one array.
enum RegisterFile {
  /// Takes what is written to x0.
  static let sink = 32
  /// Index of f0.
  static let floatBase = 33
  static let count = 65

  @inline(__always) static func destination(_ rd: UInt32) -> UInt8 {
    rd == 0 ? UInt8(sink) : UInt8(truncatingIfNeeded: rd & 31)
  }
  @inline(__always) static func float(_ register: UInt32) -> UInt8 {
    UInt8(floatBase) &+ UInt8(truncatingIfNeeded: register & 31)
  }
}
