import Dispatch
import FoundationEssentials
import HypervisorModel
import Synchronization
import Testing

@testable import CursesTerminal
@testable import TerminalUI

/// The operator's files are read and written beside the keys.
@Suite struct FileWorkTests {
  private let events: EventQueue
  private let files: FileWork
  private let directory = FileManager.default.temporaryDirectory.path + "/domus-\(UUID().uuidString)"

  init() throws {
    events = try EventQueue()
    files = FileWork(events: events)
    try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
  }

  /// Waits until nothing is left to do, and returns what came of it.
  private func results() -> [UIEvent] {
    for _ in 0..<5000 where files.isBusy { Milliseconds.wait(for: -1, 1) }
    #expect(!files.isBusy)
    return events.drain()
  }

  private func text(of path: String) -> String? {
    FileManager.default.contents(atPath: path).map { String(decoding: $0, as: UTF8.self) }
  }

  @Test func aFileSystemThatHangsHoldsUpNoOtherKindOfWork() throws {
    let hangs = DispatchSemaphore(value: 0)
    let lane = FileWork.Lane("hanging")
    files.run(lane) { hangs.wait() }
    files.export("a,b\n", to: directory + "/table.csv")
    for _ in 0..<5000 where text(of: directory + "/table.csv") != "a,b\n" { Milliseconds.wait(for: -1, 1) }
    #expect(text(of: directory + "/table.csv") == "a,b\n")
    #expect(files.isBusy)
    hangs.signal()
    #expect(results().count == 1)
    try FileManager.default.removeItem(atPath: directory)
  }

  @Test func onlyTheNewestOfWhatWaitsIsDone() {
    let hangs = DispatchSemaphore(value: 0)
    let done = Mutex<[Int]>([])
    let lane = FileWork.Lane("previews")
    files.run(lane) { hangs.wait() }
    for number in 1...3 { files.run(lane, onlyNewest: true) { done.withLock { $0.append(number) } } }
    hangs.signal()
    #expect(results().isEmpty)
    #expect(done.withLock { $0 } == [3])
  }

  @Test func whatIsThereIsNotOverwritten() throws {
    let path = directory + "/table.csv"
    files.export("first", to: path)
    files.export("second", to: path)
    let failures = results().map { event in
      if case .exported(path: path, let failure) = event { failure } else { "another event" }
    }
    #expect(failures.count == 2 && failures[0] == nil && failures[1]?.hasSuffix("File exists") == true)
    #expect(text(of: path) == "first")
    try FileManager.default.removeItem(atPath: directory)
  }

  @Test func aConsoleIsWrittenInOrderAtTheEndOfTheFile() throws {
    let path = directory + "/console.log"
    for run in 1...2 {
      let log = ConsoleLog(path: path, files: files) { Issue.record("\($0)") }
      for line in 1...100 { log.write(Array("\(run).\(line)\n".utf8)) }
      log.end()
      log.write(Array("too late\n".utf8))
      #expect(results().isEmpty)
    }
    #expect(text(of: path) == (1...2).flatMap { run in (1...100).map { "\(run).\($0)\n" } }.joined())
    try FileManager.default.removeItem(atPath: directory)
  }

  @Test func aLogThatCannotBeWrittenIsSaidOnce() {
    let reasons = Mutex<[String]>([])
    let log = ConsoleLog(path: "/dev/full", files: files) { reason in reasons.withLock { $0.append(reason) } }
    for _ in 1...3 { log.write(Array("line\n".utf8)) }
    #expect(results().isEmpty)
    #expect(reasons.withLock { $0 } == ["/dev/full: No space left on device"])
  }
}
