import FoundationEssentials
import Glibc
import HypervisorModel

extension HostLock {
  /// The host's id, the same for every host process of this directory: what a terminal remembers of the host and its
  /// Domain-0 survives a restart. Made at the first start, and where the file is not what this method writes.
  ///
  /// Throws `.failed` when a new one can't be written.
  public func hostID() throws(HypervisorError) -> HostID {
    if let known = recordedHostID { return known }
    let new = HostID(rawValue: UUID().uuidString)
    try record(new)
    return new
  }

  private var path: String { directory.path + "/host-id" }

  private var recordedHostID: HostID? {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    // One byte more than a UUID and its line's end: a longer file is not ours.
    let text = String(decoding: readBytes(from: descriptor, atMost: 38), as: UTF8.self)
    guard text.last == "\n" else { return nil }
    return UUID(uuidString: String(text.dropLast())).map { HostID(rawValue: $0.uuidString) }
  }

  /// The file is there as a whole or not at all.
  private func record(_ id: HostID) throws(HypervisorError) {
    let new = path + ".new"
    unlink(new)
    let descriptor = open(new, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
    guard descriptor >= 0 else { throw Self.failure(new) }
    defer { close(descriptor) }
    let text = Array("\(id.rawValue)\n".utf8)
    guard write(descriptor, text, text.count) == text.count, fsync(descriptor) == 0, rename(new, path) == 0 else {
      let failure = Self.failure(path)
      unlink(new)
      throw failure
    }
  }

  private static func failure(_ path: String) -> HypervisorError {
    .failed("can't write the host's id into '\(path)': \(systemErrorText())")
  }
}
