import CEngine

/// A split virtqueue from the device's side (virtio 1.2, section 2.7).
///
/// The rings were checked to be in RAM when the driver enabled the queue; what is in them is hostile at every look.
struct Virtqueue: Sendable {
  /// What the driver wrote to the transport's registers.
  struct Layout: Codable, Hashable, Sendable {
    var size: UInt16
    var descriptors: UInt64
    /// The available ring.
    var driver: UInt64
    /// The used ring.
    var device: UInt64
  }

  private static let noInterruptFlag: UInt16 = 1

  private let memory: GuestMemory
  private let number: Int
  private let parser: DescriptorParser
  private let size: UInt16
  private let available: PhysicalAddress
  private let used: PhysicalAddress
  private let usesEventIndex: Bool

  /// How far the device has come; any numbers are possible, since rings and numbers wrap.
  struct Position: Codable, Hashable, Sendable {
    /// The next entry of the available ring to look at.
    var nextAvailable: UInt16 = 0
    var nextUsed: UInt16 = 0
    /// `nextUsed` when the driver was last considered for an interrupt.
    var announcedUsed: UInt16 = 0
  }

  private(set) var position: Position

  /// - Parameter byteLimit: bytes of one chain at most.
  init(
    number: Int, layout: Layout, maximumSize: UInt16, features: UInt64, byteLimit: UInt64, memory: GuestMemory,
    position: Position = Position()
  ) throws(VirtioGuestError) {
    let size = UInt64(layout.size)
    guard size > 0, layout.size <= maximumSize, size & (size - 1) == 0,
      layout.descriptors & 15 == 0, layout.driver & 1 == 0, layout.device & 3 == 0,
      memory.contains(PhysicalAddress(layout.descriptors), count: 16 * size),
      memory.contains(PhysicalAddress(layout.driver), count: 6 + 2 * size),
      memory.contains(PhysicalAddress(layout.device), count: 6 + 8 * size)
    else { throw .badQueueLayout(queue: number) }
    self.memory = memory
    self.position = position
    self.number = number
    self.size = layout.size
    available = PhysicalAddress(layout.driver)
    used = PhysicalAddress(layout.device)
    usesEventIndex = features & VirtioFeature.eventIndex != 0
    parser = DescriptorParser(
      memory: memory, table: PhysicalAddress(layout.descriptors), queueSize: layout.size,
      allowsIndirect: features & VirtioFeature.indirectDescriptors != 0, byteLimit: byteLimit)
  }

  /// The next request, or nil if there is none; then the driver will notify of the next one.
  mutating func pop() throws(VirtioGuestError) -> DescriptorChain? {
    var waiting = try waitingCount()
    if waiting == 0 {
      guard usesEventIndex else { return nil }
      // Ask for a notification, then look again: the driver may just have decided that none is needed.
      _ = memory.store(used + 4 + 8 * UInt64(size), position.nextAvailable)
      domus_fence_seq_cst()
      waiting = try waitingCount()
      guard waiting > 0 else { return nil }
    }
    domus_fence_acq_rel()
    let head = word(available + 4 + 2 * UInt64(position.nextAvailable & (size &- 1)))
    let chain = try parser.chain(head: head)
    position.nextAvailable &+= 1
    return chain
  }

  private func waitingCount() throws(VirtioGuestError) -> UInt16 {
    let waiting = word(available + 2) &- position.nextAvailable
    guard waiting <= size else { throw .availableIndexJump(queue: number) }
    return waiting
  }

  /// Gives a request back to the driver, with the number of bytes written to it.
  mutating func push(_ chain: DescriptorChain, written: Int) {
    let entry = used + 4 + 8 * UInt64(position.nextUsed & (size &- 1))
    _ = memory.store(entry, UInt32(chain.head))
    _ = memory.store(entry + 4, UInt32(clamping: written))
    domus_fence_acq_rel()
    position.nextUsed &+= 1
    _ = memory.store(used + 2, position.nextUsed)
  }

  /// Whether the driver wants an interrupt for what was pushed since the last call (sections 2.7.7 and 2.7.10).
  mutating func takeInterrupt() -> Bool {
    guard position.nextUsed != position.announcedUsed else { return false }
    let before = position.announcedUsed
    position.announcedUsed = position.nextUsed
    domus_fence_seq_cst()
    guard usesEventIndex else { return word(available) & Self.noInterruptFlag == 0 }
    let event = word(available + 4 + 2 * UInt64(size))
    return position.nextUsed &- event &- 1 < position.nextUsed &- before
  }

  /// A word of a ring; the rings are in RAM.
  private func word(_ address: PhysicalAddress) -> UInt16 { memory.load(address) ?? 0 }
}
