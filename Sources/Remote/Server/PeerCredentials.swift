import Glibc
import HypervisorModel
import NIOCore

/// Who is at the other end of a Unix socket: the kernel's `struct ucred`, which Glibc's module doesn't import.
struct PeerCredentials: Sendable {
  var pid: Int32
  var uid: UInt32
  var gid: UInt32

  /// Reads them from a connected socket. Call it on the channel's event loop.
  static func of(_ channel: any Channel) -> EventLoopFuture<PeerCredentials> {
    guard let socket = channel as? any SocketOptionProvider else {
      return channel.eventLoop.makeFailedFuture(HypervisorError.failed("a connection that is no socket"))
    }
    return socket.unsafeGetSocketOption(level: .socket, name: .init(rawValue: SO_PEERCRED))
  }

  /// Only the own user, and root, are served or trusted.
  var areTrusted: Bool { uid == geteuid() || uid == 0 }
}
