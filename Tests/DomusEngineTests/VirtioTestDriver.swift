import HypervisorModel
import Synchronization

@testable import DomusEngine

/// The driver's side of a virtio-mmio device, for tests: writes rings by hand.
final class VirtioTestDriver {
  struct Descriptor {
    var address: UInt64
    var count: UInt32
    var flags: UInt16 = 0
    var next: UInt16 = 0
  }

  static let next: UInt16 = 1
  static let writable: UInt16 = 2
  static let indirect: UInt16 = 4

  let memory: GuestMemory
  let executor = DeviceExecutor(label: "test")
  let wire = Wire()
  let errors = Recorder<VirtioGuestError>()
  let transport: VirtioMMIO
  let size: UInt16
  private var available: [Int: UInt16] = [:]
  private var seenUsed: [Int: UInt16] = [:]

  init(_ device: any VirtioDevice, size: UInt16 = 16) throws {
    memory = try GuestMemory(size: .mebibytes(4))
    self.size = size
    transport = VirtioMMIO(
      device: device, memory: memory, interrupt: wire.line, executor: executor,
      report: { [errors] in errors.append($0) })
  }

  deinit { executor.stop() }

  // MARK: Registers

  func read(_ offset: UInt64) -> UInt64 { transport.read(offset: offset, width: 4) }
  func write(_ offset: UInt64, _ value: UInt64) { transport.write(offset: offset, width: 4, value: value) }
  var status: UInt64 { read(0x70) }
  var needsReset: Bool { status & 64 != 0 }

  static let allFeatures: UInt64 = .max

  /// Negotiates `features` of those that are offered; returns whether the device accepts them.
  @discardableResult
  func negotiate(_ features: UInt64 = 1 << 32) -> Bool {
    write(0x70, 0)
    write(0x70, 1)
    write(0x70, 3)
    var offered: UInt64 = 0
    for half in 0..<2 as Range<UInt64> {
      write(0x14, half)
      offered |= read(0x10) << (32 * half)
    }
    let accepted = features & offered
    for half in 0..<2 as Range<UInt64> {
      write(0x24, half)
      write(0x20, accepted >> (32 * half) & 0xffff_ffff)
    }
    write(0x70, 11)
    return status & 8 != 0
  }

  func start(_ features: UInt64 = 1 << 32, queues: Int) {
    negotiate(features)
    for queue in 0..<queues { setUp(queue) }
    write(0x70, 15)
    settle()
  }

  func setUp(_ queue: Int) {
    write(0x30, UInt64(queue))
    write(0x38, UInt64(size))
    for (offset, address) in [(0x80, table(queue)), (0x90, driverRing(queue)), (0xa0, usedRing(queue))] {
      write(UInt64(offset), address & 0xffff_ffff)
      write(UInt64(offset) + 4, address >> 32)
    }
    write(0x44, 1)
    available[queue] = 0
    seenUsed[queue] = 0
    for offset in stride(from: 0, to: 0x4000, by: 8) as StrideTo<UInt64> {
      store(table(queue) + offset, UInt64(0))
    }
  }

  // MARK: Memory

  func table(_ queue: Int) -> UInt64 { GuestMemory.base + 0x10000 + UInt64(queue) * 0x4000 }
  func driverRing(_ queue: Int) -> UInt64 { table(queue) + 0x1000 }
  func usedRing(_ queue: Int) -> UInt64 { table(queue) + 0x2000 }
  /// Free memory for buffers.
  static let buffers = GuestMemory.base + 0x20_0000

  func store<T: FixedWidthInteger & BitwiseCopyable>(_ address: UInt64, _ value: T) {
    _ = memory.store(PhysicalAddress(address), value)
  }
  func load<T: FixedWidthInteger & BitwiseCopyable>(_ address: UInt64) -> T {
    memory.load(PhysicalAddress(address)) ?? 0
  }
  func fill(_ address: UInt64, _ bytes: [UInt8]) { _ = memory.write(PhysicalAddress(address), bytes) }
  func bytes(_ address: UInt64, _ count: Int) -> [UInt8] { memory.read(PhysicalAddress(address), count: count) ?? [] }

  // MARK: Rings

  func describe(_ index: Int, at table: UInt64, _ descriptor: Descriptor) {
    let address = table + 16 * UInt64(index)
    store(address, descriptor.address)
    store(address + 8, descriptor.count)
    store(address + 12, descriptor.flags)
    store(address + 14, descriptor.next)
  }

  /// Puts a chain of descriptors at `first` and the following places of the table.
  func chain(_ queue: Int, first: Int = 0, _ descriptors: [Descriptor]) {
    for (index, var descriptor) in descriptors.enumerated() {
      if index + 1 < descriptors.count {
        descriptor.flags |= Self.next
        descriptor.next = UInt16(first + index + 1)
      }
      describe(first + index, at: table(queue), descriptor)
    }
  }

  func offer(_ queue: Int, head: UInt16) {
    let index = available[queue, default: 0]
    store(driverRing(queue) + 4 + 2 * UInt64(index % size), head)
    available[queue] = index &+ 1
    store(driverRing(queue) + 2, index &+ 1)
  }

  func kick(_ queue: Int) {
    write(0x50, UInt64(queue))
    settle()
  }

  /// Waits until the executor has nothing to do; work that schedules work is waited for too.
  func settle() { for _ in 0..<4 { executor.drain() } }

  /// Heads and lengths that the device gave back since the last call.
  func takeUsed(_ queue: Int) -> [(head: UInt32, count: UInt32)] {
    let end: UInt16 = load(usedRing(queue) + 2)
    var result: [(UInt32, UInt32)] = []
    var index = seenUsed[queue, default: 0]
    while index != end {
      let entry = usedRing(queue) + 4 + 8 * UInt64(index % size)
      result.append((load(entry), load(entry + 4)))
      index &+= 1
    }
    seenUsed[queue] = index
    return result
  }
}
