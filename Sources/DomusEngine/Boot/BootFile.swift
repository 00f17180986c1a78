import Glibc
import HypervisorModel

/// A kernel or initrd on the host, open for reading at any offset.
struct BootFile: ~Copyable {
  /// What it is and where, for errors: `kernel '/boot/Image'`.
  let name: String
  let size: UInt64
  private let source: Source

  private enum Source {
    case descriptor(Int32)
    case bytes([UInt8])
  }

  /// Opens a regular file. `role` is the word for it in errors: `kernel`, `initrd`.
  init(path: String, role: String) throws(HypervisorError) {
    name = "\(role) '\(path)'"
    // Without O_NONBLOCK, opening a FIFO would wait for a writer.
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else {
      let code = errno
      let text = "\(name) can't be opened: \(String(cString: strerror(code)))"
      throw code == EMFILE || code == ENFILE ? .exhausted(text) : .invalid(text)
    }
    var status = stat()
    guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG,
      let size = UInt64(exactly: status.st_size)
    else {
      close(descriptor)
      throw .invalid("\(name) is not a file")
    }
    self.size = size
    source = .descriptor(descriptor)
  }

  /// A file that is in memory already, as the built-in guest is.
  init(bytes: [UInt8], name: String) {
    self.name = name
    size = UInt64(bytes.count)
    source = .bytes(bytes)
  }

  deinit {
    if case .descriptor(let descriptor) = source { close(descriptor) }
  }

  /// Reads exactly `buffer.count` bytes from `offset`.
  func read(at offset: UInt64, into buffer: UnsafeMutableRawBufferPointer) throws(HypervisorError) {
    guard offset <= size, UInt64(buffer.count) <= size - offset else { throw truncated() }
    switch source {
    case .bytes(let bytes):
      bytes.withUnsafeBytes {
        buffer.copyMemory(from: UnsafeRawBufferPointer(rebasing: $0[Int(offset)...].prefix(buffer.count)))
      }
    case .descriptor(let descriptor):
      var done = 0
      while done < buffer.count {
        let rest = UnsafeMutableRawBufferPointer(rebasing: buffer[done...])
        let count = pread(descriptor, rest.baseAddress, rest.count, off_t(offset) + off_t(done))
        if count < 0, errno == EINTR { continue }
        guard count >= 0 else { throw .invalid("\(name) can't be read: \(String(cString: strerror(errno)))") }
        guard count > 0 else { throw truncated() }
        done += count
      }
    }
  }

  /// `count` bytes from `offset`.
  func read(at offset: UInt64, count: Int) throws(HypervisorError) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: count)
    var failure: HypervisorError?
    bytes.withUnsafeMutableBytes { buffer in
      do throws(HypervisorError) { try read(at: offset, into: buffer) } catch { failure = error }
    }
    if let failure { throw failure }
    return bytes
  }

  /// Reads `count` bytes from `offset` straight into RAM.
  func read(at offset: UInt64, count: UInt64, into memory: GuestMemory, at address: PhysicalAddress)
    throws(HypervisorError)
  {
    guard count > 0 else { return }
    guard let length = Int(exactly: count) else { throw truncated() }
    let read: Void? = try memory.withMutableBytes(address, count: length) { buffer throws(HypervisorError) in
      try self.read(at: offset, into: buffer)
    }
    guard read != nil else { throw truncated() }
  }

  private func truncated() -> HypervisorError { .invalid("\(name) ends too early: it is truncated") }
}
