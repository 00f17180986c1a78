import HypervisorModel
import Synchronization

/// The monotonic clock that a machine is given: the host's, or one that a test moves. Any thread.
struct MachineClock: Sendable {
  private let manual: ManualTime?

  static let host = MachineClock(manual: nil)

  /// A clock that shows what somebody sets.
  static func manual(_ time: ManualTime) -> MachineClock { MachineClock(manual: time) }

  @inline(__always)
  func now() -> Nanoseconds {
    guard let manual else { return HostClock.now() }
    return manual.now
  }
}

/// A time that moves only when it is moved.
final class ManualTime: Sendable {
  private let nanoseconds: Atomic<UInt64>

  init(_ start: Nanoseconds = .zero) { nanoseconds = Atomic(start.rawValue) }

  var now: Nanoseconds { Nanoseconds(nanoseconds.load(ordering: .relaxed)) }

  func set(_ time: Nanoseconds) { nanoseconds.store(time.rawValue, ordering: .relaxed) }
}

/// A domain's time: a machine's clock plus one offset, counted in ticks of the guest's timebase. Any thread.
final class GuestClock: Sendable {
  /// Ticks a second, as the device tree's `timebase-frequency` says: one tick is 100 ns.
  static let frequency: UInt64 = 10_000_000
  private static let tick: UInt64 = 1_000_000_000 / frequency

  private let source: MachineClock
  /// Added to the source, modulo 2⁶⁴ ns.
  let offset: Atomic<UInt64>
  /// The guest's time in nanoseconds while the clock is stopped.
  let stoppedAt = Mutex<UInt64?>(nil)

  /// A clock that reads zero at `start` of its source.
  init(startingAt start: Nanoseconds, source: MachineClock = .host) {
    self.source = source
    offset = Atomic(0 &- start.rawValue)
  }

  /// The machine's clock, by which deadlines are set.
  @inline(__always)
  func now() -> Nanoseconds { source.now() }

  /// The guest's `time` CSR.
  @inline(__always)
  func ticks(at time: Nanoseconds) -> UInt64 { (time.rawValue &+ offset.load(ordering: .relaxed)) / Self.tick }

  /// When, on the machine's clock, the guest's `time` reaches `ticks`; `never` if that is too far away, zero if it is too
  /// long ago.
  @inline(__always)
  func machineTime(ofTick ticks: UInt64) -> Nanoseconds {
    let (nanoseconds, overflow) = ticks.multipliedReportingOverflow(by: Self.tick)
    guard !overflow else { return .never }
    let signed = Int64(bitPattern: offset.load(ordering: .relaxed))
    let distance = Nanoseconds(signed.magnitude)
    return signed > 0 ? Nanoseconds(nanoseconds) - distance : Nanoseconds(nanoseconds) + distance
  }

  /// The guest's time stands still until `go`. No hart may run meanwhile.
  func stop() {
    stoppedAt.withLock { if $0 == nil { $0 = now().rawValue &+ offset.load(ordering: .relaxed) } }
  }

  /// The guest's time goes on from where it stands. Deadlines on the machine's clock have to be computed anew.
  func go() {
    stoppedAt.withLock { time in
      if let time { offset.store(time &- now().rawValue, ordering: .relaxed) }
      time = nil
    }
  }
}
