extension FloatUnit {
  /// An integer that orders like the number whose bits it is made from, with -0 just below +0; not for NaN.
  @inline(__always)
  private static func isBelow<F: FloatFormat>(_ a: F, _ b: F) -> Bool {
    a.isNegative754 ? !b.isNegative754 || a > b : !b.isNegative754 && a < b
  }

  /// The smaller number: -0 < +0, and a number wins over a NaN (RISC-V "F" 2.2, minimumNumber).
  @specialized(where F == UInt32)
  @specialized(where F == UInt64)
  @inline(__always)
  static func min<F: FloatFormat>(_ a: F, _ b: F, _ flags: inout UInt32) -> F {
    if a.isNaN754 || b.isNaN754 { return numberOrNaN(a, b, &flags) }
    return isBelow(b, a) ? b : a
  }

  /// The larger number: +0 > -0, and a number wins over a NaN (RISC-V "F" 2.2, maximumNumber).
  @specialized(where F == UInt32)
  @specialized(where F == UInt64)
  @inline(__always)
  static func max<F: FloatFormat>(_ a: F, _ b: F, _ flags: inout UInt32) -> F {
    if a.isNaN754 || b.isNaN754 { return numberOrNaN(a, b, &flags) }
    return isBelow(a, b) ? b : a
  }

  private static func numberOrNaN<F: FloatFormat>(_ a: F, _ b: F, _ flags: inout UInt32) -> F {
    if a.isSignalingNaN754 || b.isSignalingNaN754 { flags |= FloatFlags.invalid }
    return a.isNaN754 ? (b.isNaN754 ? F.canonicalNaN : b) : a
  }

  /// FEQ: quiet, so only a signaling NaN raises NV.
  @specialized(where F == UInt32)
  @specialized(where F == UInt64)
  @inline(__always)
  static func equal<F: FloatFormat>(_ a: F, _ b: F, _ flags: inout UInt32) -> Bool {
    if a.isNaN754 || b.isNaN754 {
      if a.isSignalingNaN754 || b.isSignalingNaN754 { flags |= FloatFlags.invalid }
      return false
    }
    return a == b || (a | b).isZero754
  }

  /// FLT: any NaN raises NV.
  @specialized(where F == UInt32)
  @specialized(where F == UInt64)
  @inline(__always)
  static func lessThan<F: FloatFormat>(_ a: F, _ b: F, _ flags: inout UInt32) -> Bool {
    if a.isNaN754 || b.isNaN754 {
      flags |= FloatFlags.invalid
      return false
    }
    return isBelow(a, b) && !(a | b).isZero754
  }

  /// FLE: any NaN raises NV.
  @specialized(where F == UInt32)
  @specialized(where F == UInt64)
  @inline(__always)
  static func lessOrEqual<F: FloatFormat>(_ a: F, _ b: F, _ flags: inout UInt32) -> Bool {
    if a.isNaN754 || b.isNaN754 {
      flags |= FloatFlags.invalid
      return false
    }
    return !isBelow(b, a) || (a | b).isZero754
  }

  /// FCLASS's mask of exactly one bit (RISC-V "F", classify instruction).
  static func classify<F: FloatFormat>(_ a: F) -> UInt64 {
    if a.isNaN754 { return a.isSignalingNaN754 ? 1 << 8 : 1 << 9 }
    let rank = a.isInfinite754 ? 3 : a.magnitude754 >= F.smallestNormal ? 2 : a.isZero754 ? 0 : 1
    return 1 << UInt64(a.isNegative754 ? 3 - rank : 4 + rank)
  }
}
