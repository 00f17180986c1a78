import Glibc

/// A file that the operator named. One thread at a time may write; the file is closed when nobody holds this any more.
final class OutputFile: Sendable {
  enum Mode {
    /// At the end of what is there.
    case append
    /// Only where nothing is there: nothing is overwritten.
    case new
  }

  private let descriptor: Int32
  private let path: String

  /// Why something could not be written.
  struct Failure: Error {
    let text: String

    init(path: String, _ code: Int32) { text = "\(path): \(String(cString: strerror(code)))" }
  }

  /// A new file can be read by its owner only: consoles show secrets. `~/` is the operator's home.
  init(path: String, _ mode: Mode) throws(Failure) {
    let path = OperatorPath.expanded(path)
    self.path = path
    let how = mode == .append ? O_APPEND : O_EXCL
    // Whoever names a pipe without a reader must not hold up the terminal.
    descriptor = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK | how, 0o600)
    guard descriptor >= 0 else { throw Failure(path: path, errno) }
  }

  deinit { if descriptor >= 0 { close(descriptor) } }

  /// Writes all of a new file, or leaves none.
  static func write(_ bytes: [UInt8], toNew path: String) throws(Failure) {
    let file = try OutputFile(path: path, .new)
    do throws(Failure) {
      try file.write(bytes)
    } catch {
      unlink(file.path)
      throw error
    }
  }

  func write(_ bytes: [UInt8]) throws(Failure) {
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
      if count > 0 {
        rest = rest.dropFirst(count)
      } else if count == 0 || errno != EINTR {
        throw Failure(path: path, count == 0 ? EIO : errno)
      }
    }
  }
}
