import HypervisorModel

/// The newest values of something that is sampled, oldest first, at most `limit`.
struct Series: Hashable, Sendable {
  struct Point: Hashable, Sendable {
    /// The host's monotonic clock.
    var time: Nanoseconds
    var value: Double
  }

  private(set) var points: [Point] = []
  let limit: Int

  init(limit: Int) { self.limit = limit }

  /// Ignored unless it is newer than all others.
  mutating func append(_ value: Double, at time: Nanoseconds) {
    if let last = points.last, last.time >= time { return }
    if points.count == limit { points.removeFirst() }
    points.append(Point(time: time, value: value))
  }

  /// Puts older points before those that are here.
  mutating func prepend(_ older: [Point]) {
    let first = points.first?.time ?? .never
    points = Array((older.filter { $0.time < first } + points).suffix(limit))
  }

  /// The newest `count` values; fewer if there are fewer.
  func suffix(_ count: Int) -> [Double] { points.suffix(count).map(\.value) }
}
