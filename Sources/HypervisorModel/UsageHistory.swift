/// What every second looked like, as far back as is kept, so that a new terminal opens with its graphs filled.
public struct UsageHistory: Sendable {
  private static let capacity = 120
  private static let interval = Nanoseconds.seconds(1)

  /// Oldest first.
  public private(set) var samples: [UsageSample] = []
  /// The last ones that were taken in, oldest first: two at most.
  private var recent: [HostSnapshot] = []
  private var last: HostSnapshot? { recent.last }

  public init() {}

  /// Whether the newest snapshot is old enough for another one.
  public func isDue(at time: Nanoseconds) -> Bool {
    // A little less than the interval, or a sleep that is a little short would halve the samples.
    last.map { time - $0.time >= Nanoseconds(Self.interval.rawValue / 10 * 8) } ?? true
  }

  /// Takes a snapshot into the history if the last one in it is old enough.
  public mutating func record(_ snapshot: HostSnapshot) {
    guard isDue(at: snapshot.time) else { return }
    defer {
      if recent.count == 2 { recent.removeFirst() }
      recent.append(snapshot)
    }
    guard let last, let rates = Rates(from: last, to: snapshot) else { return }
    if samples.count == Self.capacity { samples.removeFirst() }
    samples.append(
      UsageSample(
        time: snapshot.time, cpu: rates.totalCPU, usedMemory: snapshot.memory - snapshot.freeMemory,
        domains: snapshot.domains.map {
          .init(reference: $0.reference, cpu: rates.cpu[$0.reference] ?? 0, memory: $0.memory)
        }))
  }

  /// Writes into a snapshot what its vCPUs got and missed over the last second or so.
  public func addShares(to snapshot: inout HostSnapshot) {
    let age = Nanoseconds(Self.interval.rawValue / 2)
    guard let past = recent.last(where: { snapshot.time - $0.time >= age }) else { return }
    let wall = (snapshot.time - past.time).seconds
    var before: [DomainReference: [VCPUSnapshot]] = [:]
    for domain in past.domains { before[domain.reference] = domain.vcpus }
    for (index, domain) in snapshot.domains.enumerated() {
      guard let old = before[domain.reference], old.count == domain.vcpus.count else { continue }
      for (number, vcpu) in domain.vcpus.enumerated() where vcpu.scheduling != nil {
        let waited = (vcpu.waitTime ?? .zero) - (old[number].waitTime ?? .zero)
        snapshot.domains[index].vcpus[number].scheduling?.share = (vcpu.cpuTime - old[number].cpuTime).seconds / wall
        snapshot.domains[index].vcpus[number].scheduling?.waiting = min(waited.seconds / wall, 1)
      }
    }
  }
}
