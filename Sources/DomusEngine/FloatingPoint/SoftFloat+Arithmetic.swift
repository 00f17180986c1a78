extension SoftFloat {
  @specialized(where F == UInt32)
  @specialized(where F == UInt64)
  static func compute<F: FloatFormat>(
    _ operation: FloatOperation, _ a: F, _ b: F, _ c: F, _ rm: RoundingMode, _ flags: inout UInt32
  ) -> F {
    switch operation {
    case .add: add(a, b, rm, &flags)
    case .sub: sub(a, b, rm, &flags)
    case .mul: mul(a, b, rm, &flags)
    case .div: div(a, b, rm, &flags)
    case .sqrt: sqrt(a, rm, &flags)
    case .fusedMultiplyAdd: fusedMultiplyAdd(a, b, c, rm, &flags)
    }
  }

  static func add<F: FloatFormat>(_ a: F, _ b: F, _ rm: RoundingMode, _ flags: inout UInt32) -> F {
    if a.isNaN754 || b.isNaN754 { return propagateNaN(a, b, flags: &flags) }
    if a.isInfinite754 { return b.isInfinite754 && a != b ? invalid(&flags) : a }
    if b.isInfinite754 { return b }
    let x = Unpacked(a)
    let y = Unpacked(b)
    // 64 guard bits: an operand that loses bits to the alignment is too small for cancellation to uncover them.
    return addExact(
      x.isNegative, UInt128(x.significand) << 64, x.exponent - 64,
      y.isNegative, UInt128(y.significand) << 64, y.exponent - 64, rm, &flags)
  }

  static func sub<F: FloatFormat>(_ a: F, _ b: F, _ rm: RoundingMode, _ flags: inout UInt32) -> F {
    add(a, b ^ F.signBit, rm, &flags)  // the sign of a NaN is of no account
  }

  static func mul<F: FloatFormat>(_ a: F, _ b: F, _ rm: RoundingMode, _ flags: inout UInt32) -> F {
    if a.isNaN754 || b.isNaN754 { return propagateNaN(a, b, flags: &flags) }
    let sign = (a ^ b) & F.signBit
    if a.isInfinite754 || b.isInfinite754 {
      return a.isZero754 || b.isZero754 ? invalid(&flags) : sign | F.infinity
    }
    if a.isZero754 || b.isZero754 { return sign }
    let x = Unpacked(a)
    let y = Unpacked(b)
    let product = UInt128(x.significand) * UInt128(y.significand)
    return round(isNegative: sign != 0, product, exponent: x.exponent + y.exponent, rm, &flags)
  }

  static func div<F: FloatFormat>(_ a: F, _ b: F, _ rm: RoundingMode, _ flags: inout UInt32) -> F {
    if a.isNaN754 || b.isNaN754 { return propagateNaN(a, b, flags: &flags) }
    let sign = (a ^ b) & F.signBit
    if a.isInfinite754 { return b.isInfinite754 ? invalid(&flags) : sign | F.infinity }
    if b.isInfinite754 { return sign }
    if b.isZero754 {
      if a.isZero754 { return invalid(&flags) }
      flags |= FloatFlags.divideByZero
      return sign | F.infinity
    }
    if a.isZero754 { return sign }
    let x = Unpacked(a).normalized
    let y = Unpacked(b).normalized
    // The high word is below the divisor, so the quotient fits, with 63 or 64 significant bits.
    let (quotient, remainder) = y.significand.dividingFullWidth((x.significand >> 1, 0))
    let jammed = UInt128(quotient) << 1 | (remainder == 0 ? 0 : 1)
    return round(isNegative: sign != 0, jammed, exponent: x.exponent - y.exponent - 64, rm, &flags)
  }

  static func sqrt<F: FloatFormat>(_ a: F, _ rm: RoundingMode, _ flags: inout UInt32) -> F {
    if a.isNaN754 { return propagateNaN(a, flags: &flags) }
    if a.isZero754 { return a }
    if a.isNegative754 { return invalid(&flags) }
    if a.isInfinite754 { return a }
    let x = Unpacked(a).normalized
    let shift = 63 + (x.exponent - 63) & 1  // leaves an even exponent
    let (root, isExact) = squareRoot(UInt128(x.significand) << shift)
    return round(
      isNegative: false, root << 1 | (isExact ? 0 : 1), exponent: (x.exponent - shift) / 2 - 1, rm, &flags)
  }

  static func fusedMultiplyAdd<F: FloatFormat>(
    _ a: F, _ b: F, _ c: F, _ rm: RoundingMode, _ flags: inout UInt32
  ) -> F {
    // RISC-V "F": NV is raised for ∞ × 0 even where the addend is a quiet NaN.
    let isInvalid = (a.isInfinite754 && b.isZero754) || (a.isZero754 && b.isInfinite754)
    if isInvalid { flags |= FloatFlags.invalid }
    if a.isNaN754 || b.isNaN754 || c.isNaN754 { return propagateNaN(a, b, c, flags: &flags) }
    if isInvalid { return F.canonicalNaN }
    let sign = (a ^ b) & F.signBit
    if a.isInfinite754 || b.isInfinite754 {
      return c.isInfinite754 && sign != c & F.signBit ? invalid(&flags) : sign | F.infinity
    }
    if c.isInfinite754 { return c }
    let x = Unpacked(a)
    let y = Unpacked(b)
    let z = Unpacked(c)
    let product = leadingAt126(UInt128(x.significand) * UInt128(y.significand), x.exponent + y.exponent)
    let addend = leadingAt126(UInt128(z.significand), z.exponent)
    return addExact(
      sign != 0, product.significand, product.exponent, z.isNegative, addend.significand, addend.exponent, rm, &flags)
  }

  private static func leadingAt126(_ significand: UInt128, _ exponent: Int) -> (significand: UInt128, exponent: Int) {
    guard significand != 0 else { return (0, exponent) }
    let shift = significand.leadingZeroBitCount - 1
    return (significand << shift, exponent - shift)
  }

  /// Rounds the sum of two numbers below 2^127, each with room below its significant bits for alignment.
  private static func addExact<F: FloatFormat>(
    _ negativeA: Bool, _ a: UInt128, _ exponentA: Int, _ negativeB: Bool, _ b: UInt128, _ exponentB: Int,
    _ rm: RoundingMode, _ flags: inout UInt32
  ) -> F {
    if a == 0 && b == 0 { return zero(negativeA == negativeB ? negativeA : rm == .down) }
    if a == 0 { return round(isNegative: negativeB, b, exponent: exponentB, rm, &flags) }
    if b == 0 { return round(isNegative: negativeA, a, exponent: exponentA, rm, &flags) }
    let exponent = Swift.max(exponentA, exponentB)
    let x = shiftRightJamming(a, exponent - exponentA)
    let y = shiftRightJamming(b, exponent - exponentB)
    if negativeA == negativeB { return round(isNegative: negativeA, x + y, exponent: exponent, rm, &flags) }
    if x == y { return zero(rm == .down) }
    return x > y
      ? round(isNegative: negativeA, x - y, exponent: exponent, rm, &flags)
      : round(isNegative: negativeB, y - x, exponent: exponent, rm, &flags)
  }

  private static func zero<F: FloatFormat>(_ isNegative: Bool) -> F { isNegative ? F.signBit : 0 }

  /// The integer square root, digit by digit.
  private static func squareRoot(_ value: UInt128) -> (root: UInt128, isExact: Bool) {
    var root: UInt128 = 0
    var remainder = value
    var bit: UInt128 = 1 << 126
    while bit != 0 {
      if remainder >= root + bit {
        remainder -= root + bit
        root = root >> 1 + bit
      } else {
        root >>= 1
      }
      bit >>= 2
    }
    return (root, remainder == 0)
  }
}
