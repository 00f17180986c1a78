import HypervisorModel

/// The last few ten thousand events of a pool, numbered from 0: always on, since an event costs a copy of a few words.
struct TraceRing: Sendable {
  static let capacity = 32_768
  /// The most events in one piece, so that a piece fits well into a frame of the wire.
  static let piece = 8192

  private var events: [SchedulingEvent] = []
  private var next: UInt64 = 0

  mutating func append(_ event: SchedulingEvent) {
    if events.count < Self.capacity {
      events.append(event)
    } else {
      events[Int(next % UInt64(Self.capacity))] = event
    }
    next += 1
  }

  /// The events from a number on, or with nil all that are kept; at most a piece.
  func trace(from wanted: UInt64?, time: Nanoseconds) -> SchedulingTrace {
    let oldest = next - UInt64(events.count)
    let first = min(max(wanted ?? oldest, oldest), next)
    let last = min(first + UInt64(Self.piece), next)
    return SchedulingTrace(
      events: (first..<last).map { events[Int($0 % UInt64(Self.capacity))] }, next: last,
      lost: wanted.map { first > $0 ? first - $0 : 0 } ?? 0, time: time)
  }
}
