import CProcess
import CXen
import Dispatch
import Glibc
import HypervisorModel
import Logging
import Synchronization

/// Hears of changes in xenstore on a queue of its own, so that they show at once.
final class XenWatcher: Sendable {
  enum Change: Sendable {
    /// A domain came, went, or shut down.
    case domains
    /// Something about this domain, or about some domain that can't be told.
    case details(UInt32?)
    /// xenstored has gone, or is there again.
    case store(isLost: Bool)
  }

  /// What changes seldom and is worth a look: not the guests' own directories, in which some agents write all the time.
  private static let paths = [
    "@introduceDomain", "@releaseDomain", "/vm", "/local/pool", "/local/domain/0/backend",
  ]
  private static let retryGap: UInt32 = 2

  private let stopPipe: [CInt]
  private let logger: Logger

  /// Throws `.exhausted` where no pipe can be made to end it by.
  ///
  /// - Parameter onChange: called on the watcher's queue.
  init(
    _ library: XenLibrary, logger: Logger, onChange: @escaping @Sendable (Change) -> Void
  ) throws(HypervisorError) {
    var pipe: [CInt] = [-1, -1]
    guard process_pipe(&pipe) == 0 else {
      throw .exhausted("can't make a pipe: \(String(cString: strerror(errno)))")
    }
    stopPipe = pipe
    self.logger = logger
    let listener = Listener(onChange)
    // Never returns before `stop`: a queue of its own has a thread of its own.
    DispatchQueue(label: "domus.xen.watcher").async { [stop = pipe[0], logger] in
      Self.run(library, stop: stop, listener, logger)
    }
  }

  func stop() { close(stopPipe[1]) }

  private static func run(_ library: XenLibrary, stop: CInt, _ listener: Listener, _ logger: Logger) {
    var words = paths.map { UnsafePointer(strdup($0)) }
    defer { for word in words { free(UnsafeMutablePointer(mutating: word)) } }
    while true {
      let result = library.functions.watch(
        &words, words.count, stop,
        { context, path, _ in
          guard let context, let path else { return }
          Unmanaged<Listener>.fromOpaque(context).takeUnretainedValue().heard(String(cString: path))
        }, Unmanaged.passUnretained(listener).toOpaque())
      if result == 0 { break }
      if !listener.isLost { logger.warning("xenstored does not answer: changes show at the next poll only") }
      listener.lost()
      var ended = pollfd(fd: stop, events: Int16(POLLIN), revents: 0)
      if poll(&ended, 1, CInt(retryGap) * 1000) > 0 { break }
    }
    close(stop)
  }

  private final class Listener: Sendable {
    private let onChange: @Sendable (Change) -> Void
    private let loss = Mutex(false)

    var isLost: Bool { loss.withLock { $0 } }

    init(_ onChange: @escaping @Sendable (Change) -> Void) { self.onChange = onChange }

    func lost() {
      loss.withLock { $0 = true }
      onChange(.store(isLost: true))
    }

    func heard(_ path: String) {
      if isLost {
        loss.withLock { $0 = false }
        onChange(.store(isLost: false))
      }
      if path.hasPrefix("@") { return onChange(.domains) }
      // /local/domain/0/backend/vif/5/0/state
      let parts = path.split(separator: "/")
      onChange(.details(parts.count > 5 && parts[3] == "backend" ? UInt32(parts[5]) : nil))
    }
  }
}
