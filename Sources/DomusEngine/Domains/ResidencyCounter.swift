import Dispatch
import HypervisorModel
import Synchronization

/// Counts again and again what guests' memory really occupies. That walks all their pages, so it is done apart from
/// snapshots, on a thread of its own, and for a small part of the time only.
final class ResidencyCounter: Sendable {
  private static let interval = Nanoseconds.seconds(2)
  /// Time between two rounds, in multiples of what the last one took.
  private static let rest: UInt64 = 20

  private let queue = DispatchQueue(label: "domus.residency", qos: .utility)
  private let isStopped = Atomic(false)

  /// `machines` says whose memory there is to count.
  func start(_ machines: @escaping @Sendable () -> [Machine]) {
    queue.asyncAfter(deadline: .now() + .nanoseconds(Int(clamping: Self.interval.rawValue))) {
      self.count(machines)
    }
  }

  func stop() { isStopped.store(true, ordering: .relaxed) }

  private func count(_ machines: @escaping @Sendable () -> [Machine]) {
    guard !isStopped.load(ordering: .relaxed) else { return }
    let start = HostClock.now()
    for machine in machines() { machine.countResidentMemory() }
    let time = HostClock.now() - start
    let pause = max(Self.interval, Nanoseconds(time.rawValue.multipliedReportingOverflow(by: Self.rest).partialValue))
    queue.asyncAfter(deadline: .now() + .nanoseconds(Int(clamping: pause.rawValue))) { self.count(machines) }
  }
}
