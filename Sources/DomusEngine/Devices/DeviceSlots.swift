import Glibc
import HypervisorModel
import Synchronization

/// A machine's devices: the address range, interrupt and transport of each, and the device tree nodes by which the
/// guest finds them. Devices are inserted and removed at any time, by any thread that isn't inside an access.
final class DeviceSlots: Sendable {
  /// What is in a place.
  private struct Occupant {
    var node: DeviceNode
    /// Of a virtio device.
    var transport: VirtioMMIO?
  }

  /// How often, a millisecond apart, `quiesce` looks whether the devices are done.
  private static let quiescePauses = 5000

  let bus = MMIOBus()
  let plic: PLIC
  private let memory: GuestMemory
  private let executor: DeviceExecutor
  private let report: @Sendable (VirtioGuestError) -> Void
  /// By the first address of their registers.
  private let occupants: Mutex<[UInt64: Occupant]>

  /// The interrupt controller is there from the beginning.
  ///
  /// - Parameters:
  ///   - executor: where the devices do their work.
  ///   - report: told what drivers do wrong.
  init(
    plic: PLIC, memory: GuestMemory, executor: DeviceExecutor,
    report: @escaping @Sendable (VirtioGuestError) -> Void = { _ in }
  ) {
    self.plic = plic
    self.memory = memory
    self.executor = executor
    self.report = report
    _ = bus.insert(MMIOBus.Region(range: plic.node.range, device: plic))
    occupants = Mutex([plic.node.range.lowerBound: Occupant(node: plic.node)])
  }

  /// In the order of their addresses.
  var nodes: [DeviceNode] {
    occupants.withLock { $0.values.map(\.node) }.sorted { $0.range.lowerBound < $1.range.lowerBound }
  }

  /// Puts a device where its node says. Throws if another one has the addresses.
  func insert(_ device: any MMIODevice, _ node: DeviceNode) throws(HypervisorError) {
    try occupants.withLock { occupants throws(HypervisorError) in
      try insert(device, Occupant(node: node), &occupants)
    }
  }

  /// Puts a virtio device into the first free slot and returns the slot's number. Throws if all are taken.
  @discardableResult
  func insert(_ device: any VirtioDevice) throws(HypervisorError) -> Int {
    try occupants.withLock { occupants throws(HypervisorError) -> Int in
      let free = (0..<MachineLayout.virtioCount).first { occupants[MachineLayout.virtio($0).lowerBound] == nil }
      guard let slot = free else {
        throw .exhausted("all \(MachineLayout.virtioCount) virtio slots of the machine are occupied")
      }
      let transport = VirtioMMIO(
        device: device, memory: memory, interrupt: plic.line(MachineLayout.virtioInterrupt(slot)), executor: executor,
        report: report)
      try insert(transport, Occupant(node: VirtioMMIO.node(slot: slot), transport: transport), &occupants)
      return slot
    }
  }

  private func insert(
    _ device: any MMIODevice, _ occupant: Occupant, _ occupants: inout [UInt64: Occupant]
  ) throws(HypervisorError) {
    let range = occupant.node.range
    guard bus.insert(MMIOBus.Region(range: range, device: device)) else {
      throw .failed(
        "no place for \(occupant.node.name) at 0x\(String(range.lowerBound, radix: 16)): another device is there")
    }
    occupants[range.lowerBound] = occupant
  }

  /// Takes a virtio device away. Returns when no register access to it is in flight, and it touches the guest's memory
  /// no more; its interrupt is low then. A slot that is empty stays so.
  func remove(slot: Int) {
    let start = MachineLayout.virtio(slot).lowerBound
    // The node stays until the end, so that nobody else gets the slot.
    let removed = occupants.withLock { occupants -> VirtioMMIO? in
      defer { occupants[start]?.transport = nil }
      return occupants[start]?.transport
    }
    guard let transport = removed else { return }
    bus.remove(at: start)
    transport.reset()
    occupants.withLock { _ = $0.removeValue(forKey: start) }
  }

  // MARK: Rest

  /// The virtio devices by their slots' numbers.
  private var transports: [(slot: Int, transport: VirtioMMIO)] {
    occupants.withLock { occupants in
      (0..<MachineLayout.virtioCount).compactMap { slot in
        occupants[MachineLayout.virtio(slot).lowerBound]?.transport.map { (slot, $0) }
      }
    }
  }

  /// Waits until the devices have done what drivers have asked for. No vCPU may run, and nobody may type, until `resume`.
  /// Throws if one is at work still after some seconds.
  func quiesce() throws(StateError) {
    for _ in 0..<Self.quiescePauses {
      executor.drain()
      if transports.allSatisfy(\.transport.isIdle) { return }
      usleep(1000)
    }
    throw .busy
  }

  func resume() { for (_, transport) in transports { transport.resume() } }

  func save() throws(StateError) -> [MachineState.Slot] {
    var slots: [MachineState.Slot] = []
    for (slot, transport) in transports {
      slots.append(
        MachineState.Slot(
          number: slot, transport: try SavedPart(transport), device: try Self.save(transport.device)))
    }
    return slots
  }

  func restore(_ slots: [MachineState.Slot]) throws(StateError) {
    let transports = transports
    guard slots.map(\.number) == transports.map(\.slot) else {
      throw .otherMachine("it has devices in the slots \(slots.map(\.number)), not \(transports.map(\.slot))")
    }
    for (saved, place) in zip(slots, transports) {
      try Self.restore(place.transport.device, saved.device)
      try saved.transport.restore(to: place.transport)
    }
  }

  private static func save(_ device: some VirtioDevice) throws(StateError) -> SavedPart { try SavedPart(device) }

  private static func restore(_ device: some VirtioDevice, _ saved: SavedPart) throws(StateError) {
    try saved.restore(to: device)
  }
}
