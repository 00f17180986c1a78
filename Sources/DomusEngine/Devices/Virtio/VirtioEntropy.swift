/// The entropy device (virtio 1.2, section 5.4): fills buffers with random bytes from the host's kernel.
final class VirtioEntropy: VirtioDevice {
  /// Bytes that one request gets at most; the driver asks again.
  private static let requestLimit = 4096

  let deviceID: UInt32 = 4
  let features: UInt64 = 0
  let queueSizes: [UInt16] = [64]
  let chainByteLimit: UInt64 = 1 << 32

  func attach(_ scheduler: VirtioScheduler) {}

  func process(queue: Int, of queues: inout VirtioQueues) throws(VirtioGuestError) {
    while let chain = try queues.pop(queue) {
      guard chain.writableCount > 0 else { throw .unexpectedChain("an entropy request has no room for an answer") }
      let bytes = Self.randomBytes(min(chain.writableCount, Self.requestLimit))
      queues.push(queue, chain, written: chain.write(bytes, to: queues.memory))
    }
  }

  func reset() {}

  func readConfig(offset: Int, width: Int) -> UInt64 { 0 }

  /// From the host's kernel.
  static func randomBytes(_ count: Int) -> [UInt8] {
    var generator = SystemRandomNumberGenerator()
    var bytes: [UInt8] = []
    bytes.reserveCapacity(count + 8)
    while bytes.count < count {
      withUnsafeBytes(of: generator.next()) { bytes.append(contentsOf: $0) }
    }
    bytes.removeLast(bytes.count - count)
    return bytes
  }
}
