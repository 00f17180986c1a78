import Glibc
import HypervisorModel

/// The host's log: a file to which its standard output and error go.
enum HostLog {
  /// A log that is longer is put aside when a host starts, in bytes.
  static let rotationSize = 1 << 20

  /// Puts a long log aside and starts a new one. Standard output and error follow if they went to the old one.
  ///
  /// Only the holder of the lock may call it: two hosts that start at once must not rotate each other's log.
  static func rotate(_ directory: HostDirectory) {
    var old = stat()
    guard lstat(directory.logPath, &old) == 0, old.st_size > rotationSize else { return }
    guard rename(directory.logPath, directory.logPath + ".1") == 0 else { return }
    let log = openForAppending(directory)
    guard log >= 0 else { return }
    defer { close(log) }
    for descriptor in [STDOUT_FILENO, STDERR_FILENO] {
      var status = stat()
      guard fstat(descriptor, &status) == 0, status.st_dev == old.st_dev, status.st_ino == old.st_ino else { continue }
      dup2(log, descriptor)
    }
  }

  /// A descriptor of the log, or -1.
  static func openForAppending(_ directory: HostDirectory) -> CInt {
    open(directory.logPath, openFlags, openMode)
  }
  static let openFlags = O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW
  static let openMode: mode_t = 0o600

  static func size(_ directory: HostDirectory) -> off_t {
    var status = stat()
    return lstat(directory.logPath, &status) == 0 ? status.st_size : 0
  }

  /// The last few lines that were written after the log was `start` bytes long, for an error message.
  static func lastLines(_ directory: HostDirectory, after start: off_t, count: Int = 5) -> String {
    let descriptor = open(directory.logPath, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
    guard descriptor >= 0 else { return "" }
    defer { close(descriptor) }
    let end = lseek(descriptor, 0, SEEK_END)
    // A log that shrank was rotated: all of it is new.
    lseek(descriptor, max(end < start ? 0 : start, end - 4096), SEEK_SET)
    let lines = String(decoding: readBytes(from: descriptor, atMost: 4096), as: UTF8.self).split(separator: "\n")
    return lines.suffix(count).joined(separator: "\n")
  }
}
