/// Where everything is in a guest's physical address space, and which interrupt it has at the PLIC.
enum MachineLayout {
  static let plic: Range<UInt64> = 0x0c00_0000..<0x0c60_0000
  static let uart: Range<UInt64> = 0x1000_0000..<0x1000_0100
  static let uartInterrupt = 10
  /// The UART's input clock in Hz; its speed does not matter to anyone.
  static let uartClock: UInt32 = 3_686_400

  /// Slots for virtio-mmio devices.
  static let virtioCount = 8

  /// The registers of a virtio-mmio slot, `0..<virtioCount`.
  static func virtio(_ slot: Int) -> Range<UInt64> {
    let start = 0x1000_1000 + UInt64(slot) * 0x1000
    return start..<start + 0x1000
  }

  /// The interrupt of a virtio-mmio slot, `0..<virtioCount`.
  static func virtioInterrupt(_ slot: Int) -> Int { 1 + slot }

  static let memory = GuestMemory.base
  /// Initrd and device tree are placed below, so that every kernel can reach them early.
  static let bootLimit: UInt64 = 0x1_0000_0000
}
