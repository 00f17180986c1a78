import Synchronization
import TerminalUI

/// A file that what a guest prints is also written to. Any thread may call; none waits for the file.
final class ConsoleLog: Sendable {
  private struct State: Sendable {
    var file: OutputFile?
    /// Bytes that are not written yet.
    var waiting = 0
    var hasEnded = false
  }

  private let path: String
  private let files: FileWork
  private let lane = FileWork.Lane("console")
  private let state = Mutex(State())
  private let fail: @Sendable (String) -> Void

  /// A file that takes less than a guest prints is given up from here on.
  private static let limit = 4 << 20

  /// Opens the file. `fail` is told once why nothing more is written.
  init(path: String, files: FileWork, fail: @escaping @Sendable (String) -> Void) {
    (self.path, self.files, self.fail) = (path, files, fail)
    files.run(lane) { self.open() }
  }

  /// Nothing more is to be written; what was given before still is.
  func end() { state.withLock { $0.hasEnded = true } }

  func write(_ bytes: [UInt8]) {
    let (isOpen, isTooMuch) = state.withLock { state in
      guard !state.hasEnded else { return (false, false) }
      state.waiting += bytes.count
      return (true, state.waiting > Self.limit)
    }
    guard isOpen else { return }
    guard !isTooMuch else { return giveUp("\(path): the file takes too long to write") }
    files.run(lane) { self.append(bytes) }
  }

  private func open() {
    do throws(OutputFile.Failure) {
      let file = try OutputFile(path: path, .append)
      state.withLock { $0.file = file }
    } catch {
      giveUp(error.text)
    }
  }

  private func append(_ bytes: [UInt8]) {
    let file = state.withLock { state in
      state.waiting -= bytes.count
      return state.file
    }
    do throws(OutputFile.Failure) {
      try file?.write(bytes)
    } catch {
      giveUp(error.text)
    }
  }

  private func giveUp(_ reason: String) {
    let isFirst = state.withLock { state in
      defer { (state.hasEnded, state.file) = (true, nil) }
      return !state.hasEnded
    }
    if isFirst { fail(reason) }
  }
}
