import Synchronization

/// The virtio-mmio transport, version 2 (virtio 1.2, section 4.2): features, status, queues, interrupts and reset of
/// one device.
///
/// Locks are taken in the order `queues`, `registers`, the device's own. `queues` is held while the device processes
/// a batch, so that a driver that has reset the device can be sure that its memory is not touched any more.
final class VirtioMMIO: MMIODevice {
  private typealias Offset = VirtioRegisters.Offset
  private typealias Cause = VirtioRegisters.Cause

  private let device: any VirtioDevice
  private let queueSizes: [UInt16]
  private let memory: GuestMemory
  private let interrupt: InterruptLine
  private let executor: DeviceExecutor
  private let report: @Sendable (VirtioGuestError) -> Void
  private let registers: Mutex<VirtioRegisters>
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
    self.memory = memory
    self.interrupt = interrupt
    self.executor = executor
    self.report = report
    let features =
      device.features | VirtioFeature.version1 | VirtioFeature.indirectDescriptors | VirtioFeature.eventIndex
    registers = Mutex(
      VirtioRegisters(deviceID: device.deviceID, offeredFeatures: features, queueSizes: queueSizes))
    queues = Mutex(VirtioQueues(count: queueSizes.count, memory: memory))
    device.attach(
      VirtioScheduler(
        schedule: { [weak self] in self?.schedule($0) },
        configChanged: { [weak self] in self?.update { $0.noteConfigChange() } }))
  }

  /// `virtio,mmio` of Linux's bindings.
  static func node(slot: Int) -> DeviceNode {
    DeviceNode(
      name: "virtio_mmio", compatible: ["virtio,mmio"], range: MachineLayout.virtio(slot),
      interrupt: MachineLayout.virtioInterrupt(slot))
  }

  /// Changes registers and sets the interrupt line, under the lock, so that levels reach the interrupt controller in
  /// order.
  private func update<Result: Sendable>(_ change: (inout VirtioRegisters) -> Result) -> Result {
    registers.withLock { registers in
      let before = registers.interruptStatus != 0
      let result = change(&registers)
      let level = registers.interruptStatus != 0
      if level != before { interrupt.set(level) }
      return result
    }
  }

  // MARK: Registers

  func read(offset: UInt64, width: Int) -> UInt64 {
    if offset >= Offset.config {
      guard let offset = Int(exactly: offset - Offset.config) else { return 0 }
      return device.readConfig(offset: offset, width: width)
    }
    guard width == 4 else { return 0 }
    return UInt64(registers.withLock { $0.read(offset) })
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
    case Offset.status: value == 0 ? reset() : setStatus(value)
    case Offset.queueReady: setReady(value & 1 != 0)
    default: update { $0.write(offset, value) }
    }
  }

  private func setStatus(_ value: UInt32) {
    let isReady = queues.withLock { _ -> Bool in
      guard let features = update({ $0.setStatus(value) }) else { return false }
      device.activate(features: features)
      return true
    }
    guard isReady else { return }
    // The driver may have notified before it was ready.
    for queue in queueSizes.indices { schedule(queue) }
  }

  func reset() {
    queues.withLock { queues in
      update { $0.reset() }
      for index in queueSizes.indices { queues.set(index, nil) }
      device.reset()
    }
  }

  private func setReady(_ isReady: Bool) {
    let failure = queues.withLock { queues -> VirtioGuestError? in
      let registers = registers.withLock { $0 }
      guard let index = registers.selectedQueue, registers.queues[index].isReady != isReady else { return nil }
      do throws(VirtioGuestError) {
        var queue: Virtqueue?
        if isReady {
          queue = try Virtqueue(
            number: index, layout: registers.queues[index].layout, maximumSize: queueSizes[index],
            features: registers.driverFeatures, byteLimit: device.chainByteLimit, memory: memory)
        }
        queues.set(index, queue)
        update { $0.setReady(isReady, queue: index) }
        return nil
      } catch {
        update { $0.fail() }
        return error
      }
    }
    if let failure { report(failure) }
  }

  // MARK: Work

  private func schedule(_ queue: Int) {
    guard queueSizes.indices.contains(queue), registers.withLock({ $0.markScheduled(queue) }) else { return }
    executor.submit { [weak self] in self?.process(queue) }
  }

  /// On the executor.
  private func process(_ index: Int) {
    // Before looking: a notification from now on is a new one.
    registers.withLock { $0.clearScheduled(index) }
    let (unfinished, failure) = queues.withLock { queues -> (UInt64, VirtioGuestError?) in
      guard registers.withLock({ $0.isLive }) else { return (0, nil) }
      queues.beginBatch()
      var failure: VirtioGuestError?
      do throws(VirtioGuestError) {
        try device.process(queue: index, of: &queues)
      } catch {
        failure = error
      }
      // With the queues held, so that a reset comes either before all this or clears it.
      let isWanted = queues.takeInterrupt()
      update { registers in
        if isWanted { registers.raise(Cause.usedBuffer) }
        if failure != nil { registers.fail() }
      }
      return (queues.unfinished, failure)
    }
    if let failure { return report(failure) }
    for queue in queueSizes.indices where unfinished & 1 << UInt64(queue) != 0 { schedule(queue) }
  }
}
