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

/// A domain's time: the host's monotonic clock plus one offset, counted in ticks of the guest's timebase.
struct GuestClock: Sendable {
  /// Ticks a second, as the device tree's `timebase-frequency` says: one tick is 100 ns.
  static let frequency: UInt64 = 10_000_000
  private static let tick: UInt64 = 1_000_000_000 / frequency

  /// Added to the host's monotonic clock, modulo 2⁶⁴ ns.
  let offset: UInt64

  /// A clock that reads zero at `start` of the host's monotonic clock.
  init(startingAt start: Nanoseconds) { offset = 0 &- start.rawValue }

  /// The guest's `time` CSR.
  @inline(__always)
  func ticks(at host: Nanoseconds) -> UInt64 { (host.rawValue &+ offset) / Self.tick }

  /// When, on the host's clock, the guest's `time` reaches `ticks`; `never` if that is too far away, zero if it is too
  /// long ago.
  @inline(__always)
  func hostTime(ofTick ticks: UInt64) -> Nanoseconds {
    let (nanoseconds, overflow) = ticks.multipliedReportingOverflow(by: Self.tick)
    guard !overflow else { return .never }
    let signed = Int64(bitPattern: offset)
    let distance = Nanoseconds(signed.magnitude)
    return signed > 0 ? Nanoseconds(nanoseconds) - distance : Nanoseconds(nanoseconds) + distance
  }
}
