import Glibc
import HypervisorModel
import Logging
import Synchronization

/// Writes a host's log to standard error, a line for each message whatever is in it, and no more of them than a disk bears.
public struct HostLogHandler: LogHandler {
  public var metadata: Logger.Metadata = [:]
  public var logLevel = Logger.Level.info
  private let writer: LogWriter

  public subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  public init() { writer = LogWriter { write(STDERR_FILENO, $0, $0.count) } }

  package init(output: @escaping @Sendable ([UInt8]) -> Int) { writer = LogWriter(output) }

  public func log(event: LogEvent) {
    writer.write("\(event.message)", level: event.level, place: "\(event.file):\(event.line)")
  }
}

/// What all copies of a log handler share.
private final class LogWriter: Sendable {
  private static let lineLimit = 1000

  private let limiter = Mutex(LogLimiter())
  private let output: @Sendable ([UInt8]) -> Int

  init(_ output: @escaping @Sendable ([UInt8]) -> Int) { self.output = output }

  /// `place`: where in the program the message is made. Messages from one place that differ in numbers alone, as in a
  /// process id, are of one source.
  func write(_ message: String, level: Logger.Level, place: String) {
    let line = MessageText.harmless(String(message.unicodeScalars.prefix(Self.lineLimit)))
    let now = ContinuousClock.now
    let source = place + line.filter { !$0.isNumber }.prefix(40)
    let (isAdmitted, left, begins) = limiter.withLock { limiter in
      let left = limiter.deadline.map { $0 <= now } == true ? limiter.endInterval() : []
      let begins = limiter.deadline == nil
      return (limiter.admits(line, of: source, at: now), left, begins)
    }
    for text in left { put(text, .warning) }
    if isAdmitted { put(line, level) }
    // What is left out is said even if nothing is logged afterwards.
    if begins {
      Task {
        try? await Task.sleep(for: LogLimiter.interval)
        self.endInterval()
      }
    }
  }

  private func endInterval() {
    let left = limiter.withLock { limiter in
      limiter.deadline.map { $0 <= .now } == true ? limiter.endInterval() : []
    }
    for text in left { put(text, .warning) }
  }

  private func put(_ line: String, _ level: Logger.Level) {
    _ = output(Array("\(Timestamp.text(Double(time(nil)))) \(level) \(line)\n".utf8))
  }
}
