import Foundation
import Testing

@testable import DomusEngine

@Suite struct DeviceTreeTests {
  private func makeMachine() throws -> MachineDescription {
    MachineDescription(
      harts: 2, memorySize: 0x1_4000_0000, isaExtensions: ["i", "m", "a", "f", "d", "c", "zicsr", "sstc"],
      commandLine: "console=ttyS0 quiet", initrd: 0x8800_0000..<0x8900_1000,
      devices: try DeviceSlotsTests.makeSlots(harts: 2).nodes,
      seed: (0..<40).map { UInt8($0) })
  }

  @Test func theHeaderDescribesTheBlob() throws {
    let blob = try makeMachine().deviceTree()
    func word(_ index: Int) -> Int { blob[4 * index..<4 * index + 4].reduce(0) { $0 << 8 | Int($1) } }
    #expect(word(0) == 0xd00d_feed)
    #expect(word(1) == blob.count)
    #expect(word(5) == 17)
    #expect(word(6) == 16)
    #expect(word(2) % 4 == 0 && word(4) % 8 == 0)
    #expect(word(3) + word(8) == blob.count)
    #expect(word(2) + word(9) == word(3))
  }

  @Test func theSizeDoesNotDependOnAddresses() throws {
    var machine = try makeMachine()
    let size = machine.deviceTree().count
    machine.initrd = 0..<0
    #expect(machine.deviceTree().count == size)
  }

  @Test(.enabled(if: dtc != nil, "dtc is not installed"))
  func dtcUnderstandsTheTreeWithoutWarnings() throws {
    let source = try decompile(makeMachine().deviceTree())
    for expected in [
      "riscv,isa = \"rv64imafdc_zicsr_sstc\"", "riscv,isa-base = \"rv64i\"", "mmu-type = \"riscv,sv57\"",
      "riscv,isa-extensions = \"i\\0m\\0a\\0f\\0d\\0c\\0zicsr\\0sstc\"", "timebase-frequency = <0x989680>",
      "reg = <0x00 0x80000000 0x01 0x40000000>", "bootargs = \"console=ttyS0 quiet\"",
      "stdout-path = \"/soc/serial@10000000\"", "linux,initrd-start = <0x00 0x88000000>",
      "linux,initrd-end = <0x00 0x89001000>", "interrupts-extended = <0x02 0x09 0x03 0x09>",
      "virtio_mmio@10002000", "riscv,ndev = <0x1f>",
    ] {
      #expect(source.contains(expected), "\(expected) is missing in:\n\(source)")
    }
  }

  @Test(.enabled(if: dtc != nil, "dtc is not installed"))
  func dtcUnderstandsTheSmallestTree() throws {
    let machine = MachineDescription(
      harts: 1, memorySize: 0x200_0000, isaExtensions: ["i"], devices: try DeviceSlotsTests.makeSlots().nodes, seed: [])
    #expect(try decompile(machine.deviceTree()).contains("cpu@0"))
  }

  static let dtc = ["/usr/bin/dtc", "/usr/local/bin/dtc"].first { FileManager.default.isExecutableFile(atPath: $0) }

  /// The tree's source; any complaint fails the test.
  private func decompile(_ blob: [UInt8]) throws -> String {
    let file = FileManager.default.temporaryDirectory.appendingPathComponent("\(UUID().uuidString).dtb")
    try Data(blob).write(to: file)
    defer { try? FileManager.default.removeItem(at: file) }
    let process = Process()
    process.executableURL = URL(fileURLWithPath: try #require(Self.dtc))
    process.arguments = ["-I", "dtb", "-O", "dts", file.path]
    let output = Pipe()
    let errors = Pipe()
    process.standardOutput = output
    process.standardError = errors
    try process.run()
    let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    let complaints = String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    #expect(process.terminationStatus == 0)
    #expect(complaints == "")
    return text
  }
}
