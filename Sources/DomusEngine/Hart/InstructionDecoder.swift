/// Instructions to micro-operations (Unprivileged spec, chapter 35 "RV32/64G Instruction Set Listings").
///
/// Stateless: offsets, lengths and retirement counts are the block builder's business.
enum InstructionDecoder {
  /// The micro-operation of a 32-bit instruction. What the ISA reserves, or an extension that these harts
  /// lack defines, becomes `illegal`, which raises the exception.
  static func decode(_ word: UInt32) -> MicroOp {
    var op: MicroOp?
    switch word & 0x7F {
    case 0x37: op = upper(.li, word)
    case 0x17: op = upper(.auipc, word)
    case 0x6F: op = MicroOp(code: .jal, rd: destination(word), imm: jumpOffset(word))
    case 0x67: op = funct3(word) == 0 ? immediate(.jalr, word) : nil
    case 0x63: op = branch(word)
    case 0x03: op = load(word)
    case 0x23: op = store(word)
    case 0x13: op = immediateArithmetic(word)
    case 0x1B: op = immediateArithmetic32(word)
    case 0x33: op = arithmetic(word)
    case 0x3B: op = arithmetic32(word)
    case 0x0F: op = fence(word)
    case 0x73: op = system(word)
    case 0x2F: op = atomic(word)
    case 0x07, 0x27, 0x43, 0x47, 0x4B, 0x4F, 0x53: op = float(word)
    default: op = nil
    }
    return op ?? MicroOp(code: .illegal, imm: UInt64(word))
  }

  // MARK: Fields

  static func funct3(_ word: UInt32) -> UInt32 { word >> 12 & 7 }
  static func funct7(_ word: UInt32) -> UInt32 { word >> 25 }
  static func rs1(_ word: UInt32) -> UInt8 { UInt8(truncatingIfNeeded: word >> 15 & 31) }
  static func rs2(_ word: UInt32) -> UInt8 { UInt8(truncatingIfNeeded: word >> 20 & 31) }
  static func destination(_ word: UInt32) -> UInt8 { RegisterFile.destination(word >> 7 & 31) }

  private static func extend(_ value: Int32) -> UInt64 { UInt64(bitPattern: Int64(value)) }

  static func immediateI(_ word: UInt32) -> UInt64 { extend(Int32(bitPattern: word) >> 20) }

  static func immediateS(_ word: UInt32) -> UInt64 {
    extend(Int32(bitPattern: word & 0xFE00_0000) >> 20 | Int32(bitPattern: word >> 7 & 31))
  }

  private static func branchOffset(_ word: UInt32) -> UInt64 {
    let high = Int32(bitPattern: word & 0x8000_0000) >> 19
    let low = (word & 0x80) << 4 | word >> 20 & 0x7E0 | word >> 7 & 0x1E
    return extend(high | Int32(bitPattern: low))
  }

  private static func jumpOffset(_ word: UInt32) -> UInt64 {
    let high = Int32(bitPattern: word & 0x8000_0000) >> 11
    let low = word & 0xF_F000 | word >> 9 & 0x800 | word >> 20 & 0x7FE
    return extend(high | Int32(bitPattern: low))
  }

  // MARK: Formats

  private static func upper(_ code: OpCode, _ word: UInt32) -> MicroOp {
    MicroOp(code: code, rd: destination(word), imm: extend(Int32(bitPattern: word & 0xFFFF_F000)))
  }

  static func immediate(_ code: OpCode, _ word: UInt32) -> MicroOp {
    MicroOp(code: code, rd: destination(word), rs1: rs1(word), imm: immediateI(word))
  }

  private static func constant(_ code: OpCode, _ word: UInt32, _ imm: UInt64) -> MicroOp {
    MicroOp(code: code, rd: destination(word), rs1: rs1(word), imm: imm)
  }

  private static func registers(_ code: OpCode, _ word: UInt32) -> MicroOp {
    MicroOp(code: code, rd: destination(word), rs1: rs1(word), rs2: rs2(word))
  }

  // MARK: Opcodes

  private static func branch(_ word: UInt32) -> MicroOp? {
    let code: OpCode
    switch funct3(word) {
    case 0: code = .beq
    case 1: code = .bne
    case 4: code = .blt
    case 5: code = .bge
    case 6: code = .bltu
    case 7: code = .bgeu
    default: return nil
    }
    return MicroOp(code: code, rs1: rs1(word), rs2: rs2(word), imm: branchOffset(word))
  }

  private static func load(_ word: UInt32) -> MicroOp? {
    let codes: [OpCode] = [.lb, .lh, .lw, .ld, .lbu, .lhu, .lwu]
    let width = Int(funct3(word))
    return width < codes.count ? immediate(codes[width], word) : nil
  }

  private static func store(_ word: UInt32) -> MicroOp? {
    let codes: [OpCode] = [.sb, .sh, .sw, .sd]
    let width = Int(funct3(word))
    guard width < codes.count else { return nil }
    return MicroOp(code: codes[width], rs1: rs1(word), rs2: rs2(word), imm: immediateS(word))
  }

  private static func immediateArithmetic(_ word: UInt32) -> MicroOp? {
    switch funct3(word) {
    case 0: return immediate(.addi, word)
    case 1: return shiftLeft(word)
    case 2: return immediate(.slti, word)
    case 3: return immediate(.sltiu, word)
    case 4: return immediate(.xori, word)
    case 5: return shiftRight(word)
    case 6: return immediate(.ori, word)
    default: return immediate(.andi, word)
    }
  }

  private static func shiftLeft(_ word: UInt32) -> MicroOp? {
    let amount = UInt64(word >> 20 & 63)
    switch word >> 26 {
    case 0x00: return constant(.slli, word, amount)
    case 0x0A: return constant(.ori, word, 1 << amount)
    case 0x12: return constant(.andi, word, ~(1 << amount))
    case 0x1A: return constant(.xori, word, 1 << amount)
    case 0x18: break
    default: return nil
    }
    switch amount {
    case 0: return registers(.clz, word)
    case 1: return registers(.ctz, word)
    case 2: return registers(.cpop, word)
    case 4: return registers(.sextb, word)
    case 5: return registers(.sexth, word)
    default: return nil
    }
  }

  private static func shiftRight(_ word: UInt32) -> MicroOp? {
    let amount = UInt64(word >> 20 & 63)
    switch word >> 26 {
    case 0x00: return constant(.srli, word, amount)
    case 0x10: return constant(.srai, word, amount)
    case 0x12: return constant(.bexti, word, amount)
    case 0x18: return constant(.rori, word, amount)
    default: break
    }
    switch word >> 20 {
    case 0x287: return registers(.orcb, word)
    case 0x6B8: return registers(.rev8, word)
    default: return nil
    }
  }

  private static func immediateArithmetic32(_ word: UInt32) -> MicroOp? {
    let amount = UInt64(word >> 20 & 31)
    switch (funct3(word), funct7(word)) {
    case (0, _): return immediate(.addiw, word)
    case (1, 0x00): return constant(.slliw, word, amount)
    case (1, 0x04), (1, 0x05): return constant(.slliuw, word, UInt64(word >> 20 & 63))
    case (1, 0x30):
      let codes: [OpCode] = [.clzw, .ctzw, .cpopw]
      return amount < 3 ? registers(codes[Int(amount)], word) : nil
    case (5, 0x00): return constant(.srliw, word, amount)
    case (5, 0x20): return constant(.sraiw, word, amount)
    case (5, 0x30): return constant(.roriw, word, amount)
    default: return nil
    }
  }

  private static func arithmetic(_ word: UInt32) -> MicroOp? {
    let code: OpCode?
    switch (funct7(word), funct3(word)) {
    case (0x00, let operation): code = [.add, .sll, .slt, .sltu, .xor, .srl, .or, .and][Int(operation)]
    case (0x01, let operation): code = [.mul, .mulh, .mulhsu, .mulhu, .div, .divu, .rem, .remu][Int(operation)]
    case (0x20, 0): code = .sub
    case (0x20, 4): code = .xnor
    case (0x20, 5): code = .sra
    case (0x20, 6): code = .orn
    case (0x20, 7): code = .andn
    case (0x05, 4): code = .min
    case (0x05, 5): code = .minu
    case (0x05, 6): code = .max
    case (0x05, 7): code = .maxu
    case (0x10, 2): code = .sh1add
    case (0x10, 4): code = .sh2add
    case (0x10, 6): code = .sh3add
    case (0x30, 1): code = .rol
    case (0x30, 5): code = .ror
    case (0x24, 1): code = .bclr
    case (0x24, 5): code = .bext
    case (0x34, 1): code = .binv
    case (0x14, 1): code = .bset
    default: code = nil
    }
    return code.map { registers($0, word) }
  }

  private static func arithmetic32(_ word: UInt32) -> MicroOp? {
    let code: OpCode?
    switch (funct7(word), funct3(word)) {
    case (0x00, 0): code = .addw
    case (0x00, 1): code = .sllw
    case (0x00, 5): code = .srlw
    case (0x20, 0): code = .subw
    case (0x20, 5): code = .sraw
    case (0x01, 0): code = .mulw
    case (0x01, 4): code = .divw
    case (0x01, 5): code = .divuw
    case (0x01, 6): code = .remw
    case (0x01, 7): code = .remuw
    case (0x04, 0): code = .adduw
    case (0x04, 4): return rs2(word) == 0 ? constant(.andi, word, 0xFFFF) : nil
    case (0x10, 2): code = .sh1adduw
    case (0x10, 4): code = .sh2adduw
    case (0x10, 6): code = .sh3adduw
    case (0x30, 1): code = .rolw
    case (0x30, 5): code = .rorw
    default: code = nil
    }
    return code.map { registers($0, word) }
  }

  /// Unprivileged spec 2.7: predecessor set in bits 27–24, successor set in bits 23–20, each I, O, R, W from the top.
  /// FENCE.TSO (fm = 8) leaves stores before loads unordered; other values of fm are reserved and read as 0.
  private static func fence(_ word: UInt32) -> MicroOp? {
    switch funct3(word) {
    case 0:
      let ordersStoreBeforeLoad = word >> 24 & 0b0101 != 0 && word >> 20 & 0b1010 != 0
      let isTSO = word >> 28 == 8
      return MicroOp(code: ordersStoreBeforeLoad && !isTSO ? .fenceFull : .fencePartial)
    case 1: return MicroOp(code: .fenceI, imm: UInt64(word))
    default: return nil
    }
  }

  private static func system(_ word: UInt32) -> MicroOp? {
    let bits = UInt64(word)
    guard funct3(word) == 0 else {
      guard funct3(word) != 4 else { return nil }
      return MicroOp(code: .csr, rd: destination(word), rs1: rs1(word), imm: bits)
    }
    switch word {
    case 0x0000_0073: return MicroOp(code: .ecall, imm: bits)
    case 0x0010_0073: return MicroOp(code: .ebreak, imm: bits)
    case 0x1020_0073: return MicroOp(code: .sret, imm: bits)
    case 0x1050_0073: return MicroOp(code: .wfi, imm: bits)
    default: break
    }
    guard funct7(word) == 0x09, word >> 7 & 31 == 0 else { return nil }
    return MicroOp(code: .sfenceVMA, rs1: rs1(word), rs2: rs2(word), imm: bits)
  }

  private static func atomic(_ word: UInt32) -> MicroOp? {
    let isDouble = funct3(word) == 3
    guard isDouble || funct3(word) == 2 else { return nil }
    var op = registers(isDouble ? OpCode.amoD : OpCode.amoW, word)
    op.aux = UInt8(truncatingIfNeeded: word >> 27)
    switch AtomicOperation(rawValue: op.aux) {
    case nil: return nil
    case .loadReserved:
      op.code = isDouble ? .lrD : .lrW
      return op.rs2 == 0 ? op : nil
    case .storeConditional:
      op.code = isDouble ? .scD : .scW
      return op
    default: return op
    }
  }
}

/// funct5 of the A extension.
enum AtomicOperation: UInt8 {
  case add = 0b00000
  case swap = 0b00001
  case loadReserved = 0b00010
  case storeConditional = 0b00011
  case xor = 0b00100
  case or = 0b01000
  case and = 0b01100
  case min = 0b10000
  case max = 0b10100
  case minu = 0b11000
  case maxu = 0b11100
}
