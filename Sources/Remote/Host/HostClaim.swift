import Glibc
import HypervisorModel

/// A name that a host holds for its life and that nobody can remove from under it, as files can be: a socket of Linux's
/// abstract namespace, one for each user and directory. It tells a second host, and every client, who the first one is.
///
/// Another user could take the name, and is ignored then: the lock file alone decides.
final class HostClaim: Sendable {
  private let descriptor: CInt
  /// How many may ask between two times at which they are dismissed.
  private static let visitors: CInt = 4096

  /// Nil where somebody has the name.
  init?(_ directory: HostDirectory) {
    guard let descriptor = Self.socket() else { return nil }
    let bound = Self.withAddress(of: directory) { bind(descriptor, $0, $1) }
    guard bound == 0, listen(descriptor, Self.visitors) == 0 else {
      close(descriptor)
      return nil
    }
    self.descriptor = descriptor
  }

  deinit { close(descriptor) }

  /// Lets go of those who asked: each keeps a place in the queue until then.
  func dismissVisitors() {
    while true {
      let visitor = accept(descriptor, nil, nil)
      guard visitor >= 0 else { return }
      close(visitor)
    }
  }

  /// The process that is the directory's host, or was asked to end and has not done so yet. Nil where there is none.
  static func holder(of directory: HostDirectory) -> pid_t? {
    guard let descriptor = socket() else { return nil }
    defer { close(descriptor) }
    guard withAddress(of: directory, { connect(descriptor, $0, $1) }) == 0 else { return nil }
    var peer = PeerCredentials(pid: 0, uid: 0, gid: 0)
    var length = socklen_t(MemoryLayout<PeerCredentials>.size)
    guard getsockopt(descriptor, SOL_SOCKET, SO_PEERCRED, &peer, &length) == 0, peer.areTrusted else { return nil }
    return peer.pid
  }

  private static func socket() -> CInt? {
    let type = CInt(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue)
    let descriptor = Glibc.socket(AF_UNIX, type, 0)
    return descriptor >= 0 ? descriptor : nil
  }

  /// The name: the user, what the paths are relative to (programs in containers may share names and not files), and the path,
  /// which alone may be too long for an address.
  private static func withAddress<Result>(
    of directory: HostDirectory, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Result
  ) -> Result {
    var buffer = [CChar](repeating: 0, count: 64)
    let count = readlink("/proc/self/ns/mnt", &buffer, buffer.count)
    let mounts = String(decoding: buffer.prefix(max(count, 0)).map { UInt8(bitPattern: $0) }, as: UTF8.self)
    // FNV-1a.
    let hash = directory.canonicalPath.utf8.reduce(UInt64(0xCBF2_9CE4_8422_2325)) {
      ($0 ^ UInt64($1)) &* 0x100_0000_01B3
    }
    let name = "domus/\(geteuid())/\(mounts)/" + String(hash, radix: 16)
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { field in
      UnsafeMutableRawBufferPointer(rebasing: field.dropFirst()).copyBytes(from: name.utf8.prefix(field.count - 1))
    }
    let length = MemoryLayout<sa_family_t>.size + 1 + name.utf8.count
    return withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, socklen_t(length)) }
    }
  }
}
