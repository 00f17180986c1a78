import Testing

@testable import DomusEngine

/// Cases that can be checked by hand, so that a failure of the big comparisons is easy to read.
struct FloatUnitTests {
  private let quiet: UInt32 = 0x7fc0_1234
  private let signaling: UInt32 = 0x7f80_0001

  @Test func `a NaN result is canonical, and only a signaling operand is invalid`() {
    var flags: UInt32 = 0
    #expect(FloatUnit.add(quiet, UInt32(host: 1), .nearestEven, &flags) == 0x7fc0_0000)
    #expect(flags == 0)
    #expect(FloatUnit.add(signaling, UInt32(host: 1), .nearestEven, &flags) == 0x7fc0_0000)
    #expect(flags == FloatFlags.invalid)
  }

  @Test func `infinity times zero is invalid even with a quiet addend`() {
    for rm in allRoundingModes {
      var flags: UInt32 = 0
      #expect(FloatUnit.fusedMultiplyAdd(UInt32.infinity, 0, quiet, rm, &flags) == 0x7fc0_0000)
      #expect(flags == FloatFlags.invalid)
    }
  }

  @Test func `a quotient by zero raises DZ alone`() {
    var flags: UInt32 = 0
    #expect(FloatUnit.div(UInt64(host: -2), 0, .nearestEven, &flags) == UInt64(host: -Double.infinity))
    #expect(flags == FloatFlags.divideByZero)
  }

  @Test func `tininess is judged after rounding`() {
    // The largest subnormal × (1 + 2^-23) lies below the smallest normal number, but even a 24-bit significand rounds
    // it up to that: not tiny.
    let factor = UInt32(host: 1).advanced(by: 1)
    var flags: UInt32 = 0
    #expect(FloatUnit.mul(0x007f_ffff, factor, .up, &flags) == 0x0080_0000)
    #expect(flags == FloatFlags.inexact)
    flags = 0
    // (1 - 2^-24) × the smallest normal number is exactly half way: no bit of a single lies between.
    #expect(FloatUnit.mul(0x0080_0000, UInt32(host: 1) - 1, .nearestEven, &flags) == 0x0080_0000)
    #expect(flags == FloatFlags.inexact | FloatFlags.underflow)
    flags = 0
    // (1 + 2^-23)(1 - 2^-24) = 1 + 2^-24 - 2^-47 is above it from the start.
    #expect(FloatUnit.mul(0x0080_0001, UInt32(host: 1) - 1, .nearestEven, &flags) == 0x0080_0000)
    #expect(flags == FloatFlags.inexact)
  }

  @Test func `overflow gives infinity or the greatest finite number by direction`() {
    let big = UInt64.greatestFinite
    let expected: [(RoundingMode, UInt64)] = [
      (.nearestEven, .infinity), (.towardZero, big), (.down, big), (.up, .infinity), (.nearestMaxMagnitude, .infinity),
    ]
    for (rm, result) in expected {
      var flags: UInt32 = 0
      #expect(FloatUnit.add(big, big, rm, &flags) == result)
      #expect(flags == FloatFlags.overflow | FloatFlags.inexact)
    }
  }

  @Test func `minimum and maximum order the zeros and prefer numbers to NaN`() {
    let minusZero: UInt32 = 0x8000_0000
    var flags: UInt32 = 0
    #expect(FloatUnit.min(0, minusZero, &flags) == minusZero)
    #expect(FloatUnit.max(minusZero, 0, &flags) == 0)
    #expect(FloatUnit.min(quiet, UInt32(host: 2), &flags) == UInt32(host: 2))
    #expect(FloatUnit.max(quiet, quiet, &flags) == 0x7fc0_0000)
    #expect(flags == 0)
    #expect(FloatUnit.max(signaling, UInt32(host: 2), &flags) == UInt32(host: 2))
    #expect(flags == FloatFlags.invalid)
  }

  @Test func `equality is quiet, order is signaling`() {
    var flags: UInt32 = 0
    #expect(!FloatUnit.equal(quiet, quiet, &flags))
    #expect(flags == 0)
    #expect(FloatUnit.equal(0, UInt32.signBit, &flags))
    #expect(!FloatUnit.lessThan(UInt32.signBit, 0, &flags))
    #expect(FloatUnit.lessOrEqual(0, UInt32.signBit, &flags))
    #expect(flags == 0)
    #expect(!FloatUnit.lessOrEqual(quiet, 0, &flags))
    #expect(flags == FloatFlags.invalid)
  }

  @Test func `conversions to integers saturate and extend the sign`() {
    var flags: UInt32 = 0
    #expect(FloatUnit.toUInt32(UInt64(host: 4_294_967_295), .towardZero, &flags) == UInt64.max)
    #expect(flags == 0)
    #expect(FloatUnit.toUInt32(UInt64(host: -0.5), .towardZero, &flags) == 0)
    #expect(flags == FloatFlags.inexact)
    flags = 0
    #expect(FloatUnit.toUInt32(UInt64(host: -1), .towardZero, &flags) == 0)
    #expect(FloatUnit.toInt32(UInt64(host: -1e10), .towardZero, &flags) == 0xffff_ffff_8000_0000)
    #expect(FloatUnit.toInt32(quiet | UInt32.signBit, .towardZero, &flags) == 0x7fff_ffff)
    #expect(FloatUnit.toInt64(UInt32.infinity, .towardZero, &flags) == 0x7fff_ffff_ffff_ffff)
    #expect(flags == FloatFlags.invalid)
  }
}
