/// A binary interchange format of IEEE 754, named by the integer that holds its bit pattern.
protocol FloatFormat: FixedWidthInteger, UnsignedInteger {
  /// The host's type of the same format.
  associatedtype Host: BinaryFloatingPoint

  /// Width of the trailing significand field: the precision less the hidden bit.
  static var fractionBits: Int { get }
  /// Largest unbiased exponent of a finite number, which is also the exponent bias.
  static var bias: Int { get }
  var host: Host { get }
  init(host: Host)
}

extension FloatFormat {
  /// Unbiased exponent of the smallest normal number.
  static var minExponent: Int { 1 - bias }
  static var precision: Int { fractionBits + 1 }
  static var signBit: Self { 1 << (bitWidth - 1) }
  static var fractionMask: Self { (1 << fractionBits) - 1 }
  static var infinity: Self { (signBit - 1) & ~fractionMask }
  static var greatestFinite: Self { infinity - 1 }
  static var smallestNormal: Self { 1 << fractionBits }
  /// The NaN that every operation returns: positive, quiet, no payload (RISC-V "F", NaN generation and propagation).
  static var canonicalNaN: Self { infinity | quietBit }
  static var quietBit: Self { 1 << (fractionBits - 1) }

  var magnitude754: Self { self & ~Self.signBit }
  var isNegative754: Bool { self & Self.signBit != 0 }
  var isNaN754: Bool { magnitude754 > Self.infinity }
  var isSignalingNaN754: Bool { isNaN754 && self & Self.quietBit == 0 }
  var isInfinite754: Bool { magnitude754 == Self.infinity }
  var isZero754: Bool { magnitude754 == 0 }
}

extension UInt32: FloatFormat {
  static var fractionBits: Int { 23 }
  static var bias: Int { 127 }
  @inline(__always) var host: Float { Float(bitPattern: self) }
  @inline(__always) init(host: Float) { self = host.bitPattern }
}

extension UInt64: FloatFormat {
  static var fractionBits: Int { 52 }
  static var bias: Int { 1023 }
  @inline(__always) var host: Double { Double(bitPattern: self) }
  @inline(__always) init(host: Double) { self = host.bitPattern }
}
