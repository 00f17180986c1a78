import CEngine
import Glibc
import HypervisorModel

/// What a domain's memory is made of.
enum MemoryBacking: Sendable {
  /// Pages of its own, zero at first.
  case anonymous
  /// A file in memory: others who map it see the guest's writes.
  case shared(MemoryFile)
  /// The file's bytes at first; what the guest writes is its own.
  case privateCopy(of: MemoryFile)
}

/// A file in memory that can back the RAM of domains (memfd_create(2)).
final class MemoryFile: Sendable {
  /// Open as long as the object lives.
  let descriptor: Int32
  /// In bytes.
  let size: UInt64

  init(size: Bytes) throws(HypervisorError) {
    guard let length = Int(exactly: size.rawValue) else {
      throw .invalid("memory of \(size.rawValue) bytes is not possible")
    }
    descriptor = domus_memory_file("domus-guest")
    self.size = size.rawValue
    guard descriptor >= 0 else { throw Self.failure("no file for guest memory") }
    guard ftruncate(descriptor, length) == 0 else { throw Self.failure("no file of \(size.mebibytes) MiB") }
  }

  deinit { close(descriptor) }

  /// Lets nobody change the bytes or the size any more, for good. Throws while a shared mapping can write.
  func seal() throws(HypervisorError) {
    guard domus_seal(descriptor) == 0 else { throw Self.failure("guest memory can't be sealed") }
  }

  private static func failure(_ what: String) -> HypervisorError {
    .exhausted("\(what): \(String(cString: strerror(errno)))")
  }
}
