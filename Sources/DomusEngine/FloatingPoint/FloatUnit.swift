/// The F and D extensions' operations on raw bit patterns, single in a `UInt32`, double in a `UInt64`.
///
/// `flags` accumulates fcsr.fflags. Results that are NaN are canonical; tininess is detected after rounding.
///
/// Three tiers, fastest first:
/// 1. Rounding to nearest even with NX already accrued, which is nearly always so in floating-point code: the host
///    computes without any access to its control register. A finite result above the smallest normal number proves
///    that no flag but NX can have been raised.
/// 2. The host's FPU under the wanted rounding mode, with its flags read back (`HostFloatFormat`).
/// 3. `SoftFloat`.
///
/// Any thread may call; the host thread's MXCSR must hold its default modes.
enum FloatUnit {
  @inline(__always)
  static func add<F: HostFloatFormat>(_ a: F, _ b: F, _ rm: RoundingMode, _ flags: inout UInt32) -> F {
    if mayIgnoreFlags(rm, flags) {
      // A sum in the subnormal range is always exact: only overflow and NaN matter.
      let result = F(host: a.host + b.host)
      if isFinite(result) { return result }
    }
    return computeWithFlags(.add, a, b, 0, rm, &flags)
  }

  @inline(__always)
  static func sub<F: HostFloatFormat>(_ a: F, _ b: F, _ rm: RoundingMode, _ flags: inout UInt32) -> F {
    if mayIgnoreFlags(rm, flags) {
      let result = F(host: a.host - b.host)
      if isFinite(result) { return result }
    }
    return computeWithFlags(.sub, a, b, 0, rm, &flags)
  }

  @inline(__always)
  static func mul<F: HostFloatFormat>(_ a: F, _ b: F, _ rm: RoundingMode, _ flags: inout UInt32) -> F {
    if mayIgnoreFlags(rm, flags) {
      let result = F(host: a.host * b.host)
      if isPlain(result) { return result }
    }
    return computeWithFlags(.mul, a, b, 0, rm, &flags)
  }

  @inline(__always)
  static func div<F: HostFloatFormat>(_ a: F, _ b: F, _ rm: RoundingMode, _ flags: inout UInt32) -> F {
    if mayIgnoreFlags(rm, flags) {
      let result = F(host: a.host / b.host)
      if isPlain(result) { return result }
    }
    return computeWithFlags(.div, a, b, 0, rm, &flags)
  }

  @inline(__always)
  static func sqrt<F: HostFloatFormat>(_ a: F, _ rm: RoundingMode, _ flags: inout UInt32) -> F {
    if mayIgnoreFlags(rm, flags) {
      let result = F(host: a.host.squareRoot())
      if isPlain(result) { return result }
    }
    return computeWithFlags(.sqrt, a, 0, 0, rm, &flags)
  }

  /// a × b + c with one rounding. Infinity times zero raises NV even if c is a quiet NaN.
  @inline(__always)
  static func fusedMultiplyAdd<F: HostFloatFormat>(
    _ a: F, _ b: F, _ c: F, _ rm: RoundingMode, _ flags: inout UInt32
  ) -> F {
    if mayIgnoreFlags(rm, flags) {
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
  private static func mayIgnoreFlags(_ rm: RoundingMode, _ flags: UInt32) -> Bool {
    rm == .nearestEven && flags & FloatFlags.inexact != 0
  }

  @inline(__always)
  private static func isFinite<F: FloatFormat>(_ result: F) -> Bool { result.magnitude754 < F.infinity }

  /// Whether smallestNormal < magnitude < infinity, by one comparison.
  @inline(__always)
  private static func isPlain<F: FloatFormat>(_ result: F) -> Bool {
    result.magnitude754 &- F.smallestNormal &- 1 < F.infinity &- F.smallestNormal &- 1
  }
}
