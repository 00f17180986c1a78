import Synchronization

/// The devices of a domain by guest-physical address. Devices come and go while harts run; any thread.
final class MMIOBus: Sendable {
  struct Region: Sendable {
    let range: Range<UInt64>
    let device: any MMIODevice
    /// Those who access the device right now.
    fileprivate let accesses = Gate()

    init(range: Range<UInt64>, device: any MMIODevice) {
      self.range = range
      self.device = device
    }
  }

  /// In the order of their addresses; none overlaps another.
  private let regions: Mutex<[Region]>

  /// Regions must not overlap.
  init(regions: [Region] = []) {
    self.regions = Mutex(regions.sorted { $0.range.lowerBound < $1.range.lowerBound })
  }

  /// False, and nothing is changed, if the range is empty or overlaps that of another device.
  func insert(_ region: Region) -> Bool {
    guard !region.range.isEmpty else { return false }
    return regions.withLock { regions in
      let index = Self.index(after: region.range.lowerBound, in: regions)
      guard index == 0 || regions[index - 1].range.upperBound <= region.range.lowerBound,
        index == regions.count || region.range.upperBound <= regions[index].range.lowerBound
      else { return false }
      regions.insert(region, at: index)
      return true
    }
  }

  /// Takes the device at `start` away, and returns when no access to it is in flight any more. Not from an access.
  func remove(at start: UInt64) {
    let region = regions.withLock { regions -> Region? in
      guard let index = regions.firstIndex(where: { $0.range.lowerBound == start }) else { return nil }
      return regions.remove(at: index)
    }
    region?.accesses.close()
  }

  /// Nil where there is no device: an access fault for the guest.
  func read(_ address: PhysicalAddress, width: Int) -> UInt64? {
    guard let region = region(address, width: width), region.accesses.enter() else { return nil }
    defer { region.accesses.leave() }
    return region.device.read(offset: address.rawValue &- region.range.lowerBound, width: width)
  }

  /// False where there is no device: an access fault for the guest.
  func write(_ address: PhysicalAddress, width: Int, value: UInt64) -> Bool {
    guard let region = region(address, width: width), region.accesses.enter() else { return false }
    defer { region.accesses.leave() }
    region.device.write(offset: address.rawValue &- region.range.lowerBound, width: width, value: value)
    return true
  }

  private func region(_ address: PhysicalAddress, width: Int) -> Region? {
    let (end, overflow) = address.rawValue.addingReportingOverflow(UInt64(width))
    guard !overflow, address.rawValue & UInt64(width &- 1) == 0 else { return nil }
    return regions.withLock { regions in
      let index = Self.index(after: address.rawValue, in: regions)
      guard index > 0, end <= regions[index - 1].range.upperBound else { return nil }
      return regions[index - 1]
    }
  }

  /// Of the first region that begins behind an address: O(log n).
  private static func index(after address: UInt64, in regions: [Region]) -> Int {
    var low = 0
    var high = regions.count
    while low < high {
      let middle = (low + high) / 2
      if regions[middle].range.lowerBound <= address { low = middle + 1 } else { high = middle }
    }
    return low
  }
}
