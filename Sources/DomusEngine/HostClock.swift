import Glibc
import HypervisorModel

/// The host's clocks.
enum HostClock {
  /// The monotonic clock.
  @inline(__always)
  static func now() -> Nanoseconds { read(CLOCK_MONOTONIC) }

  /// CPU time that the calling thread really got.
  @inline(__always)
  static func threadTime() -> Nanoseconds { read(CLOCK_THREAD_CPUTIME_ID) }

  /// CPU time of the whole process.
  static func processTime() -> Nanoseconds { read(CLOCK_PROCESS_CPUTIME_ID) }

  /// Seconds since 1970.
  static func wallClock() -> Double { read(CLOCK_REALTIME).seconds }

  /// Seconds since 1970 at an earlier moment of the monotonic clock, as the wall clock counts them now: a time span is right
  /// even where somebody has set the wall clock in between.
  static func wallClock(at earlier: Nanoseconds, now: Nanoseconds, _ wallClock: Double) -> Double {
    wallClock - (now - earlier).seconds
  }

  @inline(__always)
  private static func read(_ clock: clockid_t) -> Nanoseconds {
    var time = timespec()
    clock_gettime(clock, &time)
    return Nanoseconds(
      UInt64(truncatingIfNeeded: time.tv_sec) &* 1_000_000_000 &+ UInt64(truncatingIfNeeded: time.tv_nsec))
  }
}
