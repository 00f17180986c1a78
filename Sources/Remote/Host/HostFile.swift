import Glibc
import HypervisorModel

/// Files of a host's directory, in which anything may stand in their way: nothing that is opened here can block.
enum HostFile {
  /// Opens a regular file, which no program inherits; with O_CREAT in `flags` it is made for its user alone.
  ///
  /// Throws `.failed` with the path and the system's reason, or with what is there instead of a file.
  static func open(_ path: String, _ flags: CInt) throws(HypervisorError) -> CInt {
    let descriptor = Glibc.open(path, flags | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY, 0o600)
    let code = errno
    var status = stat()
    if lstat(path, &status) == 0, status.st_mode & S_IFMT != S_IFREG {
      if descriptor >= 0 { close(descriptor) }
      throw .failed("'\(path)' is \(kind(status.st_mode)) where a file of the host should be; remove it")
    }
    guard descriptor >= 0 else { throw .failed("can't open '\(path)': \(systemErrorText(code))") }
    return descriptor
  }

  /// Writes a file as a whole: it has the old contents or the new ones, whenever the process ends.
  static func replace(_ path: String, with bytes: [UInt8]) throws(HypervisorError) {
    let temporary = path + ".new"
    let descriptor = try open(temporary, O_WRONLY | O_CREAT | O_TRUNC)
    defer { close(descriptor) }
    guard write(descriptor, bytes, bytes.count) == bytes.count, rename(temporary, path) == 0 else {
      let text = systemErrorText()
      unlink(temporary)
      throw .failed("can't write '\(path)': \(text)")
    }
  }

  /// The file's first `limit` bytes; nil where there is none.
  static func contents(_ path: String, limit: Int) -> [UInt8]? {
    guard let descriptor = try? open(path, O_RDONLY) else { return nil }
    defer { close(descriptor) }
    return readBytes(from: descriptor, atMost: limit)
  }

  /// What a path leads to, for a message.
  static func kind(_ mode: mode_t) -> String {
    switch mode & S_IFMT {
    case S_IFREG: "a file"
    case S_IFDIR: "a directory"
    case S_IFLNK: "a symbolic link"
    case S_IFIFO: "a FIFO"
    case S_IFSOCK: "a socket"
    default: "a device"
    }
  }

  /// Which file it is, whatever its name.
  struct Identity: Equatable {
    private let device: dev_t
    private let inode: ino_t

    init?(of descriptor: CInt) {
      var status = stat()
      guard fstat(descriptor, &status) == 0 else { return nil }
      (device, inode) = (status.st_dev, status.st_ino)
    }

    init?(at path: String) {
      var status = stat()
      guard lstat(path, &status) == 0 else { return nil }
      (device, inode) = (status.st_dev, status.st_ino)
    }
  }
}
