import Glibc
import HypervisorModel
import Synchronization

/// Proof that this process is the only host of a directory. Held until the last reference goes or the process ends,
/// however it ends, and whatever becomes of the directory.
public final class HostLock: Sendable {
  /// A file of the directory that is open, and which one it was.
  private struct Held {
    var descriptor: CInt
    var identity: HostFile.Identity?
  }

  private struct State {
    var file: Held
    /// Locked too: systemd-tmpfiles leaves alone what somebody has locked.
    var directory: Held?
    var sockets: [Access: HostFile.Identity] = [:]
  }

  public let directory: HostDirectory
  private let claim: HostClaim?
  private let state: Mutex<State>

  /// Takes the lock. Throws `.failed` when another process has it, or where no lock can be written.
  public init(directory: HostDirectory) throws(HypervisorError) {
    self.directory = directory
    claim = HostClaim(directory)
    if claim == nil, let pid = HostClaim.holder(of: directory) { throw Self.runsAlready(pid, directory) }
    state = Mutex(State(file: try Self.lockFile(directory), directory: Self.lockDirectory(directory)))
  }

  deinit {
    state.withLock { state in
      for held in [state.file, state.directory].compactMap(\.self) { close(held.descriptor) }
    }
  }

  private static func runsAlready(_ pid: pid_t?, _ directory: HostDirectory) -> HypervisorError {
    .failed(
      "a host process runs already\(pid.map { ", pid \($0)" } ?? ""), in '\(directory.path)'; "
        + "'domus host status' shows it")
  }

  private static func lockFile(_ directory: HostDirectory) throws(HypervisorError) -> Held {
    let path = directory.lockPath
    let descriptor = try HostFile.open(path, O_RDWR | O_CREAT)
    do throws(HypervisorError) {
      guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
        if errno == EWOULDBLOCK { throw runsAlready(directory.recordedPID, directory) }
        throw .failed("can't lock '\(path)': \(systemErrorText())")
      }
      let text = Array("\(getpid())\n".utf8)
      guard ftruncate(descriptor, 0) == 0, pwrite(descriptor, text, text.count, 0) == text.count else {
        throw .failed("can't write the process id into '\(path)': \(systemErrorText())")
      }
    } catch {
      close(descriptor)
      throw error
    }
    return Held(descriptor: descriptor, identity: HostFile.Identity(of: descriptor))
  }

  private static func lockDirectory(_ directory: HostDirectory) -> Held? {
    let descriptor = open(directory.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW)
    guard descriptor >= 0 else { return nil }
    flock(descriptor, LOCK_SH | LOCK_NB)
    return Held(descriptor: descriptor, identity: HostFile.Identity(of: descriptor))
  }

  // MARK: Sockets

  /// A socket that listens where the directory says, open to its user only. A socket file that an earlier host left is
  /// removed: whoever holds the lock knows that nobody answers there.
  func listen(_ access: Access) throws(HypervisorError) -> CInt {
    let path = directory.socketPath(access)
    var status = stat()
    if lstat(path, &status) == 0 {
      guard status.st_mode & S_IFMT == S_IFSOCK else {
        throw .failed("'\(path)' is \(HostFile.kind(status.st_mode)) where the host's socket should be; remove it")
      }
      guard unlink(path) == 0 || errno == ENOENT else {
        throw .failed("can't remove the old socket '\(path)': \(systemErrorText())")
      }
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
    let identity = HostFile.Identity(at: path)
    state.withLock { $0.sockets[access] = identity }
    return listener
  }

  /// Removes the sockets, unless what is there is somebody else's.
  func removeSockets() {
    let sockets = state.withLock { $0.sockets }
    for (access, identity) in sockets where HostFile.Identity(at: directory.socketPath(access)) == identity {
      unlink(directory.socketPath(access))
    }
  }

  // MARK: What may become of the directory

  /// The sockets that are no longer where clients look for them, after the directory and the lock were made anew if they
  /// were gone. Throws the reason where that can't be done.
  func mend() throws(HypervisorError) -> [Access] {
    claim?.dismissVisitors()
    try directory.renew()
    let (file, held, sockets) = state.withLock { ($0.file, $0.directory, $0.sockets) }
    if held == nil || held?.identity != HostFile.Identity(at: directory.path) {
      let new = Self.lockDirectory(directory)
      state.withLock { $0.directory = new }
      if let held { close(held.descriptor) }
    }
    if file.identity != HostFile.Identity(at: directory.lockPath) {
      let new = try Self.lockFile(directory)
      state.withLock { $0.file = new }
      close(file.descriptor)
    }
    return Access.allCases.filter { access in
      sockets[access].map { $0 != HostFile.Identity(at: directory.socketPath(access)) } ?? false
    }
  }

  /// Makes everything in the directory look used, for cleaners that go by times.
  func refreshTimes() {
    let paths = [directory.path, directory.lockPath, directory.logPath] + Access.allCases.map(directory.socketPath)
    for path in paths { utimensat(AT_FDCWD, path, nil, AT_SYMLINK_NOFOLLOW) }
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
