import Dispatch
import Glibc
import HypervisorModel
import Remote
import Synchronization

/// The operator's side of a domain's console: a full-screen pane on a terminal, raw bytes in a pipe.
enum ConsoleAttachment {
  /// `starts`: the domain is paused and goes on once its console is open.
  static func run(
    _ client: HostClient, of host: HostOptions, domain: DomainReference, name: String, _ options: TerminalOptions,
    starts: Bool = false
  ) async throws {
    if isatty(STDIN_FILENO) != 0, isatty(STDOUT_FILENO) != 0 {
      try await TerminalInterface.run(
        client, of: host, options: options, console: .init(domain: domain, name: name), starts: starts)
    } else {
      let hypervisor: any Hypervisor = starts ? WatchedStart(client, domain) : client
      try await RawConsole(stream: try await hypervisor.openConsole(of: domain)).run()
      if client.isOver {
        throw HypervisorError.disconnected("the connection to the host ended, and with it the console of '\(name)'")
      }
    }
  }
}

/// Copies raw bytes between standard input and output and a console.
private final class RawConsole: Sendable {
  /// `^]`, which detaches.
  private static let escape: UInt8 = 0x1d

  private let stream: ConsoleStream
  private let lastOutput = Mutex(ContinuousClock.now)

  init(stream: ConsoleStream) { self.stream = stream }

  func run() async throws {
    let reader = Task { try await self.copyInput() }
    for await bytes in stream.output {
      lastOutput.withLock { $0 = .now }
      guard Self.writeAll(bytes) else { break }
    }
    reader.cancel()
  }

  /// Ends the stream at `^]`, or when the input has ended and the guest is silent for a second.
  private func copyInput() async throws {
    for await bytes in Self.standardInput() {
      if let end = bytes.firstIndex(of: Self.escape) {
        try await stream.send(Array(bytes[..<end]))
        stream.close()
        return
      }
      try await stream.send(bytes)
    }
    lastOutput.withLock { $0 = .now }
    while lastOutput.withLock({ $0.duration(to: .now) }) < .seconds(1) {
      try await Task.sleep(for: .milliseconds(100))
    }
    stream.close()
  }

  /// Standard input in pieces, each read when it is wanted, on a queue of its own because reading blocks.
  private static func standardInput() -> AsyncStream<[UInt8]> {
    let queue = DispatchQueue(label: "domus.stdin")
    return AsyncStream {
      await withCheckedContinuation { continuation in
        queue.async { continuation.resume(returning: readChunk()) }
      }
    }
  }

  /// Nil at the end of standard input.
  private static func readChunk() -> [UInt8]? {
    var buffer = [UInt8](repeating: 0, count: 4096)
    while true {
      let count = read(STDIN_FILENO, &buffer, buffer.count)
      if count < 0, errno == EINTR { continue }
      return count > 0 ? Array(buffer[..<count]) : nil
    }
  }

  private static func writeAll(_ bytes: [UInt8]) -> Bool {
    bytes.withUnsafeBytes { buffer in
      var rest = buffer[...]
      while !rest.isEmpty {
        let count = write(STDOUT_FILENO, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
        if count < 0, errno == EINTR { continue }
        guard count > 0 else { return false }
        rest = rest.dropFirst(count)
      }
      return true
    }
  }
}
