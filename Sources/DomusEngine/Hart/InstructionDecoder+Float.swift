/// The F and D extensions (Unprivileged spec, chapters 21 and 22).
extension InstructionDecoder {
  /// Rounding mode field that means "as in frm".
  static let dynamicRounding: UInt8 = 7

  static func float(_ word: UInt32) -> MicroOp? {
    switch word & 0x7F {
    case 0x07: return floatLoad(word)
    case 0x27: return floatStore(word)
    case 0x43: return fused(word, .fmaddS, .fmaddD)
    case 0x47: return fused(word, .fmsubS, .fmsubD)
    case 0x4B: return fused(word, .fnmsubS, .fnmsubD)
    case 0x4F: return fused(word, .fnmaddS, .fnmaddD)
    default: return floatOperation(word)
    }
  }

  /// Whether the instruction rounds as frm says.
  static func roundsDynamically(_ op: MicroOp) -> Bool {
    switch op.code {
    case .faddS, .fsubS, .fmulS, .fdivS, .fsqrtS, .fmaddS, .fmsubS, .fnmsubS, .fnmaddS, .fcvtWS, .fcvtWUS, .fcvtLS,
      .fcvtLUS, .fcvtSW, .fcvtSWU, .fcvtSL, .fcvtSLU, .faddD, .fsubD, .fmulD, .fdivD, .fsqrtD, .fmaddD, .fmsubD,
      .fnmsubD, .fnmaddD, .fcvtWD, .fcvtWUD, .fcvtLD, .fcvtLUD, .fcvtDW, .fcvtDWU, .fcvtDL, .fcvtDLU, .fcvtSD, .fcvtDS:
      op.aux & 7 == dynamicRounding
    default: false
    }
  }

  private static func floatLoad(_ word: UInt32) -> MicroOp? {
    let code: OpCode
    switch funct3(word) {
    case 2: code = .flw
    case 3: code = .ld
    default: return nil
    }
    return MicroOp(code: code, rd: RegisterFile.float(word >> 7), rs1: rs1(word), imm: immediateI(word))
  }

  private static func floatStore(_ word: UInt32) -> MicroOp? {
    let code: OpCode
    switch funct3(word) {
    case 2: code = .sw
    case 3: code = .sd
    default: return nil
    }
    return MicroOp(code: code, rs1: rs1(word), rs2: RegisterFile.float(word >> 20), imm: immediateS(word))
  }

  /// Rounding modes 5 and 6 are reserved.
  private static func isRounding(_ word: UInt32) -> Bool { funct3(word) != 5 && funct3(word) != 6 }

  private static func fused(_ word: UInt32, _ single: OpCode, _ double: OpCode) -> MicroOp? {
    guard word >> 25 & 3 < 2, isRounding(word) else { return nil }
    var op = floats(word >> 25 & 3 == 0 ? single : double, word)
    op.aux = UInt8(truncatingIfNeeded: funct3(word) | (word >> 27) << 3)
    return op
  }

  /// All operands in f registers.
  private static func floats(_ code: OpCode, _ word: UInt32) -> MicroOp {
    MicroOp(
      code: code, rd: RegisterFile.float(word >> 7), rs1: RegisterFile.float(word >> 15),
      rs2: RegisterFile.float(word >> 20), aux: UInt8(truncatingIfNeeded: funct3(word)))
  }

  /// An integer result of f registers.
  private static func toInteger(_ code: OpCode, _ word: UInt32) -> MicroOp {
    var op = floats(code, word)
    op.rd = destination(word)
    return op
  }

  /// An f register from an integer one.
  private static func fromInteger(_ code: OpCode, _ word: UInt32) -> MicroOp {
    var op = floats(code, word)
    op.rs1 = rs1(word)
    return op
  }

  private static func rounded(_ op: MicroOp, _ word: UInt32) -> MicroOp? { isRounding(word) ? op : nil }

  private static func floatOperation(_ word: UInt32) -> MicroOp? {
    guard word >> 25 & 3 < 2 else { return nil }
    let isDouble = word >> 25 & 3 == 1
    func pick(_ single: OpCode, _ double: OpCode) -> OpCode { isDouble ? double : single }
    let source = Int(word >> 20 & 31)
    switch funct7(word) & ~3 {
    case 0x00: return rounded(floats(pick(.faddS, .faddD), word), word)
    case 0x04: return rounded(floats(pick(.fsubS, .fsubD), word), word)
    case 0x08: return rounded(floats(pick(.fmulS, .fmulD), word), word)
    case 0x0C: return rounded(floats(pick(.fdivS, .fdivD), word), word)
    case 0x2C: return source == 0 ? rounded(floats(pick(.fsqrtS, .fsqrtD), word), word) : nil
    case 0x10, 0x14, 0x50: return unrounded(word, pick)
    case 0x20:
      guard source == (isDouble ? 0 : 1) else { return nil }
      return rounded(floats(pick(.fcvtSD, .fcvtDS), word), word)
    case 0x60:
      let codes: [OpCode] =
        isDouble ? [.fcvtWD, .fcvtWUD, .fcvtLD, .fcvtLUD] : [.fcvtWS, .fcvtWUS, .fcvtLS, .fcvtLUS]
      return source < 4 ? rounded(toInteger(codes[source], word), word) : nil
    case 0x68:
      let codes: [OpCode] =
        isDouble ? [.fcvtDW, .fcvtDWU, .fcvtDL, .fcvtDLU] : [.fcvtSW, .fcvtSWU, .fcvtSL, .fcvtSLU]
      return source < 4 ? rounded(fromInteger(codes[source], word), word) : nil
    case 0x70:
      guard source == 0 else { return nil }
      // FMV.X.D and FMV.D.X copy all bits: an addition of zero in the shared register file.
      switch funct3(word) {
      case 0: return toInteger(pick(.fmvXW, .addi), word)
      case 1: return toInteger(pick(.fclassS, .fclassD), word)
      default: return nil
      }
    case 0x78:
      return source == 0 && funct3(word) == 0 ? fromInteger(pick(.fmvWX, .addi), word) : nil
    default: return nil
    }
  }

  /// Sign injection, minimum and maximum, comparison: funct3 selects the operation.
  private static func unrounded(_ word: UInt32, _ pick: (OpCode, OpCode) -> OpCode) -> MicroOp? {
    switch (funct7(word) & ~3, funct3(word)) {
    case (0x10, 0): floats(pick(.fsgnjS, .fsgnjD), word)
    case (0x10, 1): floats(pick(.fsgnjnS, .fsgnjnD), word)
    case (0x10, 2): floats(pick(.fsgnjxS, .fsgnjxD), word)
    case (0x14, 0): floats(pick(.fminS, .fminD), word)
    case (0x14, 1): floats(pick(.fmaxS, .fmaxD), word)
    case (0x50, 0): toInteger(pick(.fleS, .fleD), word)
    case (0x50, 1): toInteger(pick(.fltS, .fltD), word)
    case (0x50, 2): toInteger(pick(.feqS, .feqD), word)
    default: nil
    }
  }
}
