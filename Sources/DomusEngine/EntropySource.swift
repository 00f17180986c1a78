import CEngine
import Glibc

/// Where a machine's random bytes come from. Any thread.
struct EntropySource: Sendable {
  private let generate: @Sendable (UnsafeMutableRawBufferPointer) -> Void

  init(_ generate: @escaping @Sendable (UnsafeMutableRawBufferPointer) -> Void) { self.generate = generate }

  func fill(_ buffer: UnsafeMutableRawBufferPointer) { generate(buffer) }

  func bytes(_ count: Int) -> [UInt8] {
    [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
      fill(UnsafeMutableRawBufferPointer(buffer))
      initialized = count
    }
  }

  /// The host's kernel.
  static let host = EntropySource { buffer in
    var rest = buffer[...]
    while let start = UnsafeMutableRawBufferPointer(rebasing: rest).baseAddress, !rest.isEmpty {
      let count = domus_getrandom(start, rest.count)
      precondition(count > 0 || errno == EINTR, "the kernel gives no random bytes")
      rest = rest.dropFirst(max(count, 0))
    }
  }
}
