import FoundationEssentials
import Glibc
import HypervisorModel
import Logging
import Remote
import Synchronization
import Testing

/// A new directory that goes when the test ends.
final class ScratchDirectory: Sendable {
  let path: String

  init() throws {
    var template = Array("\(FileManager.default.temporaryDirectory.path)/domus-XXXXXX".utf8CString)
    path = try #require(mkdtemp(&template).map { String(cString: $0) })
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }
}

/// A server in this process, with the test double behind it.
struct TestHost: Sendable {
  let hypervisor = TestHypervisor()
  let scratch: ScratchDirectory
  let directory: HostDirectory
  let server: HostServer

  /// Runs `body` against a server and stops it afterwards.
  static func run(
    readOnly: Bool = false, limits: ServerLimits = ServerLimits(),
    _ body: @Sendable (TestHost) async throws -> Void
  ) async throws {
    let host = try TestHost(readOnly: readOnly, limits: limits)
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { try await host.server.run() }
      defer { host.server.stop() }
      try await eventually { FileManager.default.fileExists(atPath: host.directory.readOnlySocketPath) }
      try await body(host)
    }
  }

  private init(readOnly: Bool, limits: ServerLimits) throws {
    scratch = try ScratchDirectory()
    directory = try HostDirectory(path: scratch.path)
    server = HostServer(
      hypervisor: hypervisor, lock: try HostLock(directory: directory), version: "9.9", readOnly: readOnly,
      limits: limits, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
  }

  /// A client that asks for everything, at the socket of those who may only look.
  func reader() async throws -> HostClient {
    try await HostClient.connect(socketPath: directory.readOnlySocketPath, readOnly: false)
  }

  func client(readOnly: Bool = false) async throws -> HostClient {
    // The socket's file is there a moment before it listens.
    for _ in 0..<100 {
      do {
        return try await HostClient.connect(socketPath: directory.socketPath, readOnly: readOnly)
      } catch HypervisorError.disconnected(_) { try await Task.sleep(for: .milliseconds(5)) }
    }
    return try await HostClient.connect(socketPath: directory.socketPath, readOnly: readOnly)
  }
}

struct NeverHappened: Error {}

/// Waits until `condition` holds; gives up after a time that only a hang can take.
func eventually(_ condition: () async throws -> Bool) async throws {
  for _ in 0..<10_000 {
    if try await condition() { return }
    try await Task.sleep(for: .milliseconds(2))
  }
  throw NeverHappened()
}

/// A peer that speaks bytes: whatever a client must not send, and whatever it must not read.
final class RawPeer {
  private(set) var descriptor: CInt

  /// Connects to a host.
  init(_ path: String) async throws {
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
    let descriptor = socket(AF_UNIX, CInt(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    self.descriptor = descriptor
    try await eventually {
      withUnsafePointer(to: &address) {
        $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
          connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size)) == 0
        }
      }
    }
    _ = fcntl(descriptor, F_SETFL, O_NONBLOCK)
  }

  /// Speaks over a descriptor that is connected already.
  init(descriptor: CInt) {
    self.descriptor = descriptor
    _ = fcntl(descriptor, F_SETFL, O_NONBLOCK)
  }

  deinit { close(descriptor) }

  func send(_ bytes: [UInt8]) async throws {
    var rest = bytes[...]
    try await eventually {
      let count = rest.withUnsafeBytes { Glibc.send(descriptor, $0.baseAddress, $0.count, CInt(MSG_NOSIGNAL)) }
      rest = rest.dropFirst(max(count, 0))
      return rest.isEmpty
    }
  }

  static func frame(_ json: String) -> [UInt8] {
    let body = Array(json.utf8)
    return withUnsafeBytes(of: UInt32(body.count).bigEndian, Array.init) + body
  }

  func send(_ json: String) async throws { try await send(Self.frame(json)) }

  func greet(readOnly: Bool = false) async throws {
    try await send(
      #"{"id":0,"request":"hello","body":{"protocolVersion":2,"readOnly":\#(readOnly),"client":"raw","clientVersion":""}}"#
    )
    #expect(try await receive()?.contains(#""welcome""#) == true)
  }

  /// The next frame's body; nil when the other side closed the connection.
  func receive() async throws -> String? {
    guard let head = try await read(4) else { return nil }
    let length = head.reduce(0) { $0 << 8 | Int($1) }
    return try await read(length).map { String(decoding: $0, as: UTF8.self) }
  }

  private func read(_ count: Int) async throws -> [UInt8]? {
    var bytes: [UInt8] = []
    var ended = false
    try await eventually {
      var piece = [UInt8](repeating: 0, count: count - bytes.count)
      let got = recv(descriptor, &piece, piece.count, 0)
      if got == 0 || (got < 0 && errno == ECONNRESET) { ended = true }
      bytes += piece.prefix(max(got, 0))
      return ended || bytes.count == count
    }
    return ended ? nil : bytes
  }
}
