/// The C extension (Unprivileged spec, chapter 27): every 16-bit instruction is short for a 32-bit one.
enum Compressed {
  /// The 32-bit instruction that a 16-bit one stands for; nil if it is reserved.
  static func expand(_ half: UInt16) -> UInt32? {
    let c = UInt32(half)
    switch c & 3 {
    case 0: return quadrant0(c)
    case 1: return quadrant1(c)
    case 2: return quadrant2(c)
    default: return nil
    }
  }

  /// Bits `low…high` of `c`, moved to bit `to`.
  @inline(__always)
  private static func field(_ c: UInt32, _ high: UInt32, _ low: UInt32, to: UInt32) -> UInt32 {
    ((c >> low) & ((1 << (high - low + 1)) - 1)) << to
  }

  private static func signExtend(_ value: UInt32, bits: UInt32) -> UInt32 {
    UInt32(bitPattern: Int32(bitPattern: value << (32 - bits)) >> Int32(32 - bits))
  }

  // MARK: Formats of 32-bit instructions

  private static func iType(_ opcode: UInt32, _ funct3: UInt32, rd: UInt32, rs1: UInt32, imm: UInt32) -> UInt32 {
    opcode | rd << 7 | funct3 << 12 | rs1 << 15 | imm << 20
  }

  private static func rType(
    _ opcode: UInt32, _ funct3: UInt32, _ funct7: UInt32, rd: UInt32, rs1: UInt32, rs2: UInt32
  ) -> UInt32 {
    opcode | rd << 7 | funct3 << 12 | rs1 << 15 | rs2 << 20 | funct7 << 25
  }

  private static func sType(_ opcode: UInt32, _ funct3: UInt32, rs1: UInt32, rs2: UInt32, imm: UInt32) -> UInt32 {
    opcode | (imm & 31) << 7 | funct3 << 12 | rs1 << 15 | rs2 << 20 | (imm >> 5) << 25
  }

  private static func bType(_ funct3: UInt32, rs1: UInt32, rs2: UInt32, imm: UInt32) -> UInt32 {
    0x63 | field(imm, 11, 11, to: 7) | field(imm, 4, 1, to: 8) | funct3 << 12 | rs1 << 15 | rs2 << 20
      | field(imm, 10, 5, to: 25) | field(imm, 12, 12, to: 31)
  }

  private static func jType(rd: UInt32, imm: UInt32) -> UInt32 {
    0x6F | rd << 7 | field(imm, 19, 12, to: 12) | field(imm, 11, 11, to: 20) | field(imm, 10, 1, to: 21)
      | field(imm, 20, 20, to: 31)
  }

  // MARK: Quadrants

  private static func quadrant0(_ c: UInt32) -> UInt32? {
    let low = 8 + field(c, 4, 2, to: 0)
    let base = 8 + field(c, 9, 7, to: 0)
    let word = field(c, 12, 10, to: 3) | field(c, 6, 6, to: 2) | field(c, 5, 5, to: 6)
    let double = field(c, 12, 10, to: 3) | field(c, 6, 5, to: 6)
    switch c >> 13 {
    case 0:
      let imm = field(c, 12, 11, to: 4) | field(c, 10, 7, to: 6) | field(c, 6, 6, to: 2) | field(c, 5, 5, to: 3)
      return imm == 0 ? nil : iType(0x13, 0, rd: low, rs1: 2, imm: imm)
    case 1: return iType(0x07, 3, rd: low, rs1: base, imm: double)
    case 2: return iType(0x03, 2, rd: low, rs1: base, imm: word)
    case 3: return iType(0x03, 3, rd: low, rs1: base, imm: double)
    case 5: return sType(0x27, 3, rs1: base, rs2: low, imm: double)
    case 6: return sType(0x23, 2, rs1: base, rs2: low, imm: word)
    case 7: return sType(0x23, 3, rs1: base, rs2: low, imm: double)
    default: return nil
    }
  }

  private static func quadrant1(_ c: UInt32) -> UInt32? {
    let rd = field(c, 11, 7, to: 0)
    let small = field(c, 12, 12, to: 5) | field(c, 6, 2, to: 0)
    let imm = signExtend(small, bits: 6)
    switch c >> 13 {
    case 0: return iType(0x13, 0, rd: rd, rs1: rd, imm: imm)
    case 1: return rd == 0 ? nil : iType(0x1B, 0, rd: rd, rs1: rd, imm: imm)
    case 2: return iType(0x13, 0, rd: rd, rs1: 0, imm: imm)
    case 3: return small == 0 ? nil : upper(c, rd: rd, imm: imm)
    case 4: return arithmetic(c, small: small, imm: imm)
    case 5:
      let offset =
        field(c, 12, 12, to: 11) | field(c, 11, 11, to: 4) | field(c, 10, 9, to: 8) | field(c, 8, 8, to: 10)
        | field(c, 7, 7, to: 6) | field(c, 6, 6, to: 7) | field(c, 5, 3, to: 1) | field(c, 2, 2, to: 5)
      return jType(rd: 0, imm: signExtend(offset, bits: 12))
    default:
      let offset =
        field(c, 12, 12, to: 8) | field(c, 11, 10, to: 3) | field(c, 6, 5, to: 6) | field(c, 4, 3, to: 1)
        | field(c, 2, 2, to: 5)
      return bType(
        c >> 13 == 6 ? 0 : 1, rs1: 8 + field(c, 9, 7, to: 0), rs2: 0, imm: signExtend(offset, bits: 9))
    }
  }

  /// C.ADDI16SP and C.LUI.
  private static func upper(_ c: UInt32, rd: UInt32, imm: UInt32) -> UInt32 {
    guard rd == 2 else { return 0x37 | rd << 7 | imm << 12 }
    let offset =
      field(c, 12, 12, to: 9) | field(c, 6, 6, to: 4) | field(c, 5, 5, to: 6) | field(c, 4, 3, to: 7)
      | field(c, 2, 2, to: 5)
    return iType(0x13, 0, rd: 2, rs1: 2, imm: signExtend(offset, bits: 10))
  }

  private static func arithmetic(_ c: UInt32, small: UInt32, imm: UInt32) -> UInt32? {
    let rd = 8 + field(c, 9, 7, to: 0)
    let rs2 = 8 + field(c, 4, 2, to: 0)
    switch (field(c, 11, 10, to: 0), field(c, 12, 12, to: 0), field(c, 6, 5, to: 0)) {
    case (0, _, _): return iType(0x13, 5, rd: rd, rs1: rd, imm: small)
    case (1, _, _): return iType(0x13, 5, rd: rd, rs1: rd, imm: 0x400 | small)
    case (2, _, _): return iType(0x13, 7, rd: rd, rs1: rd, imm: imm)
    case (_, 0, 0): return rType(0x33, 0, 0x20, rd: rd, rs1: rd, rs2: rs2)
    case (_, 0, 1): return rType(0x33, 4, 0, rd: rd, rs1: rd, rs2: rs2)
    case (_, 0, 2): return rType(0x33, 6, 0, rd: rd, rs1: rd, rs2: rs2)
    case (_, 0, _): return rType(0x33, 7, 0, rd: rd, rs1: rd, rs2: rs2)
    case (_, _, 0): return rType(0x3B, 0, 0x20, rd: rd, rs1: rd, rs2: rs2)
    case (_, _, 1): return rType(0x3B, 0, 0, rd: rd, rs1: rd, rs2: rs2)
    default: return nil
    }
  }

  private static func quadrant2(_ c: UInt32) -> UInt32? {
    let rd = field(c, 11, 7, to: 0)
    let rs2 = field(c, 6, 2, to: 0)
    let loadDouble = field(c, 12, 12, to: 5) | field(c, 6, 5, to: 3) | field(c, 4, 2, to: 6)
    let loadWord = field(c, 12, 12, to: 5) | field(c, 6, 4, to: 2) | field(c, 3, 2, to: 6)
    let storeDouble = field(c, 12, 10, to: 3) | field(c, 9, 7, to: 6)
    let storeWord = field(c, 12, 9, to: 2) | field(c, 8, 7, to: 6)
    switch c >> 13 {
    case 0: return iType(0x13, 1, rd: rd, rs1: rd, imm: field(c, 12, 12, to: 5) | rs2)
    case 1: return iType(0x07, 3, rd: rd, rs1: 2, imm: loadDouble)
    case 2: return rd == 0 ? nil : iType(0x03, 2, rd: rd, rs1: 2, imm: loadWord)
    case 3: return rd == 0 ? nil : iType(0x03, 3, rd: rd, rs1: 2, imm: loadDouble)
    case 4: return jumpOrMove(c, rd: rd, rs2: rs2)
    case 5: return sType(0x27, 3, rs1: 2, rs2: rs2, imm: storeDouble)
    case 6: return sType(0x23, 2, rs1: 2, rs2: rs2, imm: storeWord)
    default: return sType(0x23, 3, rs1: 2, rs2: rs2, imm: storeDouble)
    }
  }

  /// C.JR, C.MV, C.EBREAK, C.JALR and C.ADD.
  private static func jumpOrMove(_ c: UInt32, rd: UInt32, rs2: UInt32) -> UInt32? {
    let adds = c >> 12 & 1 != 0
    if rs2 != 0 { return rType(0x33, 0, 0, rd: rd, rs1: adds ? rd : 0, rs2: rs2) }
    if rd != 0 { return iType(0x67, 0, rd: adds ? 1 : 0, rs1: rd, imm: 0) }
    return adds ? 0x0010_0073 : nil
  }
}
