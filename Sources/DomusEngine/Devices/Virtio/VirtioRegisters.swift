/// The registers of a virtio-mmio device that need no work of the device (virtio 1.2, section 4.2.2).
struct VirtioRegisters: Codable, Hashable, Sendable {
  struct Queue: Codable, Hashable, Sendable {
    var layout = Virtqueue.Layout(size: 0, descriptors: 0, driver: 0, device: 0)
    var isReady = false
  }

  /// Register offsets (table 4.1).
  enum Offset {
    static let magic: UInt64 = 0x000
    static let version: UInt64 = 0x004
    static let deviceID: UInt64 = 0x008
    static let vendorID: UInt64 = 0x00c
    static let deviceFeatures: UInt64 = 0x010
    static let deviceFeaturesSelector: UInt64 = 0x014
    static let driverFeatures: UInt64 = 0x020
    static let driverFeaturesSelector: UInt64 = 0x024
    static let queueSelector: UInt64 = 0x030
    static let queueSizeMaximum: UInt64 = 0x034
    static let queueSize: UInt64 = 0x038
    static let queueReady: UInt64 = 0x044
    static let queueNotify: UInt64 = 0x050
    static let interruptStatus: UInt64 = 0x060
    static let interruptACK: UInt64 = 0x064
    static let status: UInt64 = 0x070
    static let queueDescriptorsLow: UInt64 = 0x080
    static let queueDescriptorsHigh: UInt64 = 0x084
    static let queueDriverLow: UInt64 = 0x090
    static let queueDriverHigh: UInt64 = 0x094
    static let queueDeviceLow: UInt64 = 0x0a0
    static let queueDeviceHigh: UInt64 = 0x0a4
    static let sharedMemory: ClosedRange<UInt64> = 0x0b0...0x0bc
    static let configGeneration: UInt64 = 0x0fc
    static let config: UInt64 = 0x100
  }

  /// Device status bits (section 2.1).
  enum Status {
    static let driverOK: UInt32 = 4
    static let featuresOK: UInt32 = 8
    static let needsReset: UInt32 = 64
    static let failed: UInt32 = 128
  }

  /// Interrupt status bits.
  enum Cause {
    static let usedBuffer: UInt32 = 1
    static let configChange: UInt32 = 2
  }

  private static let magicValue: UInt32 = 0x7472_6976
  private static let versionValue: UInt32 = 2
  /// "DOMU".
  private static let vendorValue: UInt32 = 0x554d_4f44

  let deviceID: UInt32
  let offeredFeatures: UInt64
  let queueSizes: [UInt16]

  private(set) var status: UInt32 = 0
  private(set) var driverFeatures: UInt64 = 0
  private(set) var interruptStatus: UInt32 = 0
  private(set) var queues: [Queue]
  private var deviceFeaturesSelector: UInt32 = 0
  private var driverFeaturesSelector: UInt32 = 0
  private var queueSelector: UInt32 = 0
  private var configGeneration: UInt32 = 0

  init(deviceID: UInt32, offeredFeatures: UInt64, queueSizes: [UInt16]) {
    self.deviceID = deviceID
    self.offeredFeatures = offeredFeatures
    self.queueSizes = queueSizes
    queues = Array(repeating: Queue(), count: queueSizes.count)
  }

  /// Whether the device may touch its queues.
  var isLive: Bool { status & (Status.driverOK | Status.failed | Status.needsReset) == Status.driverOK }

  var selectedQueue: Int? {
    Int(exactly: queueSelector).flatMap { queueSizes.indices.contains($0) ? $0 : nil }
  }

  // MARK: Access by the driver

  func read(_ offset: UInt64) -> UInt32 {
    switch offset {
    case Offset.magic: return Self.magicValue
    case Offset.version: return Self.versionValue
    case Offset.deviceID: return deviceID
    case Offset.vendorID: return Self.vendorValue
    case Offset.deviceFeatures:
      return switch deviceFeaturesSelector {
      case 0: UInt32(truncatingIfNeeded: offeredFeatures)
      case 1: UInt32(truncatingIfNeeded: offeredFeatures >> 32)
      default: 0
      }
    case Offset.queueSizeMaximum: return selectedQueue.map { UInt32(queueSizes[$0]) } ?? 0
    case Offset.queueReady: return selectedQueue.map { queues[$0].isReady ? 1 : 0 } ?? 0
    case Offset.interruptStatus: return interruptStatus
    case Offset.status: return status
    // No shared memory regions: all ones.
    case Offset.sharedMemory: return .max
    case Offset.configGeneration: return configGeneration
    default: return 0
    }
  }

  mutating func write(_ offset: UInt64, _ value: UInt32) {
    switch offset {
    case Offset.deviceFeaturesSelector: deviceFeaturesSelector = value
    case Offset.driverFeaturesSelector: driverFeaturesSelector = value
    case Offset.driverFeatures:
      guard status & Status.featuresOK == 0 else { return }
      switch driverFeaturesSelector {
      case 0: Self.setLow(&driverFeatures, value)
      case 1: Self.setHigh(&driverFeatures, value)
      default: break
      }
    case Offset.queueSelector: queueSelector = value
    case Offset.interruptACK: interruptStatus &= ~value
    default:
      guard let index = selectedQueue, !queues[index].isReady else { return }
      Self.writeLayout(&queues[index].layout, offset, value)
    }
  }

  private static func writeLayout(_ layout: inout Virtqueue.Layout, _ offset: UInt64, _ value: UInt32) {
    switch offset {
    // A size that does not fit becomes zero, which no queue can have.
    case Offset.queueSize: layout.size = UInt16(exactly: value) ?? 0
    case Offset.queueDescriptorsLow: setLow(&layout.descriptors, value)
    case Offset.queueDescriptorsHigh: setHigh(&layout.descriptors, value)
    case Offset.queueDriverLow: setLow(&layout.driver, value)
    case Offset.queueDriverHigh: setHigh(&layout.driver, value)
    case Offset.queueDeviceLow: setLow(&layout.device, value)
    case Offset.queueDeviceHigh: setHigh(&layout.device, value)
    default: break
    }
  }

  private static func setLow(_ word: inout UInt64, _ value: UInt32) { word = word & ~0xffff_ffff | UInt64(value) }
  private static func setHigh(_ word: inout UInt64, _ value: UInt32) {
    word = word & 0xffff_ffff | UInt64(value) << 32
  }

  /// Writes a status that is not zero. Returns the accepted features if the driver has just become ready.
  mutating func setStatus(_ value: UInt32) -> UInt64? {
    var next = value & 0xff | status & Status.needsReset
    if next & ~status & Status.featuresOK != 0, !acceptsFeatures { next &= ~Status.featuresOK }
    // A driver that skipped the negotiation is not ready.
    if next & Status.featuresOK == 0 { next &= ~Status.driverOK }
    let isReady = next & ~status & Status.driverOK != 0
    status = next
    return isReady ? driverFeatures : nil
  }

  private var acceptsFeatures: Bool {
    driverFeatures & ~offeredFeatures == 0 && driverFeatures & VirtioFeature.version1 != 0
  }

  /// Whether these can be the registers of the device that `other` belongs to.
  func isPossible(besides other: VirtioRegisters) -> Bool {
    deviceID == other.deviceID && offeredFeatures == other.offeredFeatures && queueSizes == other.queueSizes
      && queues.count == queueSizes.count && status & ~0xff == 0
      && interruptStatus & ~(Cause.usedBuffer | Cause.configChange) == 0
      && (status & Status.featuresOK == 0 || acceptsFeatures)
      && (status & Status.driverOK == 0 || status & Status.featuresOK != 0)
  }

  mutating func reset() {
    var fresh = VirtioRegisters(deviceID: deviceID, offeredFeatures: offeredFeatures, queueSizes: queueSizes)
    fresh.configGeneration = configGeneration
    self = fresh
  }

  // MARK: Changes by the device

  mutating func setReady(_ isReady: Bool, queue: Int) { queues[queue].isReady = isReady }

  mutating func raise(_ cause: UInt32) { interruptStatus |= cause }

  /// The device is of no use until the driver resets it.
  mutating func fail() {
    status |= Status.needsReset
    if status & Status.driverOK != 0 { raise(Cause.configChange) }
  }

  mutating func noteConfigChange() {
    configGeneration &+= 1
    if isLive { raise(Cause.configChange) }
  }
}
