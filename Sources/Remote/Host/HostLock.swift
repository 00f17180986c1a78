import Glibc
import HypervisorModel

/// Proof that this process is the only host of a directory. Held until the last reference goes or the process ends,
/// however it ends.
public final class HostLock: Sendable {
  public let directory: HostDirectory
  private let descriptor: CInt

  /// Takes the lock. Throws `.failed` when another process has it.
  public init(directory: HostDirectory) throws(HypervisorError) {
    self.directory = directory
    let descriptor = open(directory.lockPath, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
    guard descriptor >= 0 else {
      throw .failed("can't open the lock '\(directory.lockPath)': \(systemErrorText())")
    }
    guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
      let code = errno
      close(descriptor)
      guard code == EWOULDBLOCK else {
        throw .failed("can't lock '\(directory.lockPath)': \(systemErrorText(code))")
      }
      let pid = directory.recordedPID.map { ", pid \($0)" } ?? ""
      throw .failed("a host process runs already\(pid), in '\(directory.path)'; 'domus host stop' ends it")
    }
    self.descriptor = descriptor
    let text = Array("\(getpid())\n".utf8)
    guard ftruncate(descriptor, 0) == 0, pwrite(descriptor, text, text.count, 0) == text.count else {
      throw .failed("can't write the process id into '\(directory.lockPath)': \(systemErrorText())")
    }
  }

  deinit { close(descriptor) }

  /// A socket that listens where the directory says, open to its user only. A socket file that an earlier host left is
  /// removed: whoever holds the lock knows that nobody answers there.
  func listen() throws(HypervisorError) -> CInt {
    let path = directory.socketPath
    guard unlink(path) == 0 || errno == ENOENT else {
      throw .failed("can't remove the old socket '\(path)': \(systemErrorText())")
    }
    let type = CInt(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue)
    let listener = socket(AF_UNIX, type, 0)
    guard listener >= 0 else { throw .exhausted("can't make a socket: \(systemErrorText())") }
    let bound = withSocketAddress(of: path) { address, length in bind(listener, address, length) }
    // The mode is set before anybody can connect: that takes a listening socket.
    guard bound == 0, chmod(path, 0o600) == 0, Glibc.listen(listener, 128) == 0 else {
      let text = systemErrorText()
      close(listener)
      throw .failed("can't listen on '\(path)': \(text)")
    }
    return listener
  }
}

/// Calls `body` with the socket address of `path`, which must not be longer than `HostDirectory.maximumSocketPath`.
func withSocketAddress<Result>(of path: String, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Result) -> Result {
  var address = sockaddr_un()
  address.sun_family = sa_family_t(AF_UNIX)
  withUnsafeMutableBytes(of: &address.sun_path) { field in
    field.copyBytes(from: path.utf8.prefix(HostDirectory.maximumSocketPath))
  }
  return withUnsafePointer(to: &address) { pointer in
    pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, socklen_t(MemoryLayout<sockaddr_un>.size)) }
  }
}
