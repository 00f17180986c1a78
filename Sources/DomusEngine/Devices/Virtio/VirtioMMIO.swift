import Synchronization

/// The virtio-mmio transport, version 2 (virtio 1.2, section 4.2): features, status, queues, interrupts and reset of
/// one device.
///
/// The lock is held for registers and rings only, never while the device works. Each life of a driver, from reset to
/// reset, has a number: work of an earlier life finds neither its queues nor the guest's memory, so a reset has nothing
/// to wait for but the copying of one piece of payload.
final class VirtioMMIO: MMIODevice {
  private typealias Offset = VirtioRegisters.Offset
  private typealias Cause = VirtioRegisters.Cause

  /// A queue that the driver has enabled.
  struct ActiveQueue {
    var ring: Virtqueue
    /// Closed when the driver disables the queue or resets the device.
    let gate = Gate()
    /// Requests that the device has and has not completed.
    var inWork = 0
  }

  /// What the executor has to do for the device, in this order.
  struct PendingWork {
    var resets = false
    /// The features of a driver that has become ready.
    var activation: UInt64?
    /// Bit n: queue n is to be processed. Any number of notifications before the executor comes to it are one.
    var queues: UInt64 = 0

    var isEmpty: Bool { !resets && activation == nil && queues == 0 }
  }

  struct Internals {
    var registers: VirtioRegisters
    var queues: [ActiveQueue?]
    var life: UInt64 = 0
    var pending = PendingWork()
    /// Whether the executor knows that there is work, so that no guest can flood it.
    var isSubmitted = false
  }

  let memory: GuestMemory
  let device: any VirtioDevice
  let queueSizes: [UInt16]
  let interrupt: InterruptLine
  private let executor: DeviceExecutor
  private let report: @Sendable (VirtioGuestError) -> Void
  let state: Mutex<Internals>

  /// - Parameters:
  ///   - executor: where the device does its work.
  ///   - report: told what the driver did wrong whenever the device begins to need a reset.
  init(
    device: any VirtioDevice, memory: GuestMemory, interrupt: InterruptLine, executor: DeviceExecutor,
    report: @escaping @Sendable (VirtioGuestError) -> Void = { _ in }
  ) {
    self.device = device
    // Pending queues are bits of one word.
    queueSizes = Array(device.queueSizes.prefix(64))
    self.memory = memory
    self.interrupt = interrupt
    self.executor = executor
    self.report = report
    let features =
      device.features | VirtioFeature.version1 | VirtioFeature.indirectDescriptors | VirtioFeature.eventIndex
    let registers = VirtioRegisters(
      deviceID: device.deviceID, offeredFeatures: features, queueSizes: queueSizes)
    state = Mutex(Internals(registers: registers, queues: Array(repeating: nil, count: queueSizes.count)))
    device.attach(
      VirtioScheduler(
        schedule: { [weak self] in self?.schedule($0) },
        configChanged: { [weak self] in self?.update { $0.registers.noteConfigChange() } }))
  }

  /// `virtio,mmio` of Linux's bindings.
  static func node(slot: Int) -> DeviceNode {
    DeviceNode(
      name: "virtio_mmio", compatible: ["virtio,mmio"], range: MachineLayout.virtio(slot),
      interrupt: MachineLayout.virtioInterrupt(slot))
  }

  /// Changes the state, sets the interrupt line under the lock, so that levels reach the interrupt controller in order,
  /// and tells the executor of new work.
  private func update<Result: Sendable>(_ change: (inout Internals) -> Result) -> Result {
    let (result, hasWork) = state.withLock { state -> (Result, Bool) in
      let before = state.registers.interruptStatus != 0
      let result = change(&state)
      let level = state.registers.interruptStatus != 0
      if level != before { interrupt.set(level) }
      guard !state.isSubmitted, !state.pending.isEmpty else { return (result, false) }
      state.isSubmitted = true
      return (result, true)
    }
    if hasWork { executor.submit { [weak self] in self?.work() } }
    return result
  }

  // MARK: Registers

  func read(offset: UInt64, width: Int) -> UInt64 {
    if offset >= Offset.config {
      guard let offset = Int(exactly: offset - Offset.config) else { return 0 }
      return device.readConfig(offset: offset, width: width)
    }
    guard width == 4 else { return 0 }
    return UInt64(state.withLock { $0.registers.read(offset) })
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
    case Offset.queueReady: value & 1 != 0 ? enableQueue() : disableQueue()
    default: update { $0.registers.write(offset, value) }
    }
  }

  private func setStatus(_ value: UInt32) {
    update { state in
      guard let features = state.registers.setStatus(value) else { return }
      state.pending.activation = features
      // The driver may have notified before it was ready.
      for queue in queueSizes.indices { state.pending.queues |= 1 << UInt64(queue) }
    }
  }

  /// Ends the driver's life. Returns when the device touches the guest's memory no more.
  func reset() {
    let gates = update { state -> [Gate] in
      let gates = state.queues.compactMap { $0?.gate }
      for index in queueSizes.indices { state.queues[index] = nil }
      state.life &+= 1
      state.registers.reset()
      state.pending = PendingWork(resets: true)
      return gates
    }
    for gate in gates { gate.close() }
  }

  private func enableQueue() {
    let failure = update { state -> VirtioGuestError? in
      guard let index = state.registers.selectedQueue, state.queues[index] == nil else { return nil }
      do throws(VirtioGuestError) {
        state.queues[index] = ActiveQueue(
          ring: try Virtqueue(
            number: index, layout: state.registers.queues[index].layout, maximumSize: queueSizes[index],
            features: state.registers.driverFeatures, byteLimit: device.chainByteLimit, memory: memory))
        state.registers.setReady(true, queue: index)
        return nil
      } catch {
        state.registers.fail()
        return error
      }
    }
    if let failure { report(failure) }
  }

  private func disableQueue() {
    let gate = update { state -> Gate? in
      guard let index = state.registers.selectedQueue, let queue = state.queues[index] else { return nil }
      state.queues[index] = nil
      state.registers.setReady(false, queue: index)
      return queue.gate
    }
    gate?.close()
  }

  // MARK: Work

  func schedule(_ queue: Int) {
    guard queueSizes.indices.contains(queue) else { return }
    update { state in
      if state.registers.isLive { state.pending.queues |= 1 << UInt64(queue) }
    }
  }

  /// On the executor.
  private func work() {
    let (work, life) = state.withLock { state in
      // From here on a notification is a new one.
      defer { state.pending = PendingWork() }
      return (state.pending, state.life)
    }
    if work.resets { device.reset() }
    if let features = work.activation { device.activate(features: features) }
    var batch = VirtioBatch(transport: self, life: life)
    var failure: VirtioGuestError?
    do throws(VirtioGuestError) {
      for queue in queueSizes.indices where work.queues & 1 << UInt64(queue) != 0 {
        batch.refill()
        try device.process(queue: queue, &batch)
      }
    } catch {
      failure = error
    }
    finish(batch, failure)
  }

  private func finish(_ batch: VirtioBatch, _ failure: VirtioGuestError?) {
    let isReported = update { state -> Bool in
      state.isSubmitted = false
      guard state.life == batch.life else { return false }
      if failure == nil { state.pending.queues |= batch.unfinished } else { state.registers.fail() }
      return true
    }
    if let failure, isReported { report(failure) }
  }

  // MARK: For batches and requests

  /// The next request of a queue, if the driver's life is still the same.
  func pop(_ index: Int, life: UInt64) throws(VirtioGuestError) -> VirtioRequest? {
    try state.withLock { state throws(VirtioGuestError) -> VirtioRequest? in
      guard state.life == life, state.registers.isLive, state.queues.indices.contains(index),
        let gate = state.queues[index]?.gate, let chain = try state.queues[index]?.ring.pop()
      else { return nil }
      state.queues[index]?.inWork += 1
      return VirtioRequest(queue: index, chain: chain, gate: gate, transport: self)
    }
  }

  /// Ignored if the queue isn't the request's any more.
  func complete(_ request: VirtioRequest, written: Int) {
    update { state in
      guard state.queues[request.queue]?.gate === request.gate else { return }
      state.queues[request.queue]?.inWork -= 1
      state.queues[request.queue]?.ring.push(request.chain, written: written)
      if state.queues[request.queue]?.ring.takeInterrupt() == true { state.registers.raise(Cause.usedBuffer) }
    }
  }
}
