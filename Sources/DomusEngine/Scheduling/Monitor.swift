import Glibc
import HypervisorModel

/// A POSIX mutex: unlike `Mutex` it can be given up while waiting for a `Condition`.
///
/// `@unchecked Sendable`: the pointer never changes and what it points to is made for concurrent use.
final class Lock: @unchecked Sendable {
  fileprivate let mutex: UnsafeMutablePointer<pthread_mutex_t>

  init() {
    mutex = .allocate(capacity: 1)
    mutex.initialize(to: pthread_mutex_t())
    pthread_mutex_init(mutex, nil)
  }

  deinit {
    pthread_mutex_destroy(mutex)
    mutex.deallocate()
  }

  func lock() { pthread_mutex_lock(mutex) }
  func unlock() { pthread_mutex_unlock(mutex) }

  func withLock<Result>(_ body: () throws -> Result) rethrows -> Result {
    lock()
    defer { unlock() }
    return try body()
  }
}

/// A POSIX condition variable on the monotonic clock.
///
/// `@unchecked Sendable`: as `Lock`.
final class Condition: @unchecked Sendable {
  private let condition: UnsafeMutablePointer<pthread_cond_t>

  init() {
    condition = .allocate(capacity: 1)
    condition.initialize(to: pthread_cond_t())
    var attributes = pthread_condattr_t()
    pthread_condattr_init(&attributes)
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
    pthread_cond_init(condition, &attributes)
    pthread_condattr_destroy(&attributes)
  }

  deinit {
    pthread_cond_destroy(condition)
    condition.deallocate()
  }

  /// Gives up `lock`, which the caller holds, until it is signalled or `deadline` has passed, which may also seem to
  /// happen for no reason. False if the deadline has passed.
  @discardableResult
  func wait(_ lock: Lock, until deadline: Nanoseconds = .never) -> Bool {
    guard deadline < .seconds(UInt64(Int32.max)) else { return pthread_cond_wait(condition, lock.mutex) == 0 }
    var time = timespec(
      tv_sec: Int(deadline.rawValue / 1_000_000_000), tv_nsec: Int(deadline.rawValue % 1_000_000_000))
    return pthread_cond_timedwait(condition, lock.mutex, &time) != ETIMEDOUT
  }

  /// Wakes one who waits.
  func signal() { pthread_cond_signal(condition) }
  /// Wakes all who wait.
  func broadcast() { pthread_cond_broadcast(condition) }
}

/// The CPU clock of one thread, readable from others while that thread lives.
struct ThreadClock: Sendable {
  private let clock: clockid_t

  /// Of the calling thread.
  static func current() -> ThreadClock {
    var clock = clockid_t()
    pthread_getcpuclockid(pthread_self(), &clock)
    return ThreadClock(clock: clock)
  }

  func now() -> Nanoseconds {
    var time = timespec()
    clock_gettime(clock, &time)
    return Nanoseconds(
      UInt64(truncatingIfNeeded: time.tv_sec) &* 1_000_000_000 &+ UInt64(truncatingIfNeeded: time.tv_nsec))
  }
}
