/// The entropy device (virtio 1.2, section 5.4): fills buffers with random bytes.
final class VirtioEntropy: VirtioDevice {
  /// It remembers nothing.
  struct State: Codable, Hashable {}

  static let stateName = "entropy device"
  static let stateVersion = 1

  /// Bytes that one request gets at most; the driver asks again.
  private static let requestLimit = 4096

  let deviceID: UInt32 = 4
  let features: UInt64 = 0
  let queueSizes: [UInt16] = [64]
  let chainByteLimit: UInt64 = 1 << 32

  private let source: EntropySource

  init(source: EntropySource = .host) { self.source = source }

  func process(queue: Int, _ batch: inout VirtioBatch) throws(VirtioGuestError) {
    while let request = try batch.next(queue) {
      guard request.chain.writableCount > 0 else {
        throw .unexpectedChain("an entropy request has no room for an answer")
      }
      let written = request.forEachWritable(limit: Self.requestLimit) { source.fill($0) }
      request.complete(written: written)
    }
  }

  func save() -> State { State() }
  func restore(_ state: State) {}
}
