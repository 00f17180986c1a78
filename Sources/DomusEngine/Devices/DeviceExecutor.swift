import Dispatch
import HypervisorModel
import Synchronization

/// Where a domain's devices do their work: one thing at a time, in order, and never on a vCPU's thread. It knows what the
/// work costs, for the domain has to pay.
final class DeviceExecutor: Sendable {
  private let queue: DispatchQueue
  private let isStopped = Atomic(false)
  /// CPU time in nanoseconds that nobody has paid for yet.
  private let unpaid = Atomic<UInt64>(0)

  init(label: String) { queue = DispatchQueue(label: label) }

  /// Has `work` done after all that was submitted before. Any thread; returns at once. Ignored after `stop`.
  func submit(_ work: @escaping @Sendable () -> Void) {
    guard !isStopped.load(ordering: .acquiring) else { return }
    queue.async { [self] in
      guard !isStopped.load(ordering: .acquiring) else { return }
      let start = HostClock.threadTime()
      work()
      unpaid.wrappingAdd((HostClock.threadTime() - start).rawValue, ordering: .relaxed)
    }
  }

  /// The CPU time of work that has ended since the last call. Any thread.
  func collectCPUTime() -> Nanoseconds { Nanoseconds(unpaid.exchange(0, ordering: .relaxed)) }

  /// Waits until everything that was submitted before is done. Not to be called from the executor's own work.
  func drain() { queue.sync {} }

  /// Waits for the work at hand; what has not begun is dropped, and so is everything from then on. Not to be called
  /// from the executor's own work.
  func stop() {
    isStopped.store(true, ordering: .releasing)
    drain()
  }
}
