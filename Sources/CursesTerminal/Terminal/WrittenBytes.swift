import Glibc

/// The kernel's account of what the calling thread has written (proc_pid_io(5)). ncurses writes by itself and tells nobody
/// how much. Only for the thread that made it.
final class WrittenBytes {
  private let descriptor = open("/proc/thread-self/io", O_RDONLY | O_CLOEXEC)

  deinit { if descriptor >= 0 { close(descriptor) } }

  /// Bytes to files, sockets and terminals since the thread began; nil where the kernel keeps no account.
  var total: UInt64? {
    var buffer = [UInt8](repeating: 0, count: 256)
    let count = pread(descriptor, &buffer, buffer.count, 0)
    guard count > 0 else { return nil }
    let lines = buffer.prefix(count).split(separator: UInt8(ascii: "\n"))
    let field = Array("wchar: ".utf8)
    return lines.first { $0.starts(with: field) }.flatMap {
      UInt64(String(decoding: $0.dropFirst(field.count), as: UTF8.self))
    }
  }
}
