/// Single precision in 64-bit registers (Unprivileged spec 22.2, NaN boxing).
enum Float32Box {
  static let upperHalf: UInt64 = 0xFFFF_FFFF_0000_0000
  private static let canonicalNaN: UInt32 = 0x7FC0_0000

  @inline(__always) static func box(_ value: UInt32) -> UInt64 { upperHalf | UInt64(value) }
  /// A value that is not boxed reads as NaN.
  @inline(__always) static func unbox(_ value: UInt64) -> UInt32 {
    value >= upperHalf ? UInt32(truncatingIfNeeded: value) : canonicalNaN
  }
}

/// The instructions of F and D, beyond loads, stores and plain moves.
extension Hart {
  private static let sign32: UInt32 = 1 << 31
  private static let sign64: UInt64 = 1 << 63

  /// Performs one. A `floatGuard`, and a `roundingGuard` if it needs one, have passed.
  @inline(never)
  func float(_ current: UnsafePointer<MicroOp>) {
    let op = current.pointee
    let mode = op.aux & 7
    let rounding =
      RoundingMode(rawValue: mode == InstructionDecoder.dynamicRounding ? core.pointee.frm : mode) ?? .nearestEven
    if op.code.rawValue < OpCode.faddD.rawValue {
      floatSingle(op, rounding)
    } else {
      floatDouble(op, rounding)
    }
  }

  @inline(__always)
  private func single(_ index: UInt8) -> UInt32 { Float32Box.unbox(registers[Int(index)]) }
  @inline(__always)
  private func set(_ op: MicroOp, _ value: UInt32) { registers[Int(op.rd)] = Float32Box.box(value) }
  @inline(__always)
  private func set(_ op: MicroOp, _ value: UInt64) { registers[Int(op.rd)] = value }
  @inline(__always)
  private func rs3(_ op: MicroOp) -> UInt8 { UInt8(RegisterFile.floatBase) &+ op.aux >> 3 }

  private func floatSingle(_ op: MicroOp, _ mode: RoundingMode) {
    let a = single(op.rs1)
    let b = single(op.rs2)
    let x = registers[Int(op.rs1)]
    var flags = core.pointee.fflags
    defer { core.pointee.fflags = flags }
    switch op.code {
    case .faddS: set(op, FloatUnit.add(a, b, mode, &flags))
    case .fsubS: set(op, FloatUnit.sub(a, b, mode, &flags))
    case .fmulS: set(op, FloatUnit.mul(a, b, mode, &flags))
    case .fdivS: set(op, FloatUnit.div(a, b, mode, &flags))
    case .fsqrtS: set(op, FloatUnit.sqrt(a, mode, &flags))
    case .fmaddS: set(op, FloatUnit.fusedMultiplyAdd(a, b, single(rs3(op)), mode, &flags))
    case .fmsubS: set(op, FloatUnit.fusedMultiplyAdd(a, b, single(rs3(op)) ^ Self.sign32, mode, &flags))
    case .fnmsubS: set(op, FloatUnit.fusedMultiplyAdd(a ^ Self.sign32, b, single(rs3(op)), mode, &flags))
    case .fnmaddS:
      set(op, FloatUnit.fusedMultiplyAdd(a ^ Self.sign32, b, single(rs3(op)) ^ Self.sign32, mode, &flags))
    case .fsgnjS: set(op, a & ~Self.sign32 | b & Self.sign32)
    case .fsgnjnS: set(op, a & ~Self.sign32 | ~b & Self.sign32)
    case .fsgnjxS: set(op, a ^ b & Self.sign32)
    case .fminS: set(op, FloatUnit.min(a, b, &flags))
    case .fmaxS: set(op, FloatUnit.max(a, b, &flags))
    case .feqS: set(op, FloatUnit.equal(a, b, &flags) ? 1 as UInt64 : 0)
    case .fltS: set(op, FloatUnit.lessThan(a, b, &flags) ? 1 as UInt64 : 0)
    case .fleS: set(op, FloatUnit.lessOrEqual(a, b, &flags) ? 1 as UInt64 : 0)
    case .fclassS: set(op, FloatUnit.classify(a))
    case .fcvtWS: set(op, FloatUnit.toInt32(a, mode, &flags))
    case .fcvtWUS: set(op, FloatUnit.toUInt32(a, mode, &flags))
    case .fcvtLS: set(op, FloatUnit.toInt64(a, mode, &flags))
    case .fcvtLUS: set(op, FloatUnit.toUInt64(a, mode, &flags))
    case .fcvtSW: set(op, FloatUnit.fromInt32(x, mode, &flags, as: UInt32.self))
    case .fcvtSWU: set(op, FloatUnit.fromUInt32(x, mode, &flags, as: UInt32.self))
    case .fcvtSL: set(op, FloatUnit.fromInt64(x, mode, &flags, as: UInt32.self))
    case .fcvtSLU: set(op, FloatUnit.fromUInt64(x, mode, &flags, as: UInt32.self))
    case .fmvXW: set(op, UInt64(bitPattern: Int64(Int32(truncatingIfNeeded: x))))
    default: set(op, UInt32(truncatingIfNeeded: x))
    }
  }

  private func floatDouble(_ op: MicroOp, _ mode: RoundingMode) {
    let a = registers[Int(op.rs1)]
    let b = registers[Int(op.rs2)]
    var flags = core.pointee.fflags
    defer { core.pointee.fflags = flags }
    switch op.code {
    case .faddD: set(op, FloatUnit.add(a, b, mode, &flags))
    case .fsubD: set(op, FloatUnit.sub(a, b, mode, &flags))
    case .fmulD: set(op, FloatUnit.mul(a, b, mode, &flags))
    case .fdivD: set(op, FloatUnit.div(a, b, mode, &flags))
    case .fsqrtD: set(op, FloatUnit.sqrt(a, mode, &flags))
    case .fmaddD: set(op, FloatUnit.fusedMultiplyAdd(a, b, registers[Int(rs3(op))], mode, &flags))
    case .fmsubD: set(op, FloatUnit.fusedMultiplyAdd(a, b, registers[Int(rs3(op))] ^ Self.sign64, mode, &flags))
    case .fnmsubD: set(op, FloatUnit.fusedMultiplyAdd(a ^ Self.sign64, b, registers[Int(rs3(op))], mode, &flags))
    case .fnmaddD:
      set(op, FloatUnit.fusedMultiplyAdd(a ^ Self.sign64, b, registers[Int(rs3(op))] ^ Self.sign64, mode, &flags))
    case .fsgnjD: set(op, a & ~Self.sign64 | b & Self.sign64)
    case .fsgnjnD: set(op, a & ~Self.sign64 | ~b & Self.sign64)
    case .fsgnjxD: set(op, a ^ b & Self.sign64)
    case .fminD: set(op, FloatUnit.min(a, b, &flags))
    case .fmaxD: set(op, FloatUnit.max(a, b, &flags))
    case .feqD: set(op, FloatUnit.equal(a, b, &flags) ? 1 as UInt64 : 0)
    case .fltD: set(op, FloatUnit.lessThan(a, b, &flags) ? 1 as UInt64 : 0)
    case .fleD: set(op, FloatUnit.lessOrEqual(a, b, &flags) ? 1 as UInt64 : 0)
    case .fclassD: set(op, FloatUnit.classify(a))
    case .fcvtWD: set(op, FloatUnit.toInt32(a, mode, &flags))
    case .fcvtWUD: set(op, FloatUnit.toUInt32(a, mode, &flags))
    case .fcvtLD: set(op, FloatUnit.toInt64(a, mode, &flags))
    case .fcvtLUD: set(op, FloatUnit.toUInt64(a, mode, &flags))
    case .fcvtDW: set(op, FloatUnit.fromInt32(a, mode, &flags, as: UInt64.self))
    case .fcvtDWU: set(op, FloatUnit.fromUInt32(a, mode, &flags, as: UInt64.self))
    case .fcvtDL: set(op, FloatUnit.fromInt64(a, mode, &flags, as: UInt64.self))
    case .fcvtDLU: set(op, FloatUnit.fromUInt64(a, mode, &flags, as: UInt64.self))
    case .fcvtSD: set(op, FloatUnit.narrow(a, mode, &flags))
    default: set(op, FloatUnit.widen(single(op.rs1), &flags))
    }
  }
}
