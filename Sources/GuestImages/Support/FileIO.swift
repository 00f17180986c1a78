import FoundationEssentials
import Glibc

/// Files as byte arrays, with errors that name the path; a full disk is told apart from the rest.
enum FileIO {
  static func read(_ path: String) throws(GuestImageError) -> [UInt8] {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw failure(path, "read") }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw failure(path, "read") }
    var bytes = [UInt8](repeating: 0, count: max(0, Int(status.st_size)))
    var filled = 0
    while filled < bytes.count {
      let count = bytes.withUnsafeMutableBytes {
        Glibc.read(descriptor, $0.baseAddress?.advanced(by: filled), $0.count - filled)
      }
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else { throw failure(path, "read") }
      guard count > 0 else { break }
      filled += count
    }
    bytes.removeLast(bytes.count - filled)
    return bytes
  }

  /// Writes under a temporary name, then renames: the file is whole or is not there.
  static func write(_ bytes: [UInt8], to path: String) throws(GuestImageError) {
    let temporary = "\(path).\(getpid()).partial"
    do throws(GuestImageError) {
      try writeInPlace(bytes, to: temporary)
      try rename(temporary, to: path)
    } catch {
      unlink(temporary)
      throw error
    }
  }

  private static func writeInPlace(_ bytes: [UInt8], to path: String) throws(GuestImageError) {
    let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else { throw failure(path, "write") }
    defer { close(descriptor) }
    var written = 0
    while written < bytes.count {
      let count = bytes.withUnsafeBytes {
        Glibc.write(descriptor, $0.baseAddress?.advanced(by: written), $0.count - written)
      }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { throw failure(path, "write") }
      written += count
    }
    // The rename that follows must not survive a crash that the content does not.
    guard fsync(descriptor) == 0 else { throw failure(path, "write") }
  }

  static func rename(_ old: String, to new: String) throws(GuestImageError) {
    guard Glibc.rename(old, new) == 0 else { throw failure(new, "write") }
  }

  /// Puts a directory in the place of another. Between the two renames neither is there, which is no half state.
  static func replace(_ old: String, with new: String) throws(GuestImageError) {
    let aside = "\(new).replaced"
    try removeTree(aside)
    try rename(old, to: aside)
    try rename(new, to: old)
    try removeTree(aside)
  }

  /// A second name for a file, without a copy.
  static func link(_ path: String, at new: String) throws(GuestImageError) {
    guard Glibc.link(path, new) == 0 else { throw failure(new, "write") }
  }

  static func makeDirectory(_ path: String) throws(GuestImageError) {
    do {
      try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    } catch {
      throw failure(path, "make the directory")
    }
  }

  /// Removes a directory with all that is in it; nothing there is no error.
  static func removeTree(_ path: String) throws(GuestImageError) {
    guard exists(path) else { return }
    do {
      try FileManager.default.removeItem(atPath: path)
    } catch {
      throw failure(path, "remove")
    }
  }

  static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

  /// The size of a regular file, or nil when there is none.
  static func size(of path: String) -> UInt64? {
    var status = stat()
    guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
    return UInt64(exactly: status.st_size)
  }

  /// What an unprivileged process may still write to the file system of `path`, in bytes.
  static func freeSpace(at path: String) -> UInt64? {
    var status = statvfs()
    guard statvfs(path, &status) == 0 else { return nil }
    return UInt64(status.f_bavail).multipliedReportingOverflow(by: UInt64(status.f_frsize)).partialValue
  }

  /// The paths of all regular files below a directory, relative to it, sorted.
  static func files(below directory: String) -> [String] {
    let paths = (try? FileManager.default.subpathsOfDirectory(atPath: directory)) ?? []
    return paths.filter { size(of: "\(directory)/\($0)") != nil }.sorted()
  }

  private static func failure(_ path: String, _ action: String) -> GuestImageError {
    let code = errno
    if code == ENOSPC || code == EDQUOT { return .diskFull(path: path, needed: nil) }
    return .file(path: path, action: action, reason: String(cString: strerror(code)))
  }
}
