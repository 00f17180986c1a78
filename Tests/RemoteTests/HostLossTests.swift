import FoundationEssentials
import Glibc
import HypervisorModel
import Logging
import Remote
import Testing

/// A host that dies leaves word of what died with it.
@Suite struct HostLossTests {
  private let scratch: ScratchDirectory
  private let directory: HostDirectory

  init() throws {
    scratch = try ScratchDirectory()
    directory = try HostDirectory(path: scratch.path)
  }

  private func startFixture() async throws -> HostClient {
    try await HostFixture.start(directory, ["\(HostFixture.losesDomains)=1"])
  }

  /// A host that has written down what it runs.
  private func startWithDomains() async throws -> pid_t {
    let pid = try await startFixture().hostStatus().pid
    try await eventually {
      try String(contentsOf: URL(filePath: directory.path + "/running"), encoding: .utf8).contains("domain-2")
    }
    return pid
  }

  private func end(_ pid: pid_t, _ signal: CInt) async throws {
    kill(pid, signal)
    try await HostProcess.waitUntilGone(pid: pid)
  }

  @Test func whoComesAfterAKilledHostIsToldOnceWhatIsLost() async throws {
    let pid = try await startWithDomains()
    try await end(pid, SIGKILL)
    #expect(HostProcess.losses(directory).first?.pid == pid)
    let next = try await startFixture()
    let loss = try #require(next.losses.first)
    #expect(loss.pid == pid && next.losses.count == 1)
    #expect(loss.domains.map(\.name) == ["domain-1 \"ü\"", "domain-2 \"ü\""])
    #expect(loss.found - loss.lastSeen < 60)
    #expect(loss.description.contains("the host process \(pid) died between "))
    // Not told yet: this client might have ended before it could show it.
    #expect(next.lossesAreNews)
    #expect(try await startFixture().lossesAreNews)
    next.acknowledgeLosses()
    _ = try await next.hostStatus()
    let later = try await startFixture()
    #expect(later.losses == next.losses && !later.lossesAreNews)
    try await next.stopHost()
  }

  @Test func aReaderHearsOfALossAndDoesNotKeepItFromTheOwner() async throws {
    try await end(try await startWithDomains(), SIGKILL)
    let owner = try await startFixture()
    let reader = try await HostClient.connect(socketPath: directory.readOnlySocketPath)
    #expect(reader.lossesAreNews)
    reader.acknowledgeLosses()
    _ = try await reader.hostStatus()
    #expect(try await startFixture().lossesAreNews)
    try await owner.stopHost()
  }

  @Test func aLossIsNotForgottenWhenTheNextHostDiesToo() async throws {
    let first = try await startWithDomains()
    try await end(first, SIGKILL)
    let second = try await startWithDomains()
    try await end(second, SIGKILL)
    let third = try await startFixture()
    #expect(third.losses.map(\.pid) == [first, second])
    try await third.stopHost()
  }

  @Test(arguments: [("SIGSEGV", SIGSEGV), ("SIGILL", SIGILL), ("SIGABRT", SIGABRT)])
  func aCrashIsNamedByItsSignalAndLeavesABacktraceInTheLog(_ name: String, _ signal: CInt) async throws {
    try await end(try await startWithDomains(), signal)
    let log = try String(contentsOf: URL(filePath: directory.logPath), encoding: .utf8)
    #expect(log.contains("domus: this host process ends by \(name)"))
    #expect(log.contains("Backtrace:\n") && log.contains("[0x"))
    let next = try await startFixture()
    #expect(next.losses.first?.reason == "it crashed with \(name), see 'domus host log'")
    let after = try String(contentsOf: URL(filePath: directory.logPath), encoding: .utf8)
    #expect(after.contains("critical: ") || after.contains("critical "))
    try await next.stopHost()
  }

  @Test func aClientThatStaysHearsOfItAfterItsReconnection() async throws {
    let directory = directory
    let pid = try await startWithDomains()
    let lasting = LastingClient(try await startFixture()) { () throws(HypervisorError) in
      try await HostClient.connect(socketPath: directory.socketPath)
    }
    #expect(try await lasting.snapshot().warnings.isEmpty)
    try await end(pid, SIGKILL)
    let next = try await startFixture()
    next.acknowledgeLosses()
    try await eventually {
      (try? await lasting.snapshot())?.warnings.first?.hasPrefix("domains lost: domain-1") == true
    }
    try await next.stopHost()
  }

  @Test func anOrderlyEndLosesNothing() async throws {
    let pid = try await startWithDomains()
    try await startFixture().stopHost()
    try await HostProcess.waitUntilGone(pid: pid)
    #expect(HostProcess.losses(directory).isEmpty)
    let next = try await startFixture()
    #expect(next.losses.isEmpty)
    try await next.stopHost()
  }

  @Test(arguments: ["", "{}", "\u{0}\u{1}", #"{"pid":1,"boot":"x","domains":[{"name":1}],"untold":[]}"#])
  func aBrokenRecordIsNoObstacle(_ text: String) async throws {
    try Data(text.utf8).write(to: URL(filePath: directory.path + "/running"))
    let client = try await startFixture()
    #expect(client.losses.isEmpty)
    try await client.stopHost()
  }

  @Test func aStoppedHostIsNamedAndNothingThatWouldCostItsDomainsIsAdvised() async throws {
    let client = try await startFixture()
    let pid = try await client.hostStatus().pid
    kill(pid, SIGSTOP)
    defer { kill(pid, SIGCONT) }
    do {
      _ = try await startFixture()
      Issue.record("a stopped host answered")
    } catch {
      #expect("\(error)".contains("'kill -CONT \(pid)'"))
      #expect(!"\(error)".contains("host stop"))
    }
    kill(pid, SIGCONT)
    try await startFixture().stopHost()
  }
}
