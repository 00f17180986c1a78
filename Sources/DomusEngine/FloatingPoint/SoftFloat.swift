/// IEEE 754 arithmetic in integers alone: every format, rounding mode and flag, on any host.
///
/// An operation computes its exact result as a 128-bit significand, whose lowest bit also stands for everything below
/// it ("jamming"), times a power of two; `round` is the only place that rounds. It serves where the host's FPU can't:
/// rounding to nearest with ties away from zero, hosts other than x86-64, the border cases of the fast paths.
enum SoftFloat {
  /// A finite number: `significand` × 2^`exponent`, not normalised.
  struct Unpacked {
    var isNegative: Bool
    var exponent: Int
    var significand: UInt64

    init<F: FloatFormat>(_ bits: F) {
      let field = Int(bits.magnitude754 >> F.fractionBits)
      let fraction = UInt64(bits & F.fractionMask)
      isNegative = bits.isNegative754
      exponent = Swift.max(field, 1) - F.bias - F.fractionBits
      significand = field == 0 ? fraction : fraction | 1 << F.fractionBits
    }

    /// The same number with its leading bit at bit 63; it must not be zero.
    var normalized: Unpacked {
      var result = self
      let shift = significand.leadingZeroBitCount
      result.significand <<= shift
      result.exponent -= shift
      return result
    }
  }

  /// Shifts right; the lowest bit of the result is also set where any bit was lost.
  static func shiftRightJamming(_ value: UInt128, _ count: Int) -> UInt128 {
    guard count > 0 else { return value }
    guard count < 128 else { return value == 0 ? 0 : 1 }
    return value >> count | (value << (128 - count) == 0 ? 0 : 1)
  }

  /// Drops the lowest `count` bits (any number of them) and rounds what remains.
  static func roundOff(
    _ value: UInt128, dropping count: Int, isNegative: Bool, _ rm: RoundingMode
  ) -> (kept: UInt128, isInexact: Bool) {
    let kept = value >> count
    let lost: UInt128 = count > 128 ? (value == 0 ? 0 : 1) : value << (128 - count)
    let half: UInt128 = 1 << 127
    let increments =
      switch rm {
      case .nearestEven: lost > half || (lost == half && kept & 1 != 0)
      case .towardZero: false
      case .down: isNegative && lost != 0
      case .up: !isNegative && lost != 0
      case .nearestMaxMagnitude: lost >= half
      }
    return (increments ? kept + 1 : kept, lost != 0)
  }

  /// The nearest number to ±`significand` × 2^`exponent` in the wanted direction; `significand` must not be zero.
  static func round<F: FloatFormat>(
    isNegative: Bool, _ significand: UInt128, exponent: Int, _ rm: RoundingMode, _ flags: inout UInt32
  ) -> F {
    let sign: F = isNegative ? F.signBit : 0
    let shift = significand.leadingZeroBitCount
    let value = significand << shift
    let leading = exponent - shift + 127
    if leading > F.bias { return sign | overflow(isNegative, rm, &flags) }
    if leading < F.minExponent { return sign | subnormal(isNegative, value, leading, rm, &flags) }

    let (kept, isInexact) = roundOff(value, dropping: 128 - F.precision, isNegative: isNegative, rm)
    // The hidden bit adds one to the exponent field, and so does a carry out of the significand.
    let bits = F(leading + F.bias - 1) << F.fractionBits + F(kept)
    if bits == F.infinity { return sign | overflow(isNegative, rm, &flags) }
    if isInexact { flags |= FloatFlags.inexact }
    return sign | bits
  }

  /// Rounds a normalised `value` whose leading bit weighs 2^`leading`, less than the smallest normal number.
  private static func subnormal<F: FloatFormat>(
    _ isNegative: Bool, _ value: UInt128, _ leading: Int, _ rm: RoundingMode, _ flags: inout UInt32
  ) -> F {
    let missing = F.minExponent - leading
    let (kept, isInexact) = roundOff(value, dropping: 128 - F.precision + missing, isNegative: isNegative, rm)
    if isInexact {
      flags |= FloatFlags.inexact
      // Tininess is detected after rounding, as if the exponent were unbounded (RISC-V "F", subnormal arithmetic).
      let unbounded = roundOff(value, dropping: 128 - F.precision, isNegative: isNegative, rm).kept
      let reachesNormal = missing == 1 && unbounded >> F.precision != 0
      if !reachesNormal { flags |= FloatFlags.underflow }
    }
    return F(kept)
  }

  private static func overflow<F: FloatFormat>(_ isNegative: Bool, _ rm: RoundingMode, _ flags: inout UInt32) -> F {
    flags |= FloatFlags.overflow | FloatFlags.inexact
    switch rm {
    case .nearestEven, .nearestMaxMagnitude: return F.infinity
    case .towardZero: return F.greatestFinite
    case .down: return isNegative ? F.infinity : F.greatestFinite
    case .up: return isNegative ? F.greatestFinite : F.infinity
    }
  }

  /// The canonical NaN, with NV raised where an operand was signaling.
  static func propagateNaN<F: FloatFormat>(_ operands: F..., flags: inout UInt32) -> F {
    if operands.contains(where: \.isSignalingNaN754) { flags |= FloatFlags.invalid }
    return F.canonicalNaN
  }

  static func invalid<F: FloatFormat>(_ flags: inout UInt32) -> F {
    flags |= FloatFlags.invalid
    return F.canonicalNaN
  }
}
