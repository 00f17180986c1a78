/// What a driver did wrong with a virtio device. The device then needs a reset; the host is unharmed.
enum VirtioGuestError: Error, Hashable, Sendable {
  /// A ring is not aligned, not in RAM, or its size is no power of two within the limit.
  case badQueueLayout(queue: Int)
  /// The driver claims more available chains than the queue has room for.
  case availableIndexJump(queue: Int)
  /// A descriptor number beyond the table.
  case descriptorOutOfRange(UInt16)
  /// More descriptors than the queue has, so the chain probably runs in a circle.
  case chainTooLong
  /// An indirect descriptor that was not negotiated, has a successor, is nested, or whose table is not usable.
  case badIndirectDescriptor
  /// A buffer without a byte.
  case emptyBuffer
  /// A buffer that is not wholly in RAM.
  case bufferOutsideMemory(address: UInt64, count: UInt32)
  /// A device-readable buffer behind a device-writable one.
  case readableAfterWritable
  /// All buffers of a chain together are longer than the device takes.
  case tooManyBytes(UInt64)
  /// The device can do nothing with a chain like this; the text says what it expected.
  case unexpectedChain(String)
  /// The driver asks without ever taking the answers.
  case unreadAnswers

  /// One line for the log.
  var text: String {
    switch self {
    case .badQueueLayout(let queue): "queue \(queue) has a bad size or address"
    case .availableIndexJump(let queue): "the available index of queue \(queue) jumped"
    case .descriptorOutOfRange(let index): "descriptor \(index) is beyond the table"
    case .chainTooLong: "a descriptor chain is too long or runs in a circle"
    case .badIndirectDescriptor: "an indirect descriptor is not valid"
    case .emptyBuffer: "a descriptor has no bytes"
    case .bufferOutsideMemory(let address, let count):
      "a buffer of \(count) bytes at 0x\(String(address, radix: 16)) is not in RAM"
    case .readableAfterWritable: "a device-readable descriptor follows a device-writable one"
    case .tooManyBytes(let count): "a descriptor chain of \(count) bytes is too long"
    case .unexpectedChain(let text): text
    case .unreadAnswers: "the driver does not take the device's answers"
    }
  }
}
