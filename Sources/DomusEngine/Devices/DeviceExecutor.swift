import Dispatch
import Synchronization

/// Where a domain's devices do their work: one thing at a time, in order, and never on a vCPU's thread.
final class DeviceExecutor: Sendable {
  private let queue: DispatchQueue
  private let isStopped = Atomic(false)

  init(label: String) { queue = DispatchQueue(label: label) }

  /// Has `work` done after all that was submitted before. Any thread; returns at once. Ignored after `stop`.
  func submit(_ work: @escaping @Sendable () -> Void) {
    guard !isStopped.load(ordering: .acquiring) else { return }
    queue.async { [self] in
      guard !isStopped.load(ordering: .acquiring) else { return }
      work()
    }
  }

  /// Waits until everything that was submitted before is done. Not to be called from the executor's own work.
  func drain() { queue.sync {} }

  /// Waits for the work at hand; what has not begun is dropped, and so is everything from then on. Not to be called
  /// from the executor's own work.
  func stop() {
    isStopped.store(true, ordering: .releasing)
    drain()
  }
}
