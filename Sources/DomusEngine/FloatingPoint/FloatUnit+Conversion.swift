extension FloatUnit {
  // MARK: To integers. Out of range and NaN saturate with NV alone; 32-bit results are sign-extended, unsigned too.

  @specialized(where F == UInt32)
  @specialized(where F == UInt64)
  @inline(__always)
  static func toInt32<F: FloatFormat>(_ a: F, _ rm: RoundingMode, _ flags: inout UInt32) -> UInt64 {
    toInteger(a, rm, &flags, below: 1 << 31, above: 1 << 31 - 1)
  }

  @specialized(where F == UInt32)
  @specialized(where F == UInt64)
  @inline(__always)
  static func toUInt32<F: FloatFormat>(_ a: F, _ rm: RoundingMode, _ flags: inout UInt32) -> UInt64 {
    UInt64(bitPattern: Int64(Int32(truncatingIfNeeded: toInteger(a, rm, &flags, below: 0, above: 1 << 32 - 1))))
  }

  @specialized(where F == UInt32)
  @specialized(where F == UInt64)
  @inline(__always)
  static func toInt64<F: FloatFormat>(_ a: F, _ rm: RoundingMode, _ flags: inout UInt32) -> UInt64 {
    toInteger(a, rm, &flags, below: 1 << 63, above: 1 << 63 - 1)
  }

  @specialized(where F == UInt32)
  @specialized(where F == UInt64)
  @inline(__always)
  static func toUInt64<F: FloatFormat>(_ a: F, _ rm: RoundingMode, _ flags: inout UInt32) -> UInt64 {
    toInteger(a, rm, &flags, below: 0, above: UInt64.max)
  }

  /// The two's complement integer in -`below`…`above`.
  @inline(__always)
  private static func toInteger<F: FloatFormat>(
    _ a: F, _ rm: RoundingMode, _ flags: inout UInt32, below: UInt64, above: UInt64
  ) -> UInt64 {
    let number = SoftFloat.Unpacked(a)
    let limit = number.isNegative ? below : above
    // What C's casts compile to, and no bit of the magnitude is shifted out at the top.
    if rm == .towardZero, number.exponent <= 0, number.exponent > -64 {
      let magnitude = number.significand &>> UInt64(-number.exponent)
      if magnitude <= limit {
        if magnitude &<< UInt64(-number.exponent) != number.significand { flags |= FloatFlags.inexact }
        return number.isNegative ? 0 &- magnitude : magnitude
      }
    }
    return toIntegerInAnyMode(a, rm, &flags, below: below, above: above)
  }

  @inline(never)
  private static func toIntegerInAnyMode<F: FloatFormat>(
    _ a: F, _ rm: RoundingMode, _ flags: inout UInt32, below: UInt64, above: UInt64
  ) -> UInt64 {
    let number = SoftFloat.Unpacked(a)
    let isNegative = number.isNegative && !a.isNaN754
    let limit = isNegative ? below : above
    var magnitude = UInt128(number.significand)
    var isInexact = false
    if number.exponent < 0 {
      (magnitude, isInexact) = SoftFloat.roundOff(magnitude, dropping: -number.exponent, isNegative: isNegative, rm)
    } else {
      // Infinity and NaN have exponents beyond any integer's; 64 places are enough to exceed every limit.
      magnitude <<= Swift.min(number.exponent, 64)
    }
    if a.isNaN754 || magnitude > UInt128(limit) {
      flags |= FloatFlags.invalid
      return isNegative ? 0 &- limit : limit
    }
    if isInexact { flags |= FloatFlags.inexact }
    let result = UInt64(truncatingIfNeeded: magnitude)
    return isNegative ? 0 &- result : result
  }

  // MARK: From integers. The 32-bit conversions read the low half of `x` only.

  @specialized(where F == UInt32)
  @specialized(where F == UInt64)
  @inline(__always)
  static func fromInt32<F: FloatFormat>(_ x: UInt64, _ rm: RoundingMode, _ flags: inout UInt32, as: F.Type) -> F {
    fromInteger(Int64(Int32(truncatingIfNeeded: x)), rm, &flags)
  }

  @specialized(where F == UInt32)
  @specialized(where F == UInt64)
  @inline(__always)
  static func fromUInt32<F: FloatFormat>(_ x: UInt64, _ rm: RoundingMode, _ flags: inout UInt32, as: F.Type) -> F {
    fromInteger(Int64(UInt32(truncatingIfNeeded: x)), rm, &flags)
  }

  @specialized(where F == UInt32)
  @specialized(where F == UInt64)
  @inline(__always)
  static func fromInt64<F: FloatFormat>(_ x: UInt64, _ rm: RoundingMode, _ flags: inout UInt32, as: F.Type) -> F {
    fromInteger(Int64(bitPattern: x), rm, &flags)
  }

  @specialized(where F == UInt32)
  @specialized(where F == UInt64)
  @inline(__always)
  static func fromUInt64<F: FloatFormat>(_ x: UInt64, _ rm: RoundingMode, _ flags: inout UInt32, as: F.Type) -> F {
    x >> 63 == 0
      ? fromInteger(Int64(bitPattern: x), rm, &flags)
      : SoftFloat.round(isNegative: false, UInt128(x), exponent: 0, rm, &flags)
  }

  @inline(__always)
  private static func fromInteger<F: FloatFormat>(_ x: Int64, _ rm: RoundingMode, _ flags: inout UInt32) -> F {
    if x.magnitude >> UInt64(F.precision) == 0 { return F(host: F.Host(x)) }
    return SoftFloat.round(isNegative: x < 0, UInt128(x.magnitude), exponent: 0, rm, &flags)
  }

  // MARK: Between formats.

  /// FCVT.D.S: always exact.
  @inline(__always)
  static func widen(_ a: UInt32, _ flags: inout UInt32) -> UInt64 {
    if a.isNaN754 {
      if a.isSignalingNaN754 { flags |= FloatFlags.invalid }
      return UInt64.canonicalNaN
    }
    return Double(a.host).bitPattern
  }

  /// FCVT.S.D.
  @inline(__always)
  static func narrow(_ a: UInt64, _ rm: RoundingMode, _ flags: inout UInt32) -> UInt32 {
    // To nearest even, or exact, which is so in every mode. NaN equals nothing and falls through.
    let nearest = Float(a.host)
    if Double(nearest) == a.host { return nearest.bitPattern }
    return narrowInexactly(a, nearest.bitPattern, rm, &flags)
  }

  private static func narrowInexactly(
    _ a: UInt64, _ nearest: UInt32, _ rm: RoundingMode, _ flags: inout UInt32
  ) -> UInt32 {
    if a.isNaN754 {
      if a.isSignalingNaN754 { flags |= FloatFlags.invalid }
      return UInt32.canonicalNaN
    }
    if rm == .nearestEven, nearest.magnitude754 > UInt32.smallestNormal, !nearest.isInfinite754 {
      flags |= FloatFlags.inexact
      return nearest
    }
    let number = SoftFloat.Unpacked(a)
    return SoftFloat.round(
      isNegative: number.isNegative, UInt128(number.significand), exponent: number.exponent, rm, &flags)
  }
}
