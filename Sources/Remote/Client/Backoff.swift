/// When an attempt may be made: two are at least a gap apart, which doubles with each until one has proved good.
struct Backoff {
  private var gap = Self.shortestGap
  private var next: ContinuousClock.Instant?

  static let shortestGap = Duration.seconds(1)
  static let longestGap = Duration.seconds(15)

  /// True: an attempt is made now. The first one may be made at once.
  mutating func begin(at now: ContinuousClock.Instant) -> Bool {
    if let next, now < next { return false }
    next = now + gap
    gap = min(gap * 2, Self.longestGap)
    return true
  }

  /// What an attempt made is of use: the next gap is short again.
  mutating func connectionIsGood() { gap = Self.shortestGap }
}
