import HypervisorModel

@testable import DomusEngine

/// Reads and writes of a device's registers and, between them, of the memory that it shares with its driver.
private struct DriverScript {
  let device: any MMIODevice
  let memory: GuestMemory?

  func run(_ bytes: [UInt8]) {
    var input = FuzzInput(bytes)
    while !input.isEmpty {
      let kind: UInt8 = input.next()
      let width = 1 << Int(kind >> 4 & 3)
      switch kind & 7 {
      case 0: _ = device.read(offset: UInt64(input.next(UInt16.self)), width: width)
      case 1, 2, 3: device.write(offset: UInt64(input.next(UInt16.self)), width: width, value: input.next(UInt64.self))
      case 4:
        device.write(offset: UInt64(input.next(UInt8.self)) & ~3, width: 4, value: UInt64(input.next(UInt32.self)))
      default: store(&input)
      }
    }
  }

  private func store(_ input: inout FuzzInput) {
    let offset = UInt64(input.next(UInt16.self))
    let bytes = input.bytes(Int(input.next(UInt8.self)))
    _ = memory?.write(PhysicalAddress(GuestMemory.base + offset), bytes)
  }
}

/// A virtio device whose driver has negotiated and set its queues up, so that the bytes reach chains at once: they begin as
/// the contents of memory, with the rings in it.
private func runVirtio(_ device: any VirtioDevice, _ bytes: [UInt8]) {
  guard let memory = try? GuestMemory(size: .kibibytes(128)) else { return }
  let executor = DeviceExecutor(label: "fuzz")
  defer { executor.stop() }
  let transport = VirtioMMIO(device: device, memory: memory, interrupt: .init { _ in }, executor: executor)
  func write(_ offset: UInt64, _ value: UInt64) { transport.write(offset: offset, width: 4, value: value) }
  for status in [0, 1, 3] as [UInt64] { write(0x70, status) }
  for half in [0, 1] as [UInt64] {
    write(0x24, half)
    write(0x20, half == 1 ? 1 : 3)
  }
  write(0x70, 11)
  for queue in 0..<UInt64(device.queueSizes.count) {
    let ring = GuestMemory.base + queue * 0x400
    write(0x30, queue)
    write(0x38, 16)
    for (offset, address) in [(0x80, ring), (0x90, ring + 0x100), (0xa0, ring + 0x200)] as [(UInt64, UInt64)] {
      write(offset, address & 0xffff_ffff)
      write(offset + 4, address >> 32)
    }
    write(0x44, 1)
  }
  write(0x70, 15)
  _ = memory.write(PhysicalAddress(GuestMemory.base), bytes.prefix(0x2000))
  for queue in 0..<UInt64(device.queueSizes.count) { write(0x50, queue) }
  executor.drain()
  DriverScript(device: transport, memory: memory).run(Array(bytes.dropFirst(0x2000)))
  executor.drain()
}

extension FuzzTarget {
  static let virtioConsole = FuzzTarget(name: "virtio-console") { bytes in
    let agent = GuestAgent(domain: "fuzz", isOpen: { true }, send: { $0.count })
    runVirtio(
      VirtioConsole(ports: [
        .init(kind: .console, output: { _ in }),
        .init(kind: .named("org.qemu.guest_agent.0"), output: { agent.receive($0) }),
      ]), bytes)
  }

  static let virtioEntropy = FuzzTarget(name: "virtio-entropy") { runVirtio(VirtioEntropy(), $0) }

  static let uart = FuzzTarget(name: "uart") { bytes in
    let uart = UART16550(interrupt: .init { _ in }, output: { _ in })
    DriverScript(device: uart, memory: nil).run(bytes)
  }

  static let plic = FuzzTarget(name: "plic") { bytes in
    let plic = PLIC(harts: [InterruptPending(), InterruptPending()])
    for source in 1..<8 { plic.line(source).set(true) }
    DriverScript(device: plic, memory: nil).run(bytes)
  }

  /// What the agent in a guest answers.
  static let agent = FuzzTarget(name: "agent") { bytes in
    GuestAgent(domain: "fuzz", isOpen: { true }, send: { $0.count }).receive(bytes)
  }
}
