import HypervisorModel

/// Bites when pCPUs poke each other again and again, or when slices have no useful length, so that virtual time would
/// hardly go on.
struct Watchdog: Sendable {
  /// How often a pCPU may look at the same time, and in a millisecond: much oftener than any workload wants.
  private static let limits = (instant: 200, millisecond: 4000)

  private var instant = Nanoseconds.zero
  private var looks = (instant: 0, millisecond: 0)

  /// Counts a look. True if it is the one too many.
  mutating func bites(_ now: Nanoseconds, pcpus: Int) -> Bool {
    if now != instant {
      looks.instant = 0
      if now.rawValue / 1_000_000 != instant.rawValue / 1_000_000 { looks.millisecond = 0 }
      instant = now
    }
    looks.instant += 1
    looks.millisecond += 1
    return looks.instant > pcpus * Self.limits.instant || looks.millisecond > pcpus * Self.limits.millisecond
  }
}
