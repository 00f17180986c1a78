/// A device as the guest finds it in the device tree, below `/soc`.
struct DeviceNode: Sendable {
  /// The generic name, without the address.
  var name: String
  var compatible: [String]
  /// Guest-physical addresses of its registers.
  var range: Range<UInt64>
  /// Its source at the PLIC; nil if it has none.
  var interrupt: Int?
  /// What the device's binding wants besides.
  var properties: @Sendable (inout FlattenedDeviceTree) -> Void = { _ in }

  func write(to parent: inout FlattenedDeviceTree) {
    parent.node("\(name)@" + String(range.lowerBound, radix: 16)) { node in
      node.strings("compatible", compatible)
      node.wideCells("reg", range.lowerBound, UInt64(range.count))
      properties(&node)
      if let interrupt {
        node.cells("interrupts", UInt32(interrupt))
        node.cells("interrupt-parent", Phandle.plic)
      }
    }
  }
}

/// Numbers by which nodes of the device tree refer to each other.
enum Phandle {
  static let plic: UInt32 = 1
  static func interruptController(hart: Int) -> UInt32 { 2 + UInt32(hart) }
}
