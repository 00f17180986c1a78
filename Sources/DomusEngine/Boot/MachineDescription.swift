/// What a guest learns about its machine from the device tree.
struct MachineDescription: Sendable {
  /// 1 to 8.
  var harts: Int
  /// Bytes of RAM from `MachineLayout.memory` up.
  var memorySize: UInt64
  /// Extensions of the harts in canonical order, lower case: `["i", "m", "a", "f", "d", "c", "zicsr", "sstc"]`.
  var isaExtensions: [String]
  var commandLine: String = ""
  /// Where the initrd is.
  var initrd: Range<UInt64>?
  /// The interrupt controller and everything else behind the bus.
  var devices: [DeviceNode] = []
  /// 32 random bytes for the kernel's entropy pool and 8 for its address layout.
  var seed: [UInt8]

  /// `riscv,isa`: single letters together, the others behind an underscore each.
  var isa: String {
    isaExtensions.reduce(into: "rv64") { isa, name in isa += name.utf8.count == 1 ? name : "_" + name }
  }

  /// The device tree blob (bindings of Linux: riscv/cpus, sifive,plic-1.0.0, 8250, virtio/mmio; chosen).
  func deviceTree() -> [UInt8] {
    var tree = FlattenedDeviceTree()
    tree.node("") { root in
      root.cells("#address-cells", 2)
      root.cells("#size-cells", 2)
      root.strings("compatible", "riscv-virtio")
      root.strings("model", "Domus")
      chosen(&root)
      cpus(&root)
      root.node("memory@" + hex(MachineLayout.memory)) { memory in
        memory.strings("device_type", "memory")
        memory.wideCells("reg", MachineLayout.memory, memorySize)
      }
      root.node("soc") { soc in
        soc.cells("#address-cells", 2)
        soc.cells("#size-cells", 2)
        soc.strings("compatible", "simple-bus")
        soc.flag("ranges")
        for device in devices { device.write(to: &soc) }
      }
    }
    return tree.blob()
  }

  private func hex(_ value: UInt64) -> String { String(value, radix: 16) }

  private func chosen(_ root: inout FlattenedDeviceTree) {
    root.node("chosen") { chosen in
      chosen.strings("bootargs", commandLine)
      chosen.strings("stdout-path", "/soc/serial@" + hex(MachineLayout.uart.lowerBound))
      if let initrd {
        chosen.wideCells("linux,initrd-start", initrd.lowerBound)
        chosen.wideCells("linux,initrd-end", initrd.upperBound)
      }
      chosen.bytes("rng-seed", Array(seed.prefix(32)))
      chosen.bytes("kaslr-seed", Array(seed.dropFirst(32).prefix(8)))
    }
  }

  private func cpus(_ root: inout FlattenedDeviceTree) {
    root.node("cpus") { cpus in
      cpus.cells("#address-cells", 1)
      cpus.cells("#size-cells", 0)
      cpus.cells("timebase-frequency", UInt32(truncatingIfNeeded: GuestClock.frequency))
      for hart in 0..<harts {
        cpus.node("cpu@" + hex(UInt64(hart))) { cpu in
          cpu.strings("device_type", "cpu")
          cpu.cells("reg", UInt32(hart))
          cpu.strings("status", "okay")
          cpu.strings("compatible", "riscv")
          cpu.strings("riscv,isa", isa)
          cpu.strings("riscv,isa-base", "rv64i")
          cpu.strings("riscv,isa-extensions", isaExtensions)
          cpu.strings("mmu-type", "riscv,sv57")
          cpu.node("interrupt-controller") { controller in
            controller.strings("compatible", "riscv,cpu-intc")
            controller.flag("interrupt-controller")
            controller.cells("#interrupt-cells", 1)
            controller.cells("#address-cells", 0)
            controller.cells("phandle", Phandle.interruptController(hart: hart))
          }
        }
      }
    }
  }
}
