import HypervisorModel

/// How long things took, in steps of an eighth of their size, so that percentiles cost no list of all of them.
///
/// It forgets: when it is full all counts are halved, so what is long ago weighs less and less.
struct LatencyHistogram: Sendable {
  /// Steps for each doubling.
  private static let steps = 8
  /// Times below are counted as this: 2¹⁰ ns.
  private static let smallestExponent = 10
  /// Up to 2³⁶ ns, a minute; longer ones are counted as this.
  private static let exponents = 26
  private static let capacity = 8192

  private var counts: [UInt16] = []
  private var total = 0

  mutating func record(_ time: Nanoseconds) {
    if counts.isEmpty { counts = Array(repeating: 0, count: Self.exponents * Self.steps) }
    if total == Self.capacity { halve() }
    counts[Self.bucket(of: time)] += 1
    total += 1
  }

  private mutating func halve() {
    total = 0
    for bucket in counts.indices {
      counts[bucket] /= 2
      total += Int(counts[bucket])
    }
  }

  private static func bucket(of time: Nanoseconds) -> Int {
    let value = max(time.rawValue, 1 << UInt64(smallestExponent))
    let exponent = UInt64.bitWidth - 1 - value.leadingZeroBitCount
    let step = Int(value >> UInt64(exponent - 3)) & (steps - 1)
    return min((exponent - smallestExponent) * steps + step, exponents * steps - 1)
  }

  /// The middle of a bucket.
  private static func time(of bucket: Int) -> Nanoseconds {
    let (exponent, step) = (bucket / steps + smallestExponent, bucket % steps)
    let low = UInt64(steps + step) << UInt64(exponent - 3)
    return Nanoseconds(low + (1 << UInt64(exponent - 4)))
  }

  /// Nil if nothing was recorded.
  var percentiles: SchedulingCounters.Percentiles? {
    guard total > 0 else { return nil }
    return SchedulingCounters.Percentiles(p50: percentile(0.5), p99: percentile(0.99))
  }

  private func percentile(_ part: Double) -> Nanoseconds {
    var rest = Int((Double(total) * part).rounded(.up))
    for (bucket, count) in counts.enumerated() where count > 0 {
      rest -= Int(count)
      if rest <= 0 { return Self.time(of: bucket) }
    }
    return .zero
  }
}
