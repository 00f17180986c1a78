@testable import DomusEngine

/// SplitMix64: reproducible operands from a seed.
struct FloatTestRandom: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var z = state
    z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
    return z ^ (z >> 31)
  }
}

/// Operands that meet the corners of IEEE arithmetic far more often than uniform bits would.
struct FloatOperands<F: FloatFormat> {
  private var random: FloatTestRandom
  let specials = makeSpecials()

  init(seed: UInt64) { random = FloatTestRandom(seed: seed) }

  private static func makeSpecials() -> [F] {
    let positive: [F] = [
      0, 1, 2, F.smallestNormal - 1, F.smallestNormal, F.smallestNormal + 1, F.greatestFinite, F.greatestFinite - 1,
      F.infinity, F.infinity + 1, F.canonicalNaN, F.canonicalNaN + 1, number(0), number(0) + 1, number(0) - 1,
      number(1), number(-1), number(31), number(31) - 1, number(32), number(32) - 1, number(63), number(63) - 1,
      number(64), number(64) - 1, number(F.fractionBits), number(F.fractionBits) + 1, number(F.precision),
      number(F.minExponent / 2), number(F.bias / 2 + 1), number(-F.precision), number(0) | F.fractionMask,
    ]
    return positive + positive.map { $0 | F.signBit }
  }

  /// 2^exponent.
  private static func number(_ exponent: Int) -> F { F(exponent + F.bias) << F.fractionBits }

  mutating func next() -> F {
    let bits = F(truncatingIfNeeded: random.next())
    let sign = bits & F.signBit
    switch random.next() % 8 {
    case 0: return specials.randomElement(using: &random) ?? 0
    case 1: return sign | Self.number(Int.random(in: -70...70, using: &random)) | (bits & F.fractionMask)
    case 2: return sign | Self.number(Int.random(in: -3...3, using: &random)) | (bits & 7)
    case 3: return sign | (bits & F.fractionMask) >> F(random.next() % UInt64(F.fractionBits))  // subnormal
    case 4:  // short significands: exact results and ties
      let kept = F.fractionBits - Int(random.next() % 6)
      return sign | Self.number(Int.random(in: -30...66, using: &random)) | ((bits & F.fractionMask) >> kept) << kept
    default: return bits
    }
  }

  /// Three operands of which some are close relatives, so that sums cancel.
  mutating func triple() -> (F, F, F) {
    let a = next()
    let b = next()
    var c = next()
    switch random.next() % 8 {
    case 0: c = a ^ F.signBit ^ F(random.next() % 4)
    case 1:
      var flags: UInt32 = 0
      c = SoftFloat.mul(a, b, .nearestEven, &flags) ^ F.signBit ^ F(random.next() % 4)
    default: break
    }
    return (a, b, c)
  }
}

let allRoundingModes: [RoundingMode] = [.nearestEven, .towardZero, .down, .up, .nearestMaxMagnitude]
