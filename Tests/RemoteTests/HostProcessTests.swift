import FoundationEssentials
import Glibc
import HypervisorModel
import Logging
import Remote
import Testing

/// The host process of the tests: this very program, started again to run nothing but the test below.
enum HostFixture {
  /// Where it finds its directory; set only in the processes that these tests start.
  fileprivate static let directory = "DOMUS_TEST_HOST_DIRECTORY"
  /// Set where its domains end with it.
  static let losesDomains = "DOMUS_TEST_HOST_LOSES_DOMAINS"

  static func start(_ directory: HostDirectory, _ variables: [String] = []) async throws -> HostClient {
    let program = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
    return try await HostProcess.ensureRunning(
      executable: "/usr/bin/env",
      arguments: variables + [
        "\(Self.directory)=\(directory.path)", program, "--testing-library", "swift-testing", "--filter",
        "hostProcessFixture",
      ], directory: directory, timeLimit: .seconds(60))
  }
}

@Test(.enabled(if: getenv(HostFixture.directory) != nil))
func hostProcessFixture() async throws {
  let directory = try HostDirectory(path: String(cString: #require(getenv(HostFixture.directory))))
  do {
    let lock = try HostLock(directory: directory)
    try HostProcess.prepare(lock)
    let hypervisor = TestHypervisor()
    hypervisor.state.withLock { $0.domainsOutliveHost = getenv(HostFixture.losesDomains) == nil }
    let handler = HostLogHandler()
    let server = HostServer(
      hypervisor: hypervisor, lock: lock, version: "fixture", logger: Logger(label: "host") { _ in handler })
    HostProcess.reportCrashes(directory)
    try await server.run()
  } catch {
    // What a second host does.
    let text = Array("\(error)\n".utf8)
    _ = write(STDERR_FILENO, text, text.count)
    exit(1)
  }
  exit(0)
}

@Suite struct HostProcessTests {
  private let scratch: ScratchDirectory
  private let directory: HostDirectory

  init() throws {
    scratch = try ScratchDirectory()
    directory = try HostDirectory(path: scratch.path)
  }

  private func startFixture() async throws -> HostClient { try await HostFixture.start(directory) }

  private func script(_ text: String, limit: Duration = .seconds(60)) async -> String {
    do {
      let client = try await HostProcess.ensureRunning(
        executable: "/bin/sh", arguments: ["-c", text], directory: directory, timeLimit: limit)
      return "connected to \(client.hostVersion)"
    } catch { return "\(error)" }
  }

  @Test func aHostIsStartedOnceAndLivesUntilItIsStopped() async throws {
    let first = try await startFixture()
    let status = try await first.hostStatus()
    #expect(status.pid != getpid())
    #expect(getsid(status.pid) == status.pid)
    #expect(try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/\(status.pid)/cwd") == "/")
    #expect(try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/\(status.pid)/fd/0") == "/dev/null")
    first.close()
    let second = try await startFixture()
    #expect(try await second.hostStatus().pid == status.pid)
    try await second.stopHost()
    try await HostProcess.waitUntilGone(pid: status.pid)
    _ = try HostLock(directory: directory)
    #expect(
      try String(contentsOf: URL(filePath: directory.logPath), encoding: .utf8).contains("a client stops the host"))
  }

  @Test func clientsThatStartAtOnceGetOneHost() async throws {
    let pids = try await withThrowingTaskGroup(of: Int32.self) { group in
      for _ in 0..<4 { group.addTask { try await startFixture().hostStatus().pid } }
      return try await group.reduce(into: Set<Int32>()) { $0.insert($1) }
    }
    #expect(pids.count == 1)
    try await startFixture().stopHost()
  }

  @Test func aKilledHostIsReplaced() async throws {
    let first = try await startFixture()
    let pid = try await first.hostStatus().pid
    kill(pid, SIGKILL)
    await #expect(throws: HypervisorError.disconnected("the host closed the connection")) {
      while true { _ = try await first.snapshot() }
    }
    let second = try await startFixture()
    #expect(try await second.hostStatus().pid != pid)
    try await second.stopHost()
  }

  @Test func aHostThatIsAboutToEndIsReplaced() async throws {
    for _ in 0..<5 {
      let first = try await startFixture()
      let pid = try await first.hostStatus().pid
      try await first.stopHost()
      #expect(try await startFixture().hostStatus().pid != pid)
    }
    try await startFixture().stopHost()
  }

  @Test func aHostThatCannotStartIsReportedWithItsLastWords() async throws {
    try Data("old words\n".utf8).write(to: URL(filePath: directory.logPath))
    let reason = await script("echo no memory for that >&2; exit 1")
    #expect(reason.contains("ended at once with status 1; its log says:\nno memory for that"))
    #expect(!reason.contains("old words"))
  }

  @Test func aHostThatNeverAnswersIsGivenUp() async throws {
    let reason = await script("echo thinking; exec sleep 3", limit: .milliseconds(300))
    #expect(reason.contains("does not answer") && reason.contains("thinking"))
  }

  @Test func aProgramThatIsNotThereIsNamed() async throws {
    await #expect(throws: HypervisorError.failed("can't start '/nowhere/domus': No such file or directory")) {
      try await HostProcess.ensureRunning(executable: "/nowhere/domus", arguments: [], directory: directory)
    }
  }

  @Test func aHostInheritsNoDescriptor() async throws {
    var pipe: [CInt] = [0, 0]
    try #require(Glibc.pipe(&pipe) == 0)
    defer { for end in pipe { close(end) } }
    let reason = await script("for f in /proc/$$/fd/*; do readlink $f; done; exit 1")
    #expect(reason.contains("/dev/null"))
    #expect(!reason.contains("pipe:") && !reason.contains("socket:") && !reason.contains("eventpoll"))
  }
}

@Suite struct StdioRelayTests {
  @Test func aClientReachesTheHostThroughTheRelay() async throws {
    try await TestHost.run { host in
      host.hypervisor.state.withLock { $0.domains = 300 }
      let (client, peer) = try socketPair()
      let path = host.directory.socketPath
      _ = try await host.client()
      let relay = Thread { try? StdioRelay.run(socketPath: path, input: peer, output: peer) }
      relay.start()
      let remote = try await HostClient.connect(input: client.input, output: client.output)
      #expect(try await remote.snapshot() == host.hypervisor.snapshot())
      let console = try await remote.openConsole(of: TestHypervisor.domain)
      try await console.send(Array(repeating: 1, count: 150_000))
      var count = 0
      for await bytes in console.output {
        count += bytes.count
        if count == 150_000 { break }
      }
      remote.close()
      await relay.join()
      try await eventually { host.hypervisor.state.withLock(\.openConsoles) == 0 }
      close(peer)
    }
  }

  @Test func withoutAHostTheRelayEndsAtOnce() throws {
    let scratch = try ScratchDirectory()
    #expect(throws: HypervisorError.self) { try StdioRelay.run(socketPath: scratch.path + "/none") }
  }
}

/// A thread for calls that block; tests must not block the few threads that tasks run on.
private final class Thread: Sendable {
  private let done: AsyncStream<Never>
  private let finish: AsyncStream<Never>.Continuation
  private let body: @Sendable () -> Void

  init(_ body: @escaping @Sendable () -> Void) {
    self.body = body
    (done, finish) = AsyncStream.makeStream()
  }

  func start() {
    var id = pthread_t()
    pthread_create(
      &id, nil,
      { argument in
        if let argument {
          let thread = Unmanaged<Thread>.fromOpaque(argument).takeRetainedValue()
          thread.body()
          thread.finish.finish()
        }
        return nil
      }, Unmanaged.passRetained(self).toOpaque())
    pthread_detach(id)
  }

  func join() async { for await _ in done {} }
}
