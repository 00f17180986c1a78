import Glibc
import HypervisorModel

/// The host's log: a file to which its standard output and error go.
enum HostLog {
  /// A log that is longer is put aside, in bytes.
  static let rotationSize = 1 << 20

  /// Puts a long log aside and starts a new one. Standard output and error follow if they went to the old one.
  ///
  /// Only the holder of the lock may call it: two hosts that start at once must not rotate each other's log.
  static func rotate(_ directory: HostDirectory) {
    var old = stat()
    guard lstat(directory.logPath, &old) == 0, old.st_size > rotationSize else { return }
    guard rename(directory.logPath, directory.logPath + ".1") == 0 else { return }
    replaceOutput(directory) { $0.st_dev == old.st_dev && $0.st_ino == old.st_ino }
  }

  /// Starts a new log where the old one was removed.
  static func renew(_ directory: HostDirectory) {
    var status = stat()
    guard lstat(directory.logPath, &status) != 0 else { return }
    replaceOutput(directory) { $0.st_mode & S_IFMT == S_IFREG && $0.st_nlink == 0 }
  }

  /// Lets standard output and error go to the log from now on, as far as they go where `isOld` says.
  private static func replaceOutput(_ directory: HostDirectory, where isOld: (stat) -> Bool) {
    let outputs = [STDOUT_FILENO, STDERR_FILENO].filter { descriptor in
      var status = stat()
      return fstat(descriptor, &status) == 0 && isOld(status)
    }
    guard let log = try? openForAppending(directory) else { return }
    defer { close(log) }
    for descriptor in outputs { dup2(log, descriptor) }
  }

  static func openForAppending(_ directory: HostDirectory) throws(HypervisorError) -> CInt {
    try HostFile.open(directory.logPath, O_WRONLY | O_CREAT | O_APPEND)
  }

  static func size(_ directory: HostDirectory) -> off_t {
    var status = stat()
    return lstat(directory.logPath, &status) == 0 ? status.st_size : 0
  }

  /// Adds a line; throws where the log can't be written.
  static func append(_ line: String, _ directory: HostDirectory) throws(HypervisorError) {
    let log = try openForAppending(directory)
    defer { close(log) }
    let bytes = Array((line + "\n").utf8)
    guard write(log, bytes, bytes.count) == bytes.count else {
      throw .failed("can't write '\(directory.logPath)': \(systemErrorText())")
    }
  }

  /// The last few lines that were written after the log was `start` bytes long, for an error message.
  static func lastLines(_ directory: HostDirectory, after start: off_t, count: Int = 5) -> String {
    guard let descriptor = try? HostFile.open(directory.logPath, O_RDONLY) else { return "" }
    defer { close(descriptor) }
    let end = lseek(descriptor, 0, SEEK_END)
    // A log that shrank was rotated: all of it is new.
    lseek(descriptor, max(end < start ? 0 : start, end - 4096), SEEK_SET)
    let lines = String(decoding: readBytes(from: descriptor, atMost: 4096), as: UTF8.self).split(separator: "\n")
    return lines.suffix(count).joined(separator: "\n")
  }
}
