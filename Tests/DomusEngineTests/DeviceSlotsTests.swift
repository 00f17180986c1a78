import Dispatch
import HypervisorModel
import Synchronization
import Testing

@testable import DomusEngine

@Suite struct DeviceSlotsTests {
  /// A machine's devices: UART and two virtio devices.
  static func makeSlots(harts: Int = 1) throws -> DeviceSlots {
    let plic = PLIC(harts: (0..<harts).map { _ in InterruptPending() })
    let slots = DeviceSlots(
      plic: plic, memory: try GuestMemory(size: .mebibytes(1)), executor: DeviceExecutor(label: "test"))
    try slots.insert(UART16550(interrupt: plic.line(MachineLayout.uartInterrupt), output: { _ in }), UART16550.node)
    for _ in 0..<2 { try slots.insert(VirtioEntropy()) }
    return slots
  }

  private static let magic: UInt64 = 0x7472_6976

  private func magic(_ slots: DeviceSlots, slot: Int) -> UInt64? {
    slots.bus.read(PhysicalAddress(MachineLayout.virtio(slot).lowerBound), width: 4)
  }

  @Test func everyDeviceHasANodeInTheOrderOfAddresses() throws {
    let nodes = try Self.makeSlots().nodes
    #expect(nodes.map(\.name) == ["interrupt-controller", "serial", "virtio_mmio", "virtio_mmio"])
    #expect(nodes.map(\.interrupt) == [nil, 10, 1, 2])
  }

  @Test func anInsertedDeviceAnswersAndARemovedOneIsAnAccessFault() throws {
    let slots = try Self.makeSlots()
    #expect(magic(slots, slot: 2) == nil)
    #expect(try slots.insert(VirtioEntropy()) == 2)
    #expect(magic(slots, slot: 2) == Self.magic)
    slots.remove(slot: 1)
    #expect(magic(slots, slot: 1) == nil)
    #expect(!slots.bus.write(PhysicalAddress(MachineLayout.virtio(1).lowerBound), width: 4, value: 0))
    #expect(slots.nodes.count == 4)
    #expect(try slots.insert(VirtioEntropy()) == 1, "a free slot is used again")
    #expect(magic(slots, slot: 1) == Self.magic)
  }

  @Test func oneDeviceMoreThanThereAreSlotsIsRefused() throws {
    let slots = try Self.makeSlots()
    for _ in 2..<MachineLayout.virtioCount { try slots.insert(VirtioEntropy()) }
    #expect(throws: HypervisorError.exhausted("all 8 virtio slots of the machine are occupied")) {
      try slots.insert(VirtioEntropy())
    }
  }

  @Test func aDeviceWhereAnotherOneIsIsRefused() throws {
    let slots = try Self.makeSlots()
    #expect(throws: HypervisorError.self) { try slots.insert(Register(), UART16550.node) }
    #expect(slots.nodes.count == 4)
  }

  @Test func anEmptySlotCanBeRemoved() throws {
    let slots = try Self.makeSlots()
    slots.remove(slot: 7)
    slots.remove(slot: 0)
    slots.remove(slot: 0)
    #expect(slots.nodes.count == 3)
  }

  // MARK: Bus

  @Test func theBusFindsEachOfManyDevicesAndNothingBetweenThem() {
    let bus = MMIOBus()
    let devices = (0..<200 as Range<UInt64>).map { Register($0) }
    for (index, device) in devices.enumerated().shuffled() {
      let start = UInt64(index) * 0x1000
      #expect(bus.insert(MMIOBus.Region(range: start..<start + 0x100, device: device)))
    }
    for index in 0..<200 as Range<UInt64> {
      #expect(bus.read(PhysicalAddress(index * 0x1000), width: 8) == index)
      #expect(bus.read(PhysicalAddress(index * 0x1000 + 0xf8), width: 8) == index)
      #expect(bus.read(PhysicalAddress(index * 0x1000 + 0x100), width: 8) == nil)
    }
    #expect(bus.read(PhysicalAddress(.max - 7), width: 8) == nil)
    #expect(bus.read(PhysicalAddress(.max), width: 1) == nil)
  }

  @Test(arguments: [(0x1000, 0x2000), (0x0ff8, 0x1001), (0x1fff, 0x3000), (0x1100, 0x1200), (0x3000, 0x3000)])
  func overlappingAndEmptyRangesAreRefused(start: UInt64, end: UInt64) {
    let bus = MMIOBus(regions: [MMIOBus.Region(range: 0x1000..<0x2000, device: Register())])
    #expect(!bus.insert(MMIOBus.Region(range: start..<end, device: Register())))
  }

  @Test func aRemovalWaitsForAnAccessInFlight() throws {
    let device = Slow()
    let bus = MMIOBus(regions: [MMIOBus.Region(range: 0x1000..<0x2000, device: device)])
    let order = Recorder<String>()
    let group = DispatchGroup()
    Thread.detach(group) {
      #expect(bus.read(PhysicalAddress(0x1000), width: 8) == 42)
      order.append("read")
    }
    device.begun.wait()
    Thread.detach(group) {
      bus.remove(at: 0x1000)
      order.append("removed")
    }
    // The region disappears at once; the removal goes on until the access has ended.
    while bus.read(PhysicalAddress(0x1800), width: 8) != nil {}
    #expect(order.all.isEmpty)
    device.goOn.signal()
    group.wait()
    #expect(device.hasLeft.withLock { $0 })
    #expect(Set(order.all) == ["read", "removed"])
  }

  @Test func devicesComeAndGoWhileOthersAreAccessed() throws {
    let slots = try Self.makeSlots()
    DispatchQueue.concurrentPerform(iterations: 3) { role in
      for round in 0..<2000 {
        switch role {
        case 0:
          slots.remove(slot: 1)
          #expect((try? slots.insert(VirtioEntropy())) == 1)
        case 1:
          let value = slots.bus.read(PhysicalAddress(MachineLayout.virtio(1).lowerBound), width: 4)
          #expect(value == nil || value == Self.magic)
        default:
          #expect(magic(slots, slot: 0) == Self.magic)
          _ = slots.bus.write(
            PhysicalAddress(MachineLayout.virtio(1).lowerBound + 0x70), width: 4, value: UInt64(round & 15))
        }
      }
    }
    #expect(slots.nodes.count == 4)
  }
}

/// A register that says one number.
private final class Register: MMIODevice {
  let value: UInt64
  init(_ value: UInt64 = 0) { self.value = value }
  func read(offset: UInt64, width: Int) -> UInt64 { value }
  func write(offset: UInt64, width: Int, value: UInt64) {}
}

/// A device whose first register is read for as long as the test wants; the others answer zero.
private final class Slow: MMIODevice {
  let begun = DispatchSemaphore(value: 0)
  let goOn = DispatchSemaphore(value: 0)
  let hasLeft = Mutex(false)

  func read(offset: UInt64, width: Int) -> UInt64 {
    guard offset == 0 else { return 0 }
    begun.signal()
    goOn.wait()
    hasLeft.withLock { $0 = true }
    return 42
  }

  func write(offset: UInt64, width: Int, value: UInt64) {}
}

/// Threads of their own, since what they do blocks.
private enum Thread {
  static func detach(_ group: DispatchGroup, _ body: @escaping @Sendable () -> Void) {
    DispatchQueue(label: "test").async(group: group, execute: body)
  }
}
