import FoundationEssentials
import Glibc
import HypervisorModel
import Logging
import Remote
import Synchronization
import Testing

private func reason(_ body: () async throws -> Void) async -> String {
  do { try await body() } catch { return "\(error)" }
  return ""
}

/// What may become of a host's directory while the host lives, and what may stand in its place.
@Suite struct HostFaultTests {
  private static let limits = {
    var limits = ServerLimits()
    limits.tending = .milliseconds(20)
    return limits
  }()

  @Test(arguments: ["host.sock", "host-ro.sock", "lock", ""])
  func whatIsRemovedIsMadeAnew(_ name: String) async throws {
    try await TestHost.run(limits: Self.limits) { host in
      let old = try await host.client()
      let path = host.directory.path + (name.isEmpty ? "" : "/" + name)
      try FileManager.default.removeItem(atPath: path)
      #expect(await reason { _ = try HostLock(directory: host.directory) }.contains("runs already, pid \(getpid())"))
      try await eventually { FileManager.default.fileExists(atPath: path) }
      try await eventually { (try? await host.client()) != nil }
      try await eventually { (try? await host.reader()) != nil }
      _ = try await old.snapshot()
      #expect(await reason { _ = try HostLock(directory: host.directory) }.contains("runs already, pid \(getpid())"))
    }
  }

  @Test func aClientWaitsForASocketThatIsMadeAnewAndStartsNoOtherHost() async throws {
    try await TestHost.run(limits: Self.limits) { host in
      try FileManager.default.removeItem(atPath: host.directory.path)
      let directory = try HostDirectory(path: host.directory.path)
      let client = try await HostProcess.ensureRunning(
        executable: "/bin/false", arguments: [], directory: directory)
      #expect(try await client.hostStatus().pid == getpid())
    }
  }

  @Test func aSocketThatSomebodyElsePutThereIsReplaced() async throws {
    try await TestHost.run(limits: Self.limits) { host in
      let path = host.directory.socketPath
      unlink(path)
      let other = socket(AF_UNIX, CInt(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
      defer { close(other) }
      try bind(other, to: path)
      try await eventually { (try? await host.client()) != nil }
    }
  }

  @Test(arguments: ["lock", "host.log", "host.sock"], ["FIFO", "directory"])
  func whatStandsInTheWayIsNamed(_ name: String, _ kind: String) async throws {
    let scratch = try ScratchDirectory()
    let directory = try HostDirectory(path: scratch.path)
    let path = scratch.path + "/" + name
    try #require((kind == "FIFO" ? mkfifo(path, 0o600) : mkdir(path, 0o700)) == 0)
    let reason = await reason {
      if name == "host.log" {
        _ = try await HostProcess.ensureRunning(executable: "/bin/false", arguments: [], directory: directory)
      }
      let server = HostServer(
        hypervisor: TestHypervisor(), lock: try HostLock(directory: directory), version: "1",
        logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
      try await server.run()
    }
    #expect(reason.contains("'\(path)' is a \(kind)"))
  }

  @Test func aHostThatCannotWriteItsLogIsReportedWithThePath() async throws {
    let scratch = try ScratchDirectory()
    let directory = try HostDirectory(path: scratch.path)
    // As on a full disk: every write fails with ENOSPC.
    try #require(symlink("/dev/full", directory.logPath) == 0)
    let reason = await reason {
      _ = try await HostProcess.ensureRunning(executable: "/bin/false", arguments: [], directory: directory)
    }
    #expect(reason.contains(directory.logPath))
  }

  @Test func aHostThatEndsAtOnceIsReportedWithItsStatus() async throws {
    let scratch = try ScratchDirectory()
    let directory = try HostDirectory(path: scratch.path)
    let reason = await reason {
      _ = try await HostProcess.ensureRunning(executable: "/bin/sh", arguments: ["-c", "exit 7"], directory: directory)
    }
    #expect(reason.contains("ended at once with status 7"))
  }

  @Test func theLogIsRotatedWhileTheHostRuns() async throws {
    try await TestHost.run(limits: Self.limits) { host in
      try Data(count: (1 << 20) + 1).write(to: URL(filePath: host.directory.logPath))
      try await eventually { FileManager.default.fileExists(atPath: host.directory.logPath + ".1") }
    }
  }
}

private func bind(_ descriptor: CInt, to path: String) throws {
  var address = sockaddr_un()
  address.sun_family = sa_family_t(AF_UNIX)
  withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
  let bound = withUnsafePointer(to: &address) {
    $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
      bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
    }
  }
  try #require(bound == 0)
}
