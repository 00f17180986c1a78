import CTerminal
import Glibc

/// A pipe that wakes a thread out of `poll`. Any thread and any signal handler may wake.
final class WakePipe: Sendable {
  let readEnd: Int32
  let writeEnd: Int32

  init() throws(TerminalError) {
    var ends: [Int32] = [-1, -1]
    guard terminal_pipe(&ends) == 0 else { throw .failed(String(cString: strerror(errno))) }
    readEnd = ends[0]
    writeEnd = ends[1]
  }

  deinit {
    close(readEnd)
    close(writeEnd)
  }

  func wake() {
    // A full pipe is as good: the reader has something to wake up for.
    withUnsafeBytes(of: UInt8(0)) { _ = write(writeEnd, $0.baseAddress, 1) }
  }

  /// Takes what was written; empty if nothing was.
  func drain() -> [UInt8] {
    var taken: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 256)
    while true {
      let count = read(readEnd, &buffer, buffer.count)
      guard count > 0 else { return taken }
      taken += buffer.prefix(count)
    }
  }
}
