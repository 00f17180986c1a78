import HypervisorModel

/// When an idle hart gives its decoded blocks back: a guest that has booted and idles keeps but the few that its timer
/// needs, which are soon decoded again.
struct IdleTrim {
  private static let window = Nanoseconds.seconds(10)
  /// Retired in a window, this many instructions are less than about one per cent of a pCPU.
  private static let idleInstructions: UInt64 = 50_000_000

  private var windowStart = Nanoseconds.zero
  private var retiredAtStart: UInt64 = 0

  /// To be asked whenever the guest waits; true once for each window in which it was idle.
  mutating func isDue(at now: Nanoseconds, retired: UInt64) -> Bool {
    guard now - windowStart >= Self.window else { return false }
    let isIdle = retired &- retiredAtStart < Self.idleInstructions
    let isFirst = windowStart == .zero
    windowStart = now
    retiredAtStart = retired
    return isIdle && !isFirst
  }
}
