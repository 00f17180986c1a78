/// Feature bits that belong to no device type (virtio 1.2, chapter 6).
enum VirtioFeature {
  static let indirectDescriptors: UInt64 = 1 << 28
  static let eventIndex: UInt64 = 1 << 29
  static let version1: UInt64 = 1 << 32
}

/// What a virtio device means; everything else is its transport's business.
///
/// `process`, `activate` and `reset` never overlap for one device. `readConfig` and `writeConfig` come on vCPU
/// threads at any time.
protocol VirtioDevice: AnyObject, Sendable {
  /// Virtio 1.2, chapter 5.
  var deviceID: UInt32 { get }
  /// The device type's own features that are offered.
  var features: UInt64 { get }
  /// The largest size of each queue: powers of two.
  var queueSizes: [UInt16] { get }
  /// Bytes of one descriptor chain at most.
  var chainByteLimit: UInt64 { get }

  /// Called once, before anything else. The device may schedule its queues through `scheduler` from any thread.
  func attach(_ scheduler: VirtioScheduler)
  /// The driver is ready and has accepted these features.
  func activate(features: UInt64)
  /// Does what waits in a queue. On the executor.
  func process(queue: Int, of queues: inout VirtioQueues) throws(VirtioGuestError)
  /// Forgets the driver.
  func reset()

  /// `width` bytes of the configuration space; zero where it has none.
  func readConfig(offset: Int, width: Int) -> UInt64
  func writeConfig(offset: Int, width: Int, value: UInt64)
}

extension VirtioDevice {
  func activate(features: UInt64) {}
  func writeConfig(offset: Int, width: Int, value: UInt64) {}
}

/// What a device asks of its transport. Any thread.
struct VirtioScheduler: Sendable {
  private let scheduleQueue: @Sendable (Int) -> Void
  private let noteConfigChange: @Sendable () -> Void

  init(schedule: @escaping @Sendable (Int) -> Void, configChanged: @escaping @Sendable () -> Void) {
    scheduleQueue = schedule
    noteConfigChange = configChanged
  }

  /// Has `process` called for a queue soon, on the executor, as a notification by the driver does.
  func schedule(queue: Int) { scheduleQueue(queue) }
  /// Tells the driver that the configuration space has changed.
  func configChanged() { noteConfigChange() }
}

/// A device's queues while it processes them.
struct VirtioQueues: Sendable {
  /// Chains, and bytes in them, that are taken in one go before other devices of the domain get their turn. It also
  /// bounds how long a driver that resets the device waits.
  private static let batch = 256
  private static let batchBytes = 1 << 20

  let memory: GuestMemory
  private var queues: [Virtqueue?]
  private var budget = 0
  private var byteBudget = 0
  /// Bit n: queue n may hold more than the batch allowed.
  private(set) var unfinished: UInt64 = 0

  init(count: Int, memory: GuestMemory) {
    self.memory = memory
    queues = Array(repeating: nil, count: count)
  }

  /// The next chain of a queue; nil if there is none now.
  mutating func pop(_ index: Int) throws(VirtioGuestError) -> DescriptorChain? {
    guard queues.indices.contains(index), queues[index] != nil else { return nil }
    guard budget > 0, byteBudget > 0 else {
      unfinished |= 1 << UInt64(index)
      return nil
    }
    guard let chain = try queues[index]?.pop() else { return nil }
    budget -= 1
    byteBudget -= chain.readableCount + chain.writableCount
    return chain
  }

  /// Gives a chain back to the driver, with the number of bytes written to it.
  mutating func push(_ index: Int, _ chain: DescriptorChain, written: Int) {
    guard queues.indices.contains(index) else { return }
    queues[index]?.push(chain, written: written)
  }

  // MARK: For the transport

  mutating func set(_ index: Int, _ queue: Virtqueue?) { queues[index] = queue }

  mutating func beginBatch() {
    budget = Self.batch
    byteBudget = Self.batchBytes
    unfinished = 0
  }

  /// Whether the driver wants an interrupt for anything that was pushed.
  mutating func takeInterrupt() -> Bool {
    var wanted = false
    for index in queues.indices where queues[index]?.takeInterrupt() == true { wanted = true }
    return wanted
  }
}
