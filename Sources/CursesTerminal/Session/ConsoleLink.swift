import HypervisorModel
import Synchronization
import TerminalUI

/// One open console: what the guest prints goes into the queue, what is typed goes to the guest in order.
final class ConsoleLink: Sendable {
  private let id: ConsoleID
  private let hypervisor: any Hypervisor
  private let queue: EventQueue
  private let input: AsyncStream<[UInt8]>
  private let typed: AsyncStream<[UInt8]>.Continuation
  private let task = Mutex<Task<Void, Never>?>(nil)
  private let isClosed = Atomic(false)
  private let files: FileWork
  private let log = Mutex<ConsoleLog?>(nil)
  private let sizer: ConsoleSizer

  /// Pieces of input that wait for a guest that doesn't read.
  private static let inputLimit = 1024
  private static let pause = Duration.milliseconds(5)

  init(id: ConsoleID, hypervisor: any Hypervisor, queue: EventQueue, files: FileWork) {
    self.id = id
    self.files = files
    self.hypervisor = hypervisor
    self.queue = queue
    sizer = ConsoleSizer(domain: id.domain, hypervisor: hypervisor)
    (input, typed) = AsyncStream.makeStream(bufferingPolicy: .bufferingOldest(Self.inputLimit))
  }

  func start() {
    let running = Task { await self.run() }
    task.withLock { $0 = running }
  }

  /// False if there was no room for it.
  func send(_ bytes: [UInt8]) -> Bool {
    sizer.retry()
    if case .dropped = typed.yield(bytes) { return false }
    return true
  }

  func resize(to size: Size) { sizer.want(size) }

  /// No more output from here on; what was typed still goes out.
  func close() {
    isClosed.store(true, ordering: .relaxed)
    typed.finish()
    sizer.close()
    task.withLock { $0 }?.cancel()
  }

  /// Returns when everything is through.
  func end() async { await task.withLock { $0 }?.value }

  // MARK: The log

  /// From now on what the guest prints is also written to a file.
  func startLog(_ path: String) {
    let new = ConsoleLog(path: path, files: files) { [weak self] reason in
      guard let self else { return }
      self.push(.consoleLogFailed(self.id, reason: reason))
    }
    replaceLog(with: new)
  }

  func stopLog() { replaceLog(with: nil) }

  private func replaceLog(with new: ConsoleLog?) {
    let old = log.withLock { log in
      defer { log = new }
      return log
    }
    old?.end()
  }

  private func push(_ event: UIEvent) {
    if !isClosed.load(ordering: .relaxed) { queue.push(event) }
  }

  private func run() async {
    let stream: ConsoleStream
    do throws(HypervisorError) {
      stream = try await hypervisor.openConsole(of: id.domain)
    } catch {
      push(.consoleClosed(id, reason: error.description))
      return
    }
    push(.consoleOpened(id))
    let sender = Task { await self.forward(to: stream) }
    for await bytes in stream.output {
      push(.consoleOutput(id, bytes))
      log.withLock { $0 }?.write(bytes)
      while !queue.hasRoomForConsole, !Task.isCancelled { try? await Task.sleep(for: Self.pause) }
    }
    push(.consoleClosed(id, reason: nil))
    typed.finish()
    await sender.value
    stream.close()
  }

  private func forward(to stream: ConsoleStream) async {
    for await bytes in input {
      do throws(HypervisorError) {
        try await stream.send(bytes)
      } catch {
        push(.notice(error.description))
        return
      }
    }
  }
}
