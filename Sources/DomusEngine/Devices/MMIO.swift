/// A device with registers in guest-physical address space.
///
/// Called on vCPU threads, several at once: a device guards its own state. `offset` is relative to the device's
/// region and naturally aligned for `width`, which is 1, 2, 4 or 8 bytes. Register access must not wait for work.
protocol MMIODevice: AnyObject, Sendable {
  /// Unknown registers read as zero.
  func read(offset: UInt64, width: Int) -> UInt64
  /// Writes to unknown registers are ignored.
  func write(offset: UInt64, width: Int, value: UInt64)
}

/// The devices of a domain by guest-physical address.
final class MMIOBus: Sendable {
  struct Region: Sendable {
    let range: Range<UInt64>
    let device: any MMIODevice
  }

  let regions: [Region]

  /// Regions must not overlap.
  init(regions: [Region]) { self.regions = regions.sorted { $0.range.lowerBound < $1.range.lowerBound } }

  /// Nil where there is no device: an access fault for the guest.
  func read(_ address: PhysicalAddress, width: Int) -> UInt64? {
    guard let region = region(address, width: width) else { return nil }
    return region.device.read(offset: address.rawValue &- region.range.lowerBound, width: width)
  }

  /// False where there is no device: an access fault for the guest.
  func write(_ address: PhysicalAddress, width: Int, value: UInt64) -> Bool {
    guard let region = region(address, width: width) else { return false }
    region.device.write(offset: address.rawValue &- region.range.lowerBound, width: width, value: value)
    return true
  }

  private func region(_ address: PhysicalAddress, width: Int) -> Region? {
    let (end, overflow) = address.rawValue.addingReportingOverflow(UInt64(width))
    guard !overflow, address.rawValue & UInt64(width &- 1) == 0 else { return nil }
    return regions.first { $0.range.lowerBound <= address.rawValue && end <= $0.range.upperBound }
  }
}

/// A level-triggered interrupt wire from a device to an interrupt controller. Any thread may set it.
struct InterruptLine: Sendable {
  private let change: @Sendable (Bool) -> Void
  init(_ change: @escaping @Sendable (Bool) -> Void) { self.change = change }
  func set(_ level: Bool) { change(level) }
}
