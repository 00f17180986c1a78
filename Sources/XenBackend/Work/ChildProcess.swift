import CXen
import Glibc
import HypervisorModel

/// A program that was started, and is to be waited for exactly once.
struct ChildProcess: Sendable {
  let pid: pid_t

  /// Starts a program of the PATH in a session of its own, with no other descriptors than these three.
  ///
  /// - Parameters:
  ///   - terminal: a terminal's path, which becomes input, output, errors and controlling terminal; else `/dev/null` is the
  ///     input, and what is written goes to `output`.
  ///   - output: a descriptor for output and errors.
  ///   - directory: where it runs.
  init(
    _ arguments: [String], terminal: String? = nil, output: CInt? = nil, directory: String = "/"
  ) throws(HypervisorError) {
    var words: [UnsafeMutablePointer<CChar>?] = arguments.map { strdup($0) } + [nil]
    defer { for word in words { free(word) } }
    var pid: pid_t = 0
    let result = domus_spawn(&words, terminal, output ?? STDERR_FILENO, directory, &pid)
    guard result == 0 else { throw .failed("can't start '\(arguments[0])': \(String(cString: strerror(result)))") }
    self.pid = pid
  }

  /// Blocks until it has ended; its exit status, or 128 and the signal that ended it.
  func wait() -> Int {
    var status: CInt = 0
    while waitpid(pid, &status, 0) < 0 {
      guard errno == EINTR else { return -1 }
    }
    return status & 0x7f == 0 ? Int(status >> 8 & 0xff) : 128 + Int(status & 0x7f)
  }
}
