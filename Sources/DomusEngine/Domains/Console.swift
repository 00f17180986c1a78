import HypervisorModel
import Synchronization

/// A domain's console as terminals see it. It outlives a restart of the domain: open terminals stay attached.
final class Console: Sendable {
  /// What the guest printed.
  let output = ConsoleBuffer()
  /// Where typed bytes go: the UART of the machine that runs now. Answers how many bytes it took.
  private let input = Mutex<(@Sendable ([UInt8]) -> Int)?>(nil)

  func connect(_ sink: @escaping @Sendable ([UInt8]) -> Int) { input.withLock { $0 = sink } }
  func disconnect() { input.withLock { $0 = nil } }

  /// Types bytes; waits, without blocking a thread, while the guest takes none. Throws when the guest reads nothing for
  /// `patience` seconds.
  func type(_ bytes: [UInt8], patience: Duration = .seconds(10)) async throws(HypervisorError) {
    var rest = bytes[...]
    var deadline = ContinuousClock.now + patience
    while !rest.isEmpty {
      let sink = input.withLock { $0 }
      let taken = sink?(Array(rest)) ?? 0
      rest = rest.dropFirst(taken)
      if rest.isEmpty { return }
      if taken > 0 { deadline = .now + patience }
      guard ContinuousClock.now < deadline else {
        throw .failed("the guest does not read its console; \(rest.count) bytes were not typed")
      }
      do { try await Task.sleep(for: .milliseconds(10)) } catch { return }
    }
  }
}
