import Synchronization

/// Console bytes that came and that nobody has read yet. The host sends no more than the window ahead of the reader.
final class ConsoleInbox: Sendable {
  private struct State {
    var chunks: [[UInt8]] = []
    var unread = 0
    /// Bytes that were read and for which the host has got no new credit yet.
    var owed = 0
    var ended = false
    var readers: [CheckedContinuation<[UInt8]?, Never>] = []
  }

  private let window: Int
  private let state = Mutex(State())

  /// `window`: the credit that the host got at first, in bytes.
  init(window: Int) { self.window = window }

  /// False when the host sent more than it has credit for.
  func deliver(_ data: ConsoleData) -> Bool {
    let bytes = Array(data.bytes)
    var chunk = bytes
    if let lost = data.lost { chunk = Self.mark(lost) + bytes }
    let accepted = state.withLock { state -> (ok: Bool, reader: CheckedContinuation<[UInt8]?, Never>?) in
      guard state.unread + state.owed + bytes.count <= window else { return (false, nil) }
      if state.ended || chunk.isEmpty { return (true, nil) }
      guard let reader = state.readers.popLast() else {
        state.chunks.append(chunk)
        state.unread += bytes.count
        return (true, nil)
      }
      state.owed += bytes.count
      return (true, reader)
    }
    accepted.reader?.resume(returning: chunk)
    return accepted.ok
  }

  private static func mark(_ lost: Int) -> [UInt8] {
    Array("\r\n[domus: \(lost) bytes of output skipped]\r\n".utf8)
  }

  /// All that came since the last call, waiting if that is nothing; nil at the end.
  func read() async -> [UInt8]? {
    await withCheckedContinuation { continuation in
      let (ready, bytes) = state.withLock { state -> (Bool, [UInt8]?) in
        guard state.chunks.isEmpty else {
          defer { state.chunks = [] }
          state.owed += state.unread
          state.unread = 0
          return (true, Array(state.chunks.joined()))
        }
        if state.ended { return (true, nil) }
        state.readers.append(continuation)
        return (false, nil)
      }
      if ready { continuation.resume(returning: bytes) }
    }
  }

  /// Bytes for which the host should get new credit now; nil while it is too little to be worth a frame.
  func takeOwedCredit() -> Int? {
    state.withLock { state in
      guard !state.ended, state.owed >= window / 4 else { return nil }
      defer { state.owed = 0 }
      return state.owed
    }
  }

  /// Nothing more comes. What came is still read.
  func end() {
    let readers = state.withLock { state in
      state.ended = true
      defer { state.readers = [] }
      return state.readers
    }
    for reader in readers { reader.resume(returning: nil) }
  }
}
