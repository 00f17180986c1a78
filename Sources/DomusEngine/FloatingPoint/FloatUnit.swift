/// The F and D extensions' operations on raw bit patterns, single in a `UInt32`, double in a `UInt64`.
///
/// `flags` accumulates fcsr.fflags. Results that are NaN are canonical; tininess is detected after rounding.
///
/// Three tiers, fastest first:
/// 1. Rounding to nearest even: the host computes without any access to its control register, which would cost several
///    times the operation. A finite result above the smallest normal number proves that no flag but NX can have been
///    raised. NX is nearly always accrued already; while it isn't, error-free transformations find it.
/// 2. The host's FPU under the wanted rounding mode, with its flags read back (`HostFloatFormat`).
/// 3. `SoftFloat`.
///
/// Any thread may call; the host thread's MXCSR must hold its default modes.
enum FloatUnit {
  @specialized(where F == UInt32)
  @specialized(where F == UInt64)
  @inline(__always)
  static func add<F: HostFloatFormat>(_ a: F, _ b: F, _ rm: RoundingMode, _ flags: inout UInt32) -> F {
    if rm == .nearestEven {
      // A sum in the subnormal range is always exact: only overflow and NaN matter.
      let result = F(host: a.host + b.host)
      if isFinite(result), isAccrued(flags) || accrueInexactSum(a, b, result, &flags) { return result }
    }
    return computeWithFlags(.add, a, b, 0, rm, &flags)
  }

  @specialized(where F == UInt32)
  @specialized(where F == UInt64)
  @inline(__always)
  static func sub<F: HostFloatFormat>(_ a: F, _ b: F, _ rm: RoundingMode, _ flags: inout UInt32) -> F {
    if rm == .nearestEven {
      let result = F(host: a.host - b.host)
      if isFinite(result), isAccrued(flags) || accrueInexactSum(a, b ^ F.signBit, result, &flags) { return result }
    }
    return computeWithFlags(.sub, a, b, 0, rm, &flags)
  }

  @specialized(where F == UInt32)
  @specialized(where F == UInt64)
  @inline(__always)
  static func mul<F: HostFloatFormat>(_ a: F, _ b: F, _ rm: RoundingMode, _ flags: inout UInt32) -> F {
    if rm == .nearestEven {
      let result = F(host: a.host * b.host)
      if isPlain(result), isAccrued(flags) || accrueInexactProduct(a, b, result, &flags) { return result }
    }
    return computeWithFlags(.mul, a, b, 0, rm, &flags)
  }

  @specialized(where F == UInt32)
  @specialized(where F == UInt64)
  @inline(__always)
  static func div<F: HostFloatFormat>(_ a: F, _ b: F, _ rm: RoundingMode, _ flags: inout UInt32) -> F {
    if rm == .nearestEven {
      let result = F(host: a.host / b.host)
      if isPlain(result), isAccrued(flags) || accrueInexactQuotient(a, b, result, &flags) { return result }
    }
    return computeWithFlags(.div, a, b, 0, rm, &flags)
  }

  @specialized(where F == UInt32)
  @specialized(where F == UInt64)
  @inline(__always)
  static func sqrt<F: HostFloatFormat>(_ a: F, _ rm: RoundingMode, _ flags: inout UInt32) -> F {
    if rm == .nearestEven, isAccrued(flags) {
      let result = F(host: a.host.squareRoot())
      if isPlain(result) { return result }
    }
    return computeWithFlags(.sqrt, a, 0, 0, rm, &flags)
  }

  /// a × b + c with one rounding. Infinity times zero raises NV even if c is a quiet NaN.
  @specialized(where F == UInt32)
  @specialized(where F == UInt64)
  @inline(__always)
  static func fusedMultiplyAdd<F: HostFloatFormat>(
    _ a: F, _ b: F, _ c: F, _ rm: RoundingMode, _ flags: inout UInt32
  ) -> F {
    if rm == .nearestEven, isAccrued(flags) {
      let result = F.nearestFusedMultiplyAdd(a, b, c)
      if isPlain(result) { return result }
    }
    return computeWithFlags(.fusedMultiplyAdd, a, b, c, rm, &flags)
  }

  @inline(never)
  private static func computeWithFlags<F: HostFloatFormat>(
    _ operation: FloatOperation, _ a: F, _ b: F, _ c: F, _ rm: RoundingMode, _ flags: inout UInt32
  ) -> F {
    // ∞ × 0 + NaN: whether it raises NV IEEE 754 leaves to each host, so a NaN is not the host's to judge.
    guard HostFloat.canCompute(operation, rm), !c.isNaN754 else {
      return SoftFloat.compute(operation, a, b, c, rm, &flags)
    }
    let (result, raised) = F.compute(operation, a, b, c, rm)
    flags |= raised
    return result.isNaN754 ? F.canonicalNaN : result
  }

  @inline(__always)
  private static func isAccrued(_ flags: UInt32) -> Bool { flags & FloatFlags.inexact != 0 }

  /// Raises NX where `sum` differs from a + b, by Knuth's TwoSum; false where an intermediate result overflows.
  @inline(never)
  private static func accrueInexactSum<F: HostFloatFormat>(_ a: F, _ b: F, _ sum: F, _ flags: inout UInt32) -> Bool {
    let part = sum.host - a.host
    let error = (a.host - (sum.host - part)) + (b.host - part)
    guard error.isFinite else { return false }
    if error != 0 { flags |= FloatFlags.inexact }
    return true
  }

  /// Raises NX where `product` differs from a × b; false where the error could be too small to be a number.
  @inline(never)
  private static func accrueInexactProduct<F: HostFloatFormat>(
    _ a: F, _ b: F, _ product: F, _ flags: inout UInt32
  ) -> Bool {
    guard hasRepresentableError(product) else { return false }
    if !F.nearestFusedMultiplyAdd(a, b, product ^ F.signBit).isZero754 { flags |= FloatFlags.inexact }
    return true
  }

  /// Raises NX where `quotient` differs from a ÷ b; false where the remainder could be too small to be a number.
  @inline(never)
  private static func accrueInexactQuotient<F: HostFloatFormat>(
    _ a: F, _ b: F, _ quotient: F, _ flags: inout UInt32
  ) -> Bool {
    guard hasRepresentableError(a) else { return false }
    if !F.nearestFusedMultiplyAdd(quotient ^ F.signBit, b, a).isZero754 { flags |= FloatFlags.inexact }
    return true
  }

  /// Whether the lowest bit of a product of two significands near `value` still weighs a subnormal number's unit.
  @inline(__always)
  private static func hasRepresentableError<F: FloatFormat>(_ value: F) -> Bool {
    value.magnitude754 >> F.fractionBits > F(F.precision + 1)
  }

  @inline(__always)
  private static func isFinite<F: FloatFormat>(_ result: F) -> Bool { result.magnitude754 < F.infinity }

  /// Whether smallestNormal < magnitude < infinity, by one comparison.
  @inline(__always)
  private static func isPlain<F: FloatFormat>(_ result: F) -> Bool {
    result.magnitude754 &- F.smallestNormal &- 1 < F.infinity &- F.smallestNormal &- 1
  }
}
