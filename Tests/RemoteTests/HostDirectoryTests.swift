import FoundationEssentials
import Glibc
import HypervisorModel
import Logging
import Remote
import Testing

@Suite struct HostDirectoryTests {
  private let scratch: ScratchDirectory
  private var path: String { scratch.path + "/d" }

  init() throws { scratch = try ScratchDirectory() }

  private func reason(_ body: () throws -> Void) -> String {
    do { try body() } catch { return "\(error)" }
    return ""
  }

  @Test func itIsMadeForItsUserAlone() throws {
    _ = try HostDirectory(path: path)
    var status = stat()
    #expect(lstat(path, &status) == 0 && status.st_mode & 0o777 == 0o700)
    _ = try HostDirectory(path: path)
  }

  @Test func everyHostOfADirectoryHasTheSameID() throws {
    let directory = try HostDirectory(path: path)
    let first = try HostLock(directory: directory).hostID()
    #expect(UUID(uuidString: first.rawValue) != nil)
    #expect(try HostLock(directory: directory).hostID() == first)
    #expect(try HostLock(directory: HostDirectory(path: path + "2")).hostID() != first)
    let modes = ["host-id", "host-id.new"].map { name in
      var status = stat()
      return lstat("\(path)/\(name)", &status) == 0 ? status.st_mode & 0o777 : nil
    }
    #expect(modes == [0o600, nil])
  }

  @Test(arguments: ["", "\n", "web1\n", "6BB1D9A0-53F8-4DE0-B9E8-5A3C5B1C2A11", String(repeating: "0", count: 4096)])
  func anIDThatCannotBeReadGivesWayToANewOne(text: String) throws {
    let lock = try HostLock(directory: try HostDirectory(path: path))
    #expect(FileManager.default.createFile(atPath: path + "/host-id", contents: Data(text.utf8)))
    let id = try lock.hostID()
    #expect(UUID(uuidString: id.rawValue) != nil)
    #expect(try lock.hostID() == id)
  }

  @Test func oneThatOthersMayEnterIsRefused() throws {
    try #require(mkdir(path, 0o700) == 0 && chmod(path, 0o750) == 0)
    let reason = reason { _ = try HostDirectory(path: path) }
    #expect(reason.contains("mode 750"))
    #expect(!reason.contains("chmod"), "which would be bad advice for /tmp")
  }

  @Test func aSymbolicLinkOrAFileIsRefused() throws {
    try #require(symlink(scratch.path, path) == 0)
    #expect(reason { _ = try HostDirectory(path: path) }.contains("symbolic link"))
    unlink(path)
    close(open(path, O_CREAT | O_WRONLY, 0o600))
    #expect(reason { _ = try HostDirectory(path: path) }.contains("is a file"))
  }

  @Test(.enabled(if: geteuid() == 0, "only root can give a directory away"))
  func oneOfAnotherUserIsRefused() throws {
    try #require(mkdir(path, 0o700) == 0 && chown(path, 12345, 12345) == 0)
    #expect(reason { _ = try HostDirectory(path: path) }.contains("belongs to user 12345"))
  }

  @Test func aPathThatIsTooLongOrRelativeIsRefused() {
    let long = scratch.path + "/" + String(repeating: "x", count: 108)
    #expect(reason { _ = try HostDirectory(path: long) }.contains("may have 103"))
    #expect(reason { _ = try HostDirectory(path: "here") }.contains("no absolute path"))
  }

  @Test func aSecondHostIsRefusedWithTheFirstOnesProcess() throws {
    let directory = try HostDirectory(path: path)
    let first = try HostLock(directory: directory)
    #expect(reason { _ = try HostLock(directory: directory) }.contains("a host process runs already, pid \(getpid())"))
    withExtendedLifetime(first) {}
  }

  @Test func aLockIsFreeAgainWhenItsHolderIsGone() throws {
    let directory = try HostDirectory(path: path)
    do { _ = try HostLock(directory: directory) }
    _ = try HostLock(directory: directory)
  }

  @Test func aStaleSocketIsReplacedByOneForItsUserAlone() async throws {
    let directory = try HostDirectory(path: path)
    let stale = socket(AF_UNIX, CInt(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: directory.socketPath.utf8) }
    let bound = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(stale, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
      }
    }
    close(stale)
    try #require(bound == 0)
    await #expect(throws: HypervisorError.self) { try await HostClient.connect(socketPath: directory.socketPath) }

    let server = HostServer(
      hypervisor: TestHypervisor(), lock: try HostLock(directory: directory), version: "1",
      logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    async let served: Void = server.run()
    try await eventually { (try? await HostClient.connect(socketPath: directory.socketPath)) != nil }
    var status = stat()
    #expect(lstat(directory.socketPath, &status) == 0 && status.st_mode & 0o777 == 0o600)
    server.stop()
    try await served
    #expect(lstat(directory.socketPath, &status) != 0)
  }

  @Test func aLongLogIsPutAsideWhenAHostStarts() throws {
    let directory = try HostDirectory(path: path)
    try Data(count: 100).write(to: URL(filePath: directory.logPath))
    try HostProcess.prepare(try HostLock(directory: directory))
    #expect(!FileManager.default.fileExists(atPath: directory.logPath + ".1"))
    try Data(count: (1 << 20) + 1).write(to: URL(filePath: directory.logPath))
    try HostProcess.prepare(try HostLock(directory: directory))
    #expect(try Data(contentsOf: URL(filePath: directory.logPath + ".1")).count == (1 << 20) + 1)
    #expect(try Data(contentsOf: URL(filePath: directory.logPath)).isEmpty)
  }
}
