import CXen
@preconcurrency import Dispatch
import Glibc
import HypervisorModel
import Synchronization

/// One domain's console for all who look at it: `xl console` on a terminal of its own. That locks the guest's terminal, so
/// no other reader can steal its output, and one per domain is what there can be.
final class XenConsole: Sendable {
  private struct State {
    var readers: [UInt64: AsyncStream<[UInt8]>.Continuation] = [:]
    var nextReader: UInt64 = 0
    /// The newest output, for who comes later.
    var recent: [UInt8] = []
    var hasEnded = false
  }

  /// What xenconsole takes for the end of the session (^]), whoever typed it.
  private static let escape: UInt8 = 0x1d
  private static let recentLimit = 64 << 10
  /// Pieces that wait for a reader that is slow; then the oldest are dropped.
  private static let backlog = 1024

  private let child: ChildProcess
  private let master: CInt
  private let state = Mutex(State())
  private let source: any DispatchSourceRead
  private let writing = DispatchQueue(label: "domus.xen.console.input")
  private let onEnd: @Sendable (XenConsole) -> Void

  /// - Parameter onEnd: called once, when the console has ended, on any thread.
  init(domain: DomainID, onEnd: @escaping @Sendable (XenConsole) -> Void) throws(HypervisorError) {
    let (master, terminal) = try Self.openTerminal()
    do throws(HypervisorError) {
      child = try ChildProcess(["xl", "console", String(domain.rawValue)], terminal: terminal)
    } catch {
      close(master)
      throw error
    }
    self.master = master
    self.onEnd = onEnd
    source = DispatchSource.makeReadSource(
      fileDescriptor: master, queue: DispatchQueue(label: "domus.xen.console.output"))
    source.setEventHandler { [weak self] in self?.readSome() }
    let (child, descriptor) = (child, master)
    // Behind what is being written: the descriptor's number may be somebody else's afterwards.
    source.setCancelHandler { [writing] in
      writing.async {
        close(descriptor)
        kill(child.pid, SIGTERM)
        _ = child.wait()
      }
    }
    source.resume()
  }

  deinit { source.cancel() }

  private static func openTerminal() throws(HypervisorError) -> (master: CInt, path: String) {
    var name = [CChar](repeating: 0, count: 64)
    let master = domus_open_terminal(&name, name.count)
    guard master >= 0 else {
      throw .exhausted("can't make a terminal for the console: \(String(cString: strerror(errno)))")
    }
    return (master, String(decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self))
  }

  // MARK: Output

  /// A stream of what the guest prints, after what it printed lately. `leave` ends it.
  func join() -> (output: AsyncStream<[UInt8]>, reader: UInt64)? {
    let (output, continuation) = AsyncStream<[UInt8]>.makeStream(bufferingPolicy: .bufferingNewest(Self.backlog))
    let reader = state.withLock { state -> UInt64? in
      guard !state.hasEnded else { return nil }
      defer { state.nextReader += 1 }
      state.readers[state.nextReader] = continuation
      if !state.recent.isEmpty { continuation.yield(state.recent) }
      return state.nextReader
    }
    return reader.map { (output, $0) }
  }

  /// Ends a reader's stream, and the console with its last one.
  func leave(_ reader: UInt64) {
    let (continuation, isLast) = state.withLock { state in
      let continuation = state.readers.removeValue(forKey: reader)
      return (continuation, continuation != nil && state.readers.isEmpty)
    }
    continuation?.finish()
    if isLast { end() }
  }

  private func readSome() {
    var buffer = [UInt8](repeating: 0, count: 8192)
    let count = read(master, &buffer, buffer.count)
    if count < 0, errno == EAGAIN || errno == EINTR { return }
    guard count > 0 else { return end() }
    let bytes = Array(buffer[..<count])
    let readers = state.withLock { state in
      state.recent += bytes
      if state.recent.count > Self.recentLimit { state.recent.removeFirst(state.recent.count - Self.recentLimit) }
      return Array(state.readers.values)
    }
    for reader in readers { reader.yield(bytes) }
  }

  /// Ends all readers' streams and the session.
  func end() {
    let readers = state.withLock { state -> [AsyncStream<[UInt8]>.Continuation]? in
      guard !state.hasEnded else { return nil }
      state.hasEnded = true
      defer { state.readers = [:] }
      return Array(state.readers.values)
    }
    guard let readers else { return }
    for reader in readers { reader.finish() }
    source.cancel()
    onEnd(self)
  }

  // MARK: Input

  /// Types into the console; returns when its terminal has taken all. Throws `.exhausted` when it takes nothing for long.
  func type(_ bytes: [UInt8]) async throws(HypervisorError) {
    let typed = bytes.filter { $0 != Self.escape }
    let isTaken = await withCheckedContinuation { continuation in
      writing.async { continuation.resume(returning: self.write(typed)) }
    }
    guard isTaken else { throw .exhausted("the guest takes no input") }
  }

  private func write(_ bytes: [UInt8]) -> Bool {
    var rest = bytes[...]
    while !rest.isEmpty, !state.withLock({ $0.hasEnded }) {
      let count = rest.withUnsafeBytes { Glibc.write(master, $0.baseAddress, $0.count) }
      if count > 0 {
        rest = rest.dropFirst(count)
      } else if errno == EAGAIN {
        var room = pollfd(fd: master, events: Int16(POLLOUT), revents: 0)
        if poll(&room, 1, 2000) == 0 { return false }
      } else if errno != EINTR {
        return false
      }
    }
    return rest.isEmpty
  }
}
