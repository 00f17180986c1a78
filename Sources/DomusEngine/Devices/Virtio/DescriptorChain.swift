/// One request of a driver: buffers that were checked to be in RAM, read from the ring exactly once.
struct DescriptorChain: Sendable {
  struct Segment: Hashable, Sendable {
    let address: PhysicalAddress
    let count: Int
  }

  /// The first descriptor's number: the driver's name for the chain.
  let head: UInt16
  /// What the device may read, in order.
  let readable: [Segment]
  /// What the device may write, in order.
  let writable: [Segment]
  /// Bytes of all readable segments together.
  let readableCount: Int
  /// Bytes of all writable segments together.
  let writableCount: Int
}

/// Turns descriptors in hostile memory into a checked chain (virtio 1.2, sections 2.7.5 and 2.7.7).
struct DescriptorParser {
  let memory: GuestMemory
  /// Address of the queue's descriptor table, which is known to be in RAM.
  let table: PhysicalAddress
  let queueSize: UInt16
  let allowsIndirect: Bool
  /// Bytes of one chain at most.
  let byteLimit: UInt64

  private enum Flag {
    static let next: UInt16 = 1
    static let writable: UInt16 = 2
    static let indirect: UInt16 = 4
  }

  private struct Descriptor {
    static let size: UInt64 = 16
    let address: UInt64
    let count: UInt32
    let flags: UInt16
    let next: UInt16
  }

  /// The table that is being walked: the queue's, or an indirect one.
  private struct Table {
    let address: PhysicalAddress
    let count: UInt16
  }

  func chain(head: UInt16) throws(VirtioGuestError) -> DescriptorChain {
    var builder = Builder(limit: byteLimit)
    var table = Table(address: table, count: queueSize)
    var isIndirect = false
    var index = head
    // A chain has at most as many descriptors as the queue, which also ends every circle. The descriptor that
    // refers to an indirect table counts too.
    for _ in 0...queueSize {
      let descriptor = try load(table, index)
      if descriptor.flags & Flag.indirect != 0 {
        guard !isIndirect else { throw .badIndirectDescriptor }
        table = try indirectTable(descriptor)
        isIndirect = true
        index = 0
        continue
      }
      try builder.add(try segment(descriptor), isWritable: descriptor.flags & Flag.writable != 0)
      guard descriptor.flags & Flag.next != 0 else { return builder.chain(head: head) }
      index = descriptor.next
    }
    throw .chainTooLong
  }

  private func load(_ table: Table, _ index: UInt16) throws(VirtioGuestError) -> Descriptor {
    guard index < table.count else { throw .descriptorOutOfRange(index) }
    let address = table.address + UInt64(index) * Descriptor.size
    guard let low: UInt64 = memory.load(address), let high: UInt64 = memory.load(address + 8) else {
      throw .descriptorOutOfRange(index)
    }
    return Descriptor(
      address: low, count: UInt32(truncatingIfNeeded: high), flags: UInt16(truncatingIfNeeded: high >> 32),
      next: UInt16(truncatingIfNeeded: high >> 48))
  }

  private func indirectTable(_ descriptor: Descriptor) throws(VirtioGuestError) -> Table {
    guard allowsIndirect, descriptor.flags & Flag.next == 0, descriptor.count > 0,
      UInt64(descriptor.count) % Descriptor.size == 0,
      memory.contains(PhysicalAddress(descriptor.address), count: UInt64(descriptor.count)),
      let count = UInt16(exactly: UInt64(descriptor.count) / Descriptor.size), count <= queueSize
    else { throw .badIndirectDescriptor }
    return Table(address: PhysicalAddress(descriptor.address), count: count)
  }

  private func segment(_ descriptor: Descriptor) throws(VirtioGuestError) -> DescriptorChain.Segment {
    guard descriptor.count > 0 else { throw .emptyBuffer }
    guard memory.contains(PhysicalAddress(descriptor.address), count: UInt64(descriptor.count)) else {
      throw .bufferOutsideMemory(address: descriptor.address, count: descriptor.count)
    }
    return DescriptorChain.Segment(address: PhysicalAddress(descriptor.address), count: Int(descriptor.count))
  }

  private struct Builder {
    let limit: UInt64
    var readable: [DescriptorChain.Segment] = []
    var writable: [DescriptorChain.Segment] = []
    var readableCount: UInt64 = 0
    var writableCount: UInt64 = 0

    init(limit: UInt64) { self.limit = limit }

    mutating func add(_ segment: DescriptorChain.Segment, isWritable: Bool) throws(VirtioGuestError) {
      if isWritable {
        writable.append(segment)
        writableCount += UInt64(segment.count)
      } else {
        guard writable.isEmpty else { throw .readableAfterWritable }
        readable.append(segment)
        readableCount += UInt64(segment.count)
      }
      guard readableCount + writableCount <= limit else { throw .tooManyBytes(readableCount + writableCount) }
    }

    func chain(head: UInt16) -> DescriptorChain {
      DescriptorChain(
        head: head, readable: readable, writable: writable, readableCount: Int(readableCount),
        writableCount: Int(writableCount))
    }
  }
}
