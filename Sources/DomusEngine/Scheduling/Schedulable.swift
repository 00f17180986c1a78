import HypervisorModel

/// A vCPU as the dispatcher sees it.
protocol Schedulable: AnyObject, Sendable {
  /// Executes until the deadline on the wall clock, an `attention()` or a reason to stop. On a pCPU thread, on one at a
  /// time. It must not call the dispatcher's `pause`, `remove` or `shutdown`, which would wait for itself.
  ///
  /// It may be called when there is nothing to do any more, and must then say `blocked` or `stopped` again.
  func run(until deadline: Nanoseconds, on pcpu: PCPUID) -> RunOutcome

  /// Makes a running `run` return soon. From any thread, often with the dispatcher's lock held: it must neither wait
  /// nor call the dispatcher.
  ///
  /// It sticks: called just before `run` begins, it makes that `run` return soon. Once too often does no harm.
  func attention()

  /// CPU time that other threads have spent for its domain, on devices, and that no vCPU of it was charged for yet. On a
  /// pCPU thread.
  func collectDeviceTime() -> Nanoseconds
}

extension Schedulable {
  func collectDeviceTime() -> Nanoseconds { .zero }
}

/// Why `run` returned.
enum RunOutcome: Hashable, Sendable {
  /// It could go on: the deadline came, or an attention.
  case preempted
  /// It waits for a `wake`, at the longest until a time on the wall clock (`never`: only for the wake).
  case blocked(until: Nanoseconds)
  /// It is out of service (an offline hart, an ended guest) until a `wake`.
  case stopped
}
