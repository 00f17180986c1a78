import Glibc
import HypervisorModel
import NIOCore

/// What can be said of a host process that does not answer. Nothing here advises what would cost its domains.
enum HostCondition {
  /// `pid`: nil where the process is of another machine, or is not known.
  static func text(_ pid: Int32?) -> String {
    guard let pid else { return "the host process is overloaded or stopped; its domains are not harmed by waiting" }
    switch state(pid) {
    case "T", "t":
      return "the host process \(pid) is stopped (by SIGSTOP or a debugger), and its domains with it; "
        + "'kill -CONT \(pid)' lets them go on"
    case "D": return "the host process \(pid) waits for a disk or another device; try again later"
    case "Z", "X", nil: return "the host process \(pid) has ended"
    default: return "the host process \(pid) runs, but is overloaded; try again later"
    }
  }

  /// The letter of proc_pid_stat(5); nil where there is no such process.
  private static func state(_ pid: Int32) -> Character? {
    guard let bytes = HostFile.contents("/proc/\(pid)/stat", limit: 512) else { return nil }
    // The name before it, in parentheses, may hold anything.
    let text = String(decoding: bytes, as: UTF8.self)
    return text.lastIndex(of: ")").flatMap { text[$0...].dropFirst(2).first }
  }
}

extension TimeAmount {
  var seconds: Int64 { nanoseconds / 1_000_000_000 }
}
