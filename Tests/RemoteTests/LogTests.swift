import Logging
import Remote
import Synchronization
import Testing

@Suite struct LogTests {
  @Test func aSourceThatSaysTheSameAgainAndAgainIsSummedUp() {
    var limiter = LogLimiter()
    let now = ContinuousClock.now
    let admitted = (0..<332).count { limiter.admits("guest 5 erred \($0) times", of: "guest", at: now) }
    #expect(admitted == LogLimiter.linesOfSource)
    let admitsAnother = limiter.admits("another one", of: "other", at: now)
    #expect(admitsAnother)
    #expect(limiter.deadline == now + LogLimiter.interval)
    let left = limiter.endInterval()
    #expect(left == ["… 312 more like this in the last minute: guest 5 erred 331 times"])
    let admitsAgain = limiter.admits("guest 5 erred", of: "guest", at: now + .seconds(61))
    #expect(admitsAgain)
  }

  @Test func allSourcesTogetherAreBoundedToo() {
    var limiter = LogLimiter()
    let now = ContinuousClock.now
    let admitted = (0..<100_000).count { limiter.admits("line \($0)", of: "source \($0 % 5000)", at: now) }
    #expect(admitted <= LogLimiter.linesOfAll)
    let left = limiter.endInterval()
    #expect(left.count < 300)
  }

  @Test func aMessageIsOneLineWithoutAnythingThatATerminalObeys() {
    let written = Mutex<[UInt8]>([])
    let handler = HostLogHandler { bytes in
      written.withLock { $0 += bytes }
      return bytes.count
    }
    let logger = Logger(label: "test") { _ in handler }
    logger.warning("domain 'x\n2026-01-01 00:00:00 info forged\u{1B}[2J\u{202E}' created")
    let text = String(decoding: written.withLock { $0 }, as: UTF8.self)
    #expect(text.split(separator: "\n").count == 1)
    #expect(text.contains(#" warning domain 'x\u{a}2026"#) && text.contains(#"\u{1b}[2J\u{202e}"#))
  }

  @Test func messagesThatDifferInNumbersAreOfOneSource() {
    let written = Mutex<[UInt8]>([])
    let handler = HostLogHandler { bytes in
      written.withLock { $0 += bytes }
      return bytes.count
    }
    let logger = Logger(label: "test") { _ in handler }
    for pid in 0..<1000 { logger.warning("refused the client with pid \(pid): it is rude") }
    let lines = String(decoding: written.withLock { $0 }, as: UTF8.self).split(separator: "\n")
    #expect(lines.count == LogLimiter.linesOfSource)
  }
}
