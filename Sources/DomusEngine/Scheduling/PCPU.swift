import Glibc
import HypervisorModel

/// A physical CPU: a thread that runs the vCPUs of the pool that it is in.
///
/// `@unchecked Sendable`: everything mutable belongs to the dispatcher that has it and is only touched with its lock held;
/// between two dispatchers it has no thread and belongs to who moves it.
final class PCPU: @unchecked Sendable {
  /// A vCPU's time on it, over as many slices as follow each other.
  struct Stay {
    let entry: Dispatcher.Entry
    let from: Nanoseconds
    let waited: Nanoseconds
    /// When the slice is over that runs or ran last.
    var sliceEnd = Nanoseconds.zero
    /// Why the vCPU can't go on; nil while it can.
    var end: SwitchReason?
  }

  let id: PCPUID
  let wakeUp = Condition()
  var thread: pthread_t?
  var clock: ThreadClock?
  var running: Dispatcher.Entry?
  var stay: Stay?
  var isAsleep = false
  var isPoked = false
  /// Its pool gives it up.
  var isLeaving = false
  /// When it looks at the timers at the latest. It is about to do so at first.
  var deadline = Nanoseconds.zero
  /// When its slice began: on the wall clock, and on its thread's CPU clock.
  var sliceStart = Nanoseconds.zero
  var sliceStartCPU = Nanoseconds.zero
  /// Without the slice that is running now.
  var busy = Nanoseconds.zero
  var stolen = Nanoseconds.zero
  /// The highest figure that a snapshot has shown: the two clocks can't be read at the same instant.
  var shownStolen = Nanoseconds.zero

  init(id: PCPUID) { self.id = id }

  /// Before a dispatcher takes it in.
  func enter() {
    isLeaving = false
    isPoked = false
    deadline = .zero
  }
}
