/// Feature bits that belong to no device type (virtio 1.2, chapter 6).
enum VirtioFeature {
  static let indirectDescriptors: UInt64 = 1 << 28
  static let eventIndex: UInt64 = 1 << 29
  static let version1: UInt64 = 1 << 32
}

/// What a virtio device means; everything else is its transport's business.
///
/// `activate`, `process` and `reset` come on the domain's executor, one at a time, with no lock held: a register access
/// never waits for them. `readConfig` and `writeConfig` come on vCPU threads at any time.
protocol VirtioDevice: AnyObject, Persistent, Sendable {
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
  /// Begins what waits in a queue. Requests may be completed later, and by any thread.
  func process(queue: Int, _ batch: inout VirtioBatch) throws(VirtioGuestError)
  /// Forgets the driver. What is still in work may be dropped: its completion has no effect any more.
  func reset()

  /// `width` bytes of the configuration space; zero where it has none.
  func readConfig(offset: Int, width: Int) -> UInt64
  func writeConfig(offset: Int, width: Int, value: UInt64)
}

extension VirtioDevice {
  func attach(_ scheduler: VirtioScheduler) {}
  func activate(features: UInt64) {}
  func reset() {}
  func readConfig(offset: Int, width: Int) -> UInt64 { 0 }
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
