/// A driver's request on its way through a device: a value that any thread may work on and complete.
///
/// A reset, or the end of its queue, ends the request: from then on the guest's memory is out of its reach, and its
/// completion is dropped. Whoever resets waits for a piece of payload that is being copied, and for nothing else.
struct VirtioRequest: Sendable {
  /// Bytes of payload that are handed out at once.
  static let pieceLimit = 16 << 10

  let queue: Int
  let chain: DescriptorChain
  /// Open as long as the queue is what it was when the request was made.
  let gate: Gate
  let transport: VirtioMMIO

  /// Has `body` read the first `limit` readable bytes in the guest's memory, piece by piece. `body` must not wait. The
  /// guest may change the bytes meanwhile. Returns how many there were before the end of the request.
  @discardableResult
  func forEachReadable(limit: Int = .max, _ body: (UnsafeRawBufferPointer) -> Void) -> Int {
    forEachPiece(of: chain.readable, limit) { piece in
      transport.memory.withBytes(piece.address, count: piece.count, body)
    }
  }

  /// Has `body` fill the first `limit` writable bytes in the guest's memory, piece by piece. `body` must not wait.
  /// Returns how many there were before the end of the request.
  func forEachWritable(limit: Int = .max, _ body: (UnsafeMutableRawBufferPointer) -> Void) -> Int {
    forEachPiece(of: chain.writable, limit) { piece in
      transport.memory.withMutableBytes(piece.address, count: piece.count, body)
    }
  }

  private func forEachPiece(
    of segments: [DescriptorChain.Segment], _ limit: Int, _ body: (DescriptorChain.Segment) -> Void
  ) -> Int {
    var done = 0
    for segment in segments {
      var offset = 0
      while offset < segment.count, done < limit {
        let count = min(segment.count - offset, limit - done, Self.pieceLimit)
        guard gate.enter() else { return done }
        body(DescriptorChain.Segment(address: segment.address + UInt64(offset), count: count))
        gate.leave()
        offset += count
        done += count
      }
    }
    return done
  }

  /// A copy of the first `limit` readable bytes, for headers.
  func read(limit: Int) -> [UInt8] {
    var bytes: [UInt8] = []
    forEachReadable(limit: limit) { bytes.append(contentsOf: $0) }
    return bytes
  }

  /// Writes bytes to the front of the writable part. Returns how many there was room for.
  func write(_ bytes: [UInt8]) -> Int {
    var rest = bytes[...]
    return forEachWritable(limit: bytes.count) { piece in
      piece.copyBytes(from: rest.prefix(piece.count))
      rest = rest.dropFirst(piece.count)
    }
  }

  /// Gives the request back to the driver, with the number of bytes written to it, and interrupts the driver if it wants
  /// that. To be called once.
  func complete(written: Int) { transport.complete(self, written: written) }
}

/// What a device does in one go, before other devices of the domain get their turn.
struct VirtioBatch {
  private static let requestLimit = 256
  private static let byteLimit = 1 << 20

  private let transport: VirtioMMIO
  /// The number of the driver's life that the batch belongs to.
  let life: UInt64
  private var requests = Self.requestLimit
  private var bytes = Self.byteLimit
  /// Bit n: queue n may hold more than the batch allowed.
  private(set) var unfinished: UInt64 = 0

  init(transport: VirtioMMIO, life: UInt64) {
    self.transport = transport
    self.life = life
  }

  /// The next request of a queue; nil if there is none now.
  mutating func next(_ queue: Int) throws(VirtioGuestError) -> VirtioRequest? {
    guard requests > 0, bytes > 0 else {
      unfinished |= 1 << UInt64(queue)
      return nil
    }
    guard let request = try transport.pop(queue, life: life) else { return nil }
    requests -= 1
    bytes -= request.chain.readableCount + request.chain.writableCount
    return request
  }

  /// Each queue that was notified has a batch of its own.
  mutating func refill() {
    requests = Self.requestLimit
    bytes = Self.byteLimit
  }
}
