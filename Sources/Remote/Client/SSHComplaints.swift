import Dispatch
import Glibc
import HypervisorModel
import Synchronization

/// What ssh writes to standard error, read until ssh ends and is taken leave of.
final class SSHComplaints: Sendable {
  private struct State {
    var isShown: Bool
    /// The newest line, as far as it is there.
    var line: [UInt8] = []
    var last: [UInt8] = []
    var isOver = false
  }

  private let state: Mutex<State>
  private static let lineLimit = 200
  /// A connection that ssh leaves behind for others (ControlPersist) holds the descriptor open.
  private static let patience = Duration.seconds(1)

  /// Takes the descriptor and the process over. `isShown`: it goes to standard error, until `silence`.
  init(_ descriptor: CInt, of pid: pid_t, isShown: Bool) {
    state = Mutex(State(isShown: isShown))
    DispatchQueue(label: "domus.ssh").async {
      var buffer = [UInt8](repeating: 0, count: 1024)
      while true {
        let count = read(descriptor, &buffer, buffer.count)
        if count < 0, errno == EINTR { continue }
        guard count > 0 else { break }
        self.take(buffer.prefix(count))
      }
      close(descriptor)
      self.state.withLock { $0.isOver = true }
      // Nobody else waits for it.
      while waitpid(pid, nil, 0) < 0, errno == EINTR {}
    }
  }

  /// Returns when ssh has said all, or soon.
  func end() async {
    let deadline = ContinuousClock.now + Self.patience
    while !state.withLock(\.isOver), .now < deadline { try? await Task.sleep(for: .milliseconds(10)) }
    silence()
  }

  /// Nothing is shown from now on.
  func silence() { state.withLock { $0.isShown = false } }

  /// The newest whole line, fit for a terminal; nil if there is none.
  var last: String? {
    let line = state.withLock { $0.last }
    return line.isEmpty ? nil : MessageText.printable(String(decoding: line, as: UTF8.self))
  }

  private func take(_ bytes: ArraySlice<UInt8>) {
    state.withLock { state in
      if state.isShown {
        // Some of it is the other host's.
        var text = MessageText.harmless(String(decoding: bytes, as: UTF8.self), keeping: "\r\n\t")
        text.withUTF8 { _ = write(STDERR_FILENO, $0.baseAddress, $0.count) }
      }
      for byte in bytes {
        switch byte {
        case UInt8(ascii: "\n"), UInt8(ascii: "\r"):
          if !state.line.isEmpty { state.last = state.line }
          state.line = []
        default: if state.line.count < Self.lineLimit { state.line.append(byte) }
        }
      }
    }
  }
}
