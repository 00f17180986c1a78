import Glibc
import HypervisorModel

/// Times as `poll` wants them.
enum Milliseconds {
  /// The time to a deadline, rounded up so that it is over when `poll` returns.
  static func until(_ deadline: Nanoseconds, from now: Nanoseconds) -> Int32 {
    Int32(clamping: ((deadline - now).rawValue &+ 999_999) / 1_000_000)
  }

  /// Waits until a descriptor has something to read.
  static func wait(for descriptor: Int32, _ milliseconds: Int32) {
    var descriptors = [pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)]
    poll(&descriptors, 1, milliseconds)
  }
}
