import HypervisorModel

/// What the user interface sends to its terminal: over a slow line an operator wants to know.
struct Traffic {
  /// Bytes per second in the newest span; nil before the first is over.
  private(set) var rate: Double?
  private var start: (time: Nanoseconds, bytes: UInt64)?

  /// Shorter spans would show each key press by itself.
  private static let span = Nanoseconds.seconds(1)

  /// Counts on with the sum of all that was sent until now.
  mutating func count(_ bytes: UInt64, at now: Nanoseconds) {
    guard let begin = start, bytes >= begin.bytes else {
      start = (now, bytes)
      return
    }
    guard now - begin.time >= Self.span else { return }
    rate = Double(bytes - begin.bytes) / (now - begin.time).seconds
    start = (now, bytes)
  }
}
