import Glibc
import HypervisorModel

/// Carries bytes between a pair of descriptors and a host's socket: what `domus serve --stdio` does at the far end of SSH.
/// It knows nothing of frames, so a new protocol needs no new relay.
public enum StdioRelay {
  /// Relays until the host closes the connection or `output` breaks; blocks the calling thread. The end of `input` is passed
  /// on to the host, which then hangs up. Ignores SIGPIPE for the whole process.
  public static func run(
    socketPath: String, input: CInt = STDIN_FILENO, output: CInt = STDOUT_FILENO
  ) throws(HypervisorError) {
    signal(SIGPIPE, SIG_IGN)
    let host = try connect(socketPath)
    defer { close(host) }
    var toHost = Direction(from: input, to: host)
    var fromHost = Direction(from: host, to: output)
    while !fromHost.isOver {
      var events = [toHost.wanted, fromHost.wanted]
      guard poll(&events, 2, -1) >= 0 || errno == EINTR else {
        throw .failed("can't wait for bytes to relay: \(systemErrorText())")
      }
      toHost.step(events[0].revents)
      fromHost.step(events[1].revents)
      if toHost.finishesTarget() { shutdown(host, CInt(SHUT_WR)) }
    }
  }

  private static func connect(_ path: String) throws(HypervisorError) -> CInt {
    guard path.utf8.count <= HostDirectory.maximumSocketPath else {
      throw .invalid("the socket's path '\(path)' is longer than \(HostDirectory.maximumSocketPath) bytes")
    }
    let host = socket(AF_UNIX, CInt(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    guard host >= 0 else { throw .exhausted("can't make a socket: \(systemErrorText())") }
    guard withSocketAddress(of: path, { Glibc.connect(host, $0, $1) }) == 0 else {
      let text = systemErrorText()
      close(host)
      throw .disconnected("no host process answers at '\(path)': \(text)")
    }
    return host
  }
}

/// One way of the relay: at most one piece is under way, so a slow reader holds up the writer and nothing piles up.
private struct Direction {
  /// PIPE_BUF: a pipe that polls as writable takes that many bytes without blocking.
  static let pieceSize = 4096

  let source: CInt
  let target: CInt
  var pending: ArraySlice<UInt8> = []
  var sourceEnded = false
  var targetBroke = false
  private var targetToldOfEnd = false

  init(from source: CInt, to target: CInt) {
    self.source = source
    self.target = target
  }

  var isOver: Bool { targetBroke || (sourceEnded && pending.isEmpty) }

  /// What to wait for: room for the piece under way, or the next piece. Nothing (a negative descriptor) when it is over.
  var wanted: pollfd {
    if isOver { return pollfd(fd: -1, events: 0, revents: 0) }
    return pending.isEmpty
      ? pollfd(fd: source, events: Int16(POLLIN), revents: 0) : pollfd(fd: target, events: Int16(POLLOUT), revents: 0)
  }

  /// Goes on after `poll` reported `events` for what was wanted.
  mutating func step(_ events: Int16) {
    guard events != 0 else { return }
    if pending.isEmpty { fill() }
    if !pending.isEmpty { drain() }
  }

  private mutating func fill() {
    let bytes = [UInt8](unsafeUninitializedCapacity: Self.pieceSize) { buffer, count in
      let result = read(source, buffer.baseAddress, buffer.count)
      if result == 0 || (result < 0 && errno != EINTR && errno != EAGAIN) { sourceEnded = true }
      count = max(result, 0)
    }
    pending = bytes[...]
  }

  private mutating func drain() {
    // What was just read may find no room; then the next round waits for it.
    var room = pollfd(fd: target, events: Int16(POLLOUT), revents: 0)
    guard poll(&room, 1, 0) > 0 else { return }
    let written = pending.withUnsafeBytes { write(target, $0.baseAddress, $0.count) }
    if written > 0 {
      pending = pending.dropFirst(written)
    } else if errno != EINTR, errno != EAGAIN {
      targetBroke = true
    }
  }

  /// True once: when the source has ended and all its bytes are written.
  mutating func finishesTarget() -> Bool {
    guard sourceEnded, pending.isEmpty, !targetToldOfEnd else { return false }
    targetToldOfEnd = true
    return true
  }
}
