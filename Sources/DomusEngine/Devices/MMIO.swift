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

/// A level-triggered interrupt wire from a device to an interrupt controller. Any thread may set it.
struct InterruptLine: Sendable {
  private let change: @Sendable (Bool) -> Void
  init(_ change: @escaping @Sendable (Bool) -> Void) { self.change = change }
  func set(_ level: Bool) { change(level) }
}
