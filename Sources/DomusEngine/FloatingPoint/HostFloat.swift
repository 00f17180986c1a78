import CEngine

/// An operation that rounds its exact result once. The raw values are those of `domus_f32` and `domus_f64`.
enum FloatOperation: UInt8 {
  case add, sub, mul, div, sqrt, fusedMultiplyAdd
}

/// A format whose arithmetic the host's FPU may do.
protocol HostFloatFormat: FloatFormat {
  /// The host's result, which may be any NaN, and the flags that it raised; `canCompute` must hold.
  static func compute(_ operation: FloatOperation, _ a: Self, _ b: Self, _ c: Self, _ rm: RoundingMode)
    -> (result: Self, flags: UInt32)
  /// a × b + c to nearest even, without regard to flags.
  static func nearestFusedMultiplyAdd(_ a: Self, _ b: Self, _ c: Self) -> Self
}

#if arch(x86_64)
  enum HostFloat {
    private static let hasFMA = domus_host_has_fma()

    /// Whether the host can do the operation with its flags exactly as RISC-V defines them.
    @inline(__always)
    static func canCompute(_ operation: FloatOperation, _ rm: RoundingMode) -> Bool {
      rm != .nearestMaxMagnitude && (operation != .fusedMultiplyAdd || hasFMA)
    }

    @inline(__always)
    fileprivate static var hasFastFMA: Bool { hasFMA }
  }

  extension UInt32: HostFloatFormat {
    @inline(__always)
    static func compute(_ operation: FloatOperation, _ a: UInt32, _ b: UInt32, _ c: UInt32, _ rm: RoundingMode)
      -> (result: UInt32, flags: UInt32)
    {
      let result = domus_f32(operation.rawValue, a.host, b.host, c.host, UInt32(rm.rawValue))
      return (result.value.bitPattern, result.flags)
    }

    @inline(__always)
    static func nearestFusedMultiplyAdd(_ a: UInt32, _ b: UInt32, _ c: UInt32) -> UInt32 {
      let result =
        HostFloat.hasFastFMA ? domus_f32_fma_nearest(a.host, b.host, c.host) : c.host.addingProduct(a.host, b.host)
      return result.bitPattern
    }
  }

  extension UInt64: HostFloatFormat {
    @inline(__always)
    static func compute(_ operation: FloatOperation, _ a: UInt64, _ b: UInt64, _ c: UInt64, _ rm: RoundingMode)
      -> (result: UInt64, flags: UInt32)
    {
      let result = domus_f64(operation.rawValue, a.host, b.host, c.host, UInt32(rm.rawValue))
      return (result.value.bitPattern, result.flags)
    }

    @inline(__always)
    static func nearestFusedMultiplyAdd(_ a: UInt64, _ b: UInt64, _ c: UInt64) -> UInt64 {
      let result =
        HostFloat.hasFastFMA ? domus_f64_fma_nearest(a.host, b.host, c.host) : c.host.addingProduct(a.host, b.host)
      return result.bitPattern
    }
  }
#else
  enum HostFloat {
    static func canCompute(_ operation: FloatOperation, _ rm: RoundingMode) -> Bool { false }
  }

  extension UInt32: HostFloatFormat {}
  extension UInt64: HostFloatFormat {}

  extension HostFloatFormat {
    static func compute(_ operation: FloatOperation, _ a: Self, _ b: Self, _ c: Self, _ rm: RoundingMode)
      -> (result: Self, flags: UInt32)
    {
      var flags: UInt32 = 0
      return (SoftFloat.compute(operation, a, b, c, rm, &flags), flags)
    }

    @inline(__always)
    static func nearestFusedMultiplyAdd(_ a: Self, _ b: Self, _ c: Self) -> Self {
      Self(host: c.host.addingProduct(a.host, b.host))
    }
  }
#endif
