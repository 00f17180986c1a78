import Synchronization

/// The virtio-mmio transport, version 2 (virtio 1.2, section 4.2): features, status, queues, interrupts and reset of
/// one device.
///
/// Locks are taken in the order `queues`, `registers`, the device's own. `queues` is held while the device processes
/// a batch, so that a driver that has reset the device can be sure that its memory is not touched any more.
final class VirtioMMIO: MMIODevice {
  private struct QueueRegisters {
    var layout = Virtqueue.Layout(size: 0, descriptors: 0, driver: 0, device: 0)
    var isReady = false
  }

  private struct Registers {
    var status: UInt32 = 0
    var deviceFeaturesSelector: UInt32 = 0
    var driverFeaturesSelector: UInt32 = 0
    var driverFeatures: UInt64 = 0
    var queueSelector: UInt32 = 0
    var queues: [QueueRegisters]
    var interruptStatus: UInt32 = 0
    var configGeneration: UInt32 = 0
    /// Bit n: queue n is to be processed and the executor knows.
    var scheduled: UInt64 = 0

    /// Whether the device may touch its queues.
    var isLive: Bool { status & (Status.driverOK | Status.failed | Status.needsReset) == Status.driverOK }
  }

  /// Device status bits (virtio 1.2, section 2.1).
  enum Status {
    static let acknowledge: UInt32 = 1
    static let driver: UInt32 = 2
    static let driverOK: UInt32 = 4
    static let featuresOK: UInt32 = 8
    static let needsReset: UInt32 = 64
    static let failed: UInt32 = 128
  }

  /// Interrupt status bits (section 4.2.2).
  private enum Cause {
    static let usedBuffer: UInt32 = 1
    static let configChange: UInt32 = 2
  }

  private let device: any VirtioDevice
  private let queueSizes: [UInt16]
  private let offeredFeatures: UInt64
  private let memory: GuestMemory
  private let interrupt: InterruptLine
  private let executor: DeviceExecutor
  private let report: @Sendable (VirtioGuestError) -> Void
  private let registers: Mutex<Registers>
  private let queues: Mutex<VirtioQueues>

  /// - Parameters:
  ///   - executor: where the device does its work.
  ///   - report: told what the driver did wrong whenever the device begins to need a reset.
  init(
    device: any VirtioDevice, memory: GuestMemory, interrupt: InterruptLine, executor: DeviceExecutor,
    report: @escaping @Sendable (VirtioGuestError) -> Void = { _ in }
  ) {
    self.device = device
    // Scheduled queues are bits of one word.
    queueSizes = Array(device.queueSizes.prefix(64))
    offeredFeatures =
      device.features | VirtioFeature.version1 | VirtioFeature.indirectDescriptors | VirtioFeature.eventIndex
    self.memory = memory
    self.interrupt = interrupt
    self.executor = executor
    self.report = report
    registers = Mutex(Registers(queues: Array(repeating: QueueRegisters(), count: queueSizes.count)))
    queues = Mutex(VirtioQueues(count: queueSizes.count, memory: memory))
    device.attach(
      VirtioScheduler(
        schedule: { [weak self] in self?.schedule($0) }, configChanged: { [weak self] in self?.configChanged() })
    )
  }

  // MARK: Registers

  /// Register offsets (virtio 1.2, table 4.1).
  private enum Offset {
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

  func read(offset: UInt64, width: Int) -> UInt64 {
    if offset >= Offset.config {
      guard let offset = Int(exactly: offset - Offset.config) else { return 0 }
      return device.readConfig(offset: offset, width: width)
    }
    guard width == 4 else { return 0 }
    return UInt64(registers.withLock { readRegister($0, offset) })
  }

  private func readRegister(_ registers: Registers, _ offset: UInt64) -> UInt32 {
    switch offset {
    case Offset.magic: return 0x7472_6976
    case Offset.version: return 2
    case Offset.deviceID: return device.deviceID
    case Offset.vendorID: return 0x554d_4f44
    case Offset.deviceFeatures:
      return switch registers.deviceFeaturesSelector {
      case 0: UInt32(truncatingIfNeeded: offeredFeatures)
      case 1: UInt32(truncatingIfNeeded: offeredFeatures >> 32)
      default: 0
      }
    case Offset.queueSizeMaximum: return selectedQueue(registers).map { UInt32(queueSizes[$0]) } ?? 0
    case Offset.queueReady:
      return selectedQueue(registers).map { registers.queues[$0].isReady ? 1 : 0 } ?? 0
    case Offset.interruptStatus: return registers.interruptStatus
    case Offset.status: return registers.status
    // No shared memory regions: all ones (section 4.2.2).
    case Offset.sharedMemory: return .max
    case Offset.configGeneration: return registers.configGeneration
    default: return 0
    }
  }

  private func selectedQueue(_ registers: Registers) -> Int? {
    Int(exactly: registers.queueSelector).flatMap { queueSizes.indices.contains($0) ? $0 : nil }
  }

  func write(offset: UInt64, width: Int, value: UInt64) {
    if offset >= Offset.config {
      guard let offset = Int(exactly: offset - Offset.config) else { return }
      return device.writeConfig(offset: offset, width: width, value: value)
    }
    guard width == 4 else { return }
    let value = UInt32(truncatingIfNeeded: value)
    switch offset {
    case Offset.queueNotify: if let queue = Int(exactly: value) { schedule(queue) }
    case Offset.status: setStatus(value)
    case Offset.queueReady: setReady(value & 1 != 0)
    default: registers.withLock { writeRegister(&$0, offset, value) }
    }
  }

  private func writeRegister(_ registers: inout Registers, _ offset: UInt64, _ value: UInt32) {
    switch offset {
    case Offset.deviceFeaturesSelector: registers.deviceFeaturesSelector = value
    case Offset.driverFeaturesSelector: registers.driverFeaturesSelector = value
    case Offset.driverFeatures:
      guard registers.status & Status.featuresOK == 0, registers.driverFeaturesSelector < 2 else { return }
      if registers.driverFeaturesSelector == 0 {
        Self.setLow(&registers.driverFeatures, value)
      } else {
        Self.setHigh(&registers.driverFeatures, value)
      }
    case Offset.queueSelector: registers.queueSelector = value
    case Offset.interruptACK:
      registers.interruptStatus &= ~value
      interrupt.set(registers.interruptStatus != 0)
    default:
      guard let index = selectedQueue(registers), !registers.queues[index].isReady else { return }
      Self.writeLayout(&registers.queues[index].layout, offset, value)
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

  // MARK: Status and reset

  private func setStatus(_ value: UInt32) {
    guard value != 0 else { return reset() }
    let isNew = queues.withLock { _ -> Bool in
      let activated = registers.withLock { registers -> UInt64? in
        var status = value & 0xff | registers.status & Status.needsReset
        if status & ~registers.status & Status.featuresOK != 0, !acceptsFeatures(registers.driverFeatures) {
          status &= ~Status.featuresOK
        }
        // A driver that skipped the negotiation is not ready.
        if status & Status.featuresOK == 0 { status &= ~Status.driverOK }
        let isNew = status & ~registers.status & Status.driverOK != 0
        registers.status = status
        return isNew ? registers.driverFeatures : nil
      }
      if let activated { device.activate(features: activated) }
      return activated != nil
    }
    // The driver may have notified before it was ready.
    if isNew { for queue in queueSizes.indices { schedule(queue) } }
  }

  private func acceptsFeatures(_ features: UInt64) -> Bool {
    features & ~offeredFeatures == 0 && features & VirtioFeature.version1 != 0
  }

  private func reset() {
    queues.withLock { queues in
      registers.withLock { registers in
        let scheduled = registers.scheduled
        let generation = registers.configGeneration
        registers = Registers(queues: Array(repeating: QueueRegisters(), count: queueSizes.count))
        // The executor still has these in its hands, and will find nothing to do.
        registers.scheduled = scheduled
        registers.configGeneration = generation
        interrupt.set(false)
      }
      for index in queueSizes.indices { queues.set(index, nil) }
      device.reset()
    }
  }

  private func setReady(_ isReady: Bool) {
    let failure = queues.withLock { queues -> VirtioGuestError? in
      let (selected, features) = registers.withLock { registers in
        (selectedQueue(registers).map { ($0, registers.queues[$0]) }, registers.driverFeatures)
      }
      guard let (index, queue) = selected, queue.isReady != isReady else { return nil }
      do throws(VirtioGuestError) {
        let virtqueue =
          isReady
          ? try Virtqueue(
            number: index, layout: queue.layout, maximumSize: queueSizes[index], features: features,
            byteLimit: device.chainByteLimit, memory: memory) : nil
        queues.set(index, virtqueue)
        registers.withLock { $0.queues[index].isReady = isReady }
        return nil
      } catch {
        markFailed()
        return error
      }
    }
    if let failure { report(failure) }
  }

  /// With `queues` held, so that a reset is either before the failure or clears it.
  private func markFailed() {
    registers.withLock { registers in
      registers.status |= Status.needsReset
      if registers.status & Status.driverOK != 0 { raise(&registers, Cause.configChange) }
    }
  }

  private func configChanged() {
    registers.withLock { registers in
      registers.configGeneration &+= 1
      if registers.isLive { raise(&registers, Cause.configChange) }
    }
  }

  // MARK: Work

  /// Any number of notifications before the executor comes to it are one.
  private func schedule(_ queue: Int) {
    guard queueSizes.indices.contains(queue) else { return }
    let bit = UInt64(1) << UInt64(queue)
    let isNew = registers.withLock { registers -> Bool in
      guard registers.isLive, registers.scheduled & bit == 0 else { return false }
      registers.scheduled |= bit
      return true
    }
    if isNew { executor.submit { [weak self] in self?.process(queue) } }
  }

  /// On the executor.
  private func process(_ index: Int) {
    // Before looking: a notification from now on is a new one.
    registers.withLock { $0.scheduled &= ~(UInt64(1) << UInt64(index)) }
    let (unfinished, failure) = queues.withLock { queues -> (UInt64, VirtioGuestError?) in
      guard registers.withLock({ $0.isLive }) else { return (0, nil) }
      queues.beginBatch()
      var failure: VirtioGuestError?
      do throws(VirtioGuestError) {
        try device.process(queue: index, of: &queues)
      } catch {
        failure = error
      }
      if queues.takeInterrupt() { registers.withLock { raise(&$0, Cause.usedBuffer) } }
      if failure != nil { markFailed() }
      return (queues.unfinished, failure)
    }
    if let failure { return report(failure) }
    for queue in queueSizes.indices where unfinished & 1 << UInt64(queue) != 0 { schedule(queue) }
  }

  /// Under the lock, so that levels reach the interrupt controller in order.
  private func raise(_ registers: inout Registers, _ cause: UInt32) {
    registers.interruptStatus |= cause
    interrupt.set(true)
  }
}
