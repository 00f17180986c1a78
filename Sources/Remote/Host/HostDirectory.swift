import Glibc
import HypervisorModel

/// The directory in which a host process keeps its sockets, lock, log and records. Nobody but its user can look into it.
public struct HostDirectory: Hashable, Sendable {
  /// An absolute path, without a slash at its end.
  public let path: String
  /// The same for every path that leads there: symbolic links are followed.
  let canonicalPath: String
  /// Where the host listens for those who may do everything.
  public var socketPath: String { path + "/host.sock" }
  /// Where the host listens for those who may only look.
  public var readOnlySocketPath: String { path + "/host-ro.sock" }
  /// The file that the host holds locked for its life; it contains the host's process id.
  public var lockPath: String { path + "/lock" }
  /// What the host writes; `host.log.1` is the log before it.
  public var logPath: String { path + "/host.log" }
  /// Which domains the host runs, for the case that it dies.
  var recordPath: String { path + "/running" }
  /// Which signal ended the host, written by its signal handler.
  var lastWordsPath: String { path + "/last-words" }

  /// The longest path of a socket that both a socket address and swift-nio take, in bytes.
  static let maximumSocketPath = min(MemoryLayout.size(ofValue: sockaddr_un().sun_path) - 1, 103)

  /// `DOMUS_DIR` if it is set and not empty, else `/run/domus` for root and `/tmp/domus-UID` for everybody else, or a
  /// directory in it. Made if it isn't there.
  public static func standard(subdirectory: String? = nil) throws(HypervisorError) -> HostDirectory {
    let user = geteuid()
    let chosen = getenv("DOMUS_DIR").map { String(cString: $0) } ?? ""
    let path = chosen.isEmpty ? (user == 0 ? "/run/domus" : "/tmp/domus-\(user)") : chosen
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
    let trimmed = path.drop { $0 == "/" }.reversed().drop { $0 == "/" }.reversed()
    let clean = "/" + String(trimmed)
    let socket = clean + "/host-ro.sock"
    let length = socket.utf8.count
    guard length <= Self.maximumSocketPath else {
      throw .invalid(
        "the socket's path '\(socket)' has \(length) bytes, and a socket's path may have "
          + "\(Self.maximumSocketPath); set DOMUS_DIR to a shorter path")
    }
    try Self.make(clean)
    self.path = clean
    canonicalPath =
      realpath(clean, nil).map { resolved in
        defer { free(resolved) }
        return String(cString: resolved)
      } ?? clean
  }

  /// Makes the directory anew if it was removed, and checks that it is still its user's alone.
  func renew() throws(HypervisorError) { try Self.make(path) }

  private static func make(_ path: String) throws(HypervisorError) {
    if mkdir(path, 0o700) != 0, errno != EEXIST {
      throw .invalid("can't make the directory '\(path)': \(systemErrorText())")
    }
    var status = stat()
    guard lstat(path, &status) == 0 else {
      throw .invalid("can't examine the directory '\(path)': \(systemErrorText())")
    }
    guard status.st_mode & S_IFMT == S_IFDIR else {
      throw .invalid("'\(path)' is \(HostFile.kind(status.st_mode)); set DOMUS_DIR to a directory")
    }
    guard status.st_uid == geteuid() else {
      throw .invalid(
        "the directory '\(path)' belongs to user \(status.st_uid), not to you (user \(geteuid())); "
          + "set DOMUS_DIR to a directory of your own")
    }
    guard status.st_mode & 0o077 == 0 else {
      let mode = String(status.st_mode & 0o777, radix: 8)
      throw .invalid(
        "others may enter the directory '\(path)' (mode \(mode)), so it can't be a host's; set DOMUS_DIR to a directory "
          + "with mode 700, or to a path where there is none yet")
    }
  }

  /// The process id that the lock file names: the host that runs, or the last one that ran.
  var recordedPID: pid_t? {
    guard let descriptor = try? HostFile.open(lockPath, O_RDONLY) else { return nil }
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
