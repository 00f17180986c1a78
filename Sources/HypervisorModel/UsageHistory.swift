/// What every second looked like, as far back as is kept, so that a new terminal opens with its graphs filled.
public struct UsageHistory: Sendable {
  private static let capacity = 120
  private static let interval = Nanoseconds.seconds(1)

  /// Oldest first.
  public private(set) var samples: [UsageSample] = []
  private var last: HostSnapshot?

  public init() {}

  /// Whether the newest snapshot is old enough for another one.
  public func isDue(at time: Nanoseconds) -> Bool {
    // A little less than the interval, or a sleep that is a little short would halve the samples.
    last.map { time - $0.time >= Nanoseconds(Self.interval.rawValue / 10 * 8) } ?? true
  }

  /// Takes a snapshot into the history if the last one in it is old enough.
  public mutating func record(_ snapshot: HostSnapshot) {
    guard isDue(at: snapshot.time) else { return }
    defer { last = snapshot }
    guard let last, let rates = Rates(from: last, to: snapshot) else { return }
    if samples.count == Self.capacity { samples.removeFirst() }
    samples.append(
      UsageSample(
        time: snapshot.time, cpu: rates.totalCPU, usedMemory: snapshot.memory - snapshot.freeMemory,
        domains: snapshot.domains.map {
          .init(reference: $0.reference, cpu: rates.cpu[$0.reference] ?? 0, memory: $0.memory)
        }))
  }
}
