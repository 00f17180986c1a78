import Glibc
import HypervisorModel

/// The directory in which a host process keeps its socket, lock and log. Nobody but its user can look into it.
public struct HostDirectory: Hashable, Sendable {
  /// An absolute path.
  public let path: String
  /// Where the host listens.
  public var socketPath: String { path + "/host.sock" }
  /// The file that the host holds locked for its life; it contains the host's process id.
  public var lockPath: String { path + "/lock" }
  /// What the host writes; `host.log.1` is the log before it.
  public var logPath: String { path + "/host.log" }

  /// The longest path that fits a socket address with its closing zero, in bytes.
  static let maximumSocketPath = MemoryLayout.size(ofValue: sockaddr_un().sun_path) - 1

  /// `DOMUS_DIR` if it is set, else `/run/domus` for root and `/tmp/domus-UID` for everybody else, or a directory in it.
  /// Made if it isn't there.
  public static func standard(subdirectory: String? = nil) throws(HypervisorError) -> HostDirectory {
    let user = geteuid()
    let path = getenv("DOMUS_DIR").map { String(cString: $0) } ?? (user == 0 ? "/run/domus" : "/tmp/domus-\(user)")
    let directory = try HostDirectory(path: path)
    return try subdirectory.map { name throws(HypervisorError) in try HostDirectory(path: "\(path)/\(name)") }
      ?? directory
  }

  /// Uses the directory at `path`, and makes it if it isn't there.
  ///
  /// Throws `.invalid` when the path is relative or too long, or when what is there is no directory, is a symbolic link,
  /// belongs to another user, or can be entered by others: then somebody else could pose as the host.
  public init(path: String) throws(HypervisorError) {
    guard path.hasPrefix("/") else {
      throw .invalid("'\(path)' is no absolute path; set DOMUS_DIR to a path that starts with /")
    }
    self.path = path
    let length = socketPath.utf8.count
    guard length <= Self.maximumSocketPath else {
      throw .invalid(
        "the socket's path '\(socketPath)' has \(length) bytes, and a socket's path may have "
          + "\(Self.maximumSocketPath); set DOMUS_DIR to a shorter path")
    }
    if mkdir(path, 0o700) != 0, errno != EEXIST {
      throw .invalid("can't make the directory '\(path)': \(systemErrorText())")
    }
    try check()
  }

  private func check() throws(HypervisorError) {
    var status = stat()
    guard lstat(path, &status) == 0 else {
      throw .invalid("can't examine the directory '\(path)': \(systemErrorText())")
    }
    guard status.st_mode & S_IFMT == S_IFDIR else {
      throw .invalid("'\(path)' is not a directory, or is a symbolic link; remove it, or set DOMUS_DIR to a directory")
    }
    guard status.st_uid == geteuid() else {
      throw .invalid(
        "the directory '\(path)' belongs to user \(status.st_uid), not to you (user \(geteuid())); "
          + "set DOMUS_DIR to a directory of your own")
    }
    guard status.st_mode & 0o077 == 0 else {
      let mode = String(status.st_mode & 0o777, radix: 8)
      throw .invalid("others may enter the directory '\(path)' (mode \(mode)); run 'chmod 700 \(path)'")
    }
  }

  /// The process id that the lock file names: the host that runs, or the last one that ran.
  var recordedPID: pid_t? {
    let descriptor = open(lockPath, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    let digits = readBytes(from: descriptor, atMost: 20).prefix { UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }
    return pid_t(String(decoding: digits, as: UTF8.self))
  }
}

/// What the last failed system call of this thread says.
func systemErrorText(_ code: CInt = errno) -> String { String(cString: strerror(code)) }

/// Reads once, up to `count` bytes; nothing on an error.
func readBytes(from descriptor: CInt, atMost count: Int) -> [UInt8] {
  [UInt8](unsafeUninitializedCapacity: count) { buffer, used in
    used = max(read(descriptor, buffer.baseAddress, count), 0)
  }
}
