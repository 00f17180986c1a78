import CZlib
import Foundation
import HypervisorModel
import Testing

@testable import DomusEngine

@Suite struct LoaderTests {
  private static let textOffset: UInt64 = 0x20_0000
  private let machine = MachineDescription(
    harts: 1, memorySize: 0, isaExtensions: ["i"], commandLine: "quiet", seed: [])

  // MARK: Files

  private static func little(_ value: UInt64, _ count: Int) -> [UInt8] {
    (0..<count).map { UInt8(truncatingIfNeeded: value >> (8 * UInt64($0))) }
  }

  private static func image(
    count: Int = 8192, textOffset: UInt64 = textOffset, imageSize: UInt64 = 0x10_0000, flags: UInt64 = 0
  ) -> [UInt8] {
    var bytes: [UInt8] = (0..<count).map { UInt8(truncatingIfNeeded: $0 * 7) }
    bytes.replaceSubrange(0..<4, with: [0x6f, 0, 0, 0x04])
    bytes.replaceSubrange(8..<32, with: little(textOffset, 8) + little(imageSize, 8) + little(flags, 8))
    bytes.replaceSubrange(48..<60, with: Array("RISCV\0\0\0RSC".utf8) + [5])
    return bytes
  }

  struct Segment {
    var address: UInt64 = GuestMemory.base
    var virtual: UInt64 = 0xffff_ffff_8000_0000
    var offset: UInt64 = 0x1000
    var fileSize: UInt64 = 16
    var memorySize: UInt64 = 0x2000
  }

  private static func elf(
    _ segments: [Segment], entry: UInt64 = 0xffff_ffff_8000_0004, machine: UInt64 = 243, count: Int = 0x2000
  ) -> [UInt8] {
    var bytes: [UInt8] = [0x7f, 0x45, 0x4c, 0x46, 2, 1, 1] + [UInt8](repeating: 0, count: 9)
    bytes += little(2, 2) + little(machine, 2) + little(1, 4) + little(entry, 8) + little(64, 8) + little(0, 8)
    bytes += little(0, 4) + little(64, 2) + little(56, 2) + little(UInt64(segments.count), 2) + little(0, 6)
    for segment in segments {
      bytes += little(1, 4) + little(7, 4) + little(segment.offset, 8) + little(segment.virtual, 8)
      bytes += little(segment.address, 8) + little(segment.fileSize, 8) + little(segment.memorySize, 8)
      bytes += little(0x1000, 8)
    }
    for index in bytes.count..<max(count, bytes.count) { bytes.append(UInt8(truncatingIfNeeded: index)) }
    return bytes
  }

  private static func gzip(_ bytes: [UInt8]) -> [UInt8] {
    var stream = z_stream()
    deflateInit2_(&stream, 6, Z_DEFLATED, 31, 8, Z_DEFAULT_STRATEGY, zlibVersion(), Int32(MemoryLayout<z_stream>.size))
    defer { deflateEnd(&stream) }
    var input = bytes
    return [UInt8](unsafeUninitializedCapacity: bytes.count + 1000) { output, count in
      input.withUnsafeMutableBufferPointer { input in
        stream.next_in = input.baseAddress
        stream.avail_in = UInt32(input.count)
        stream.next_out = output.baseAddress
        stream.avail_out = UInt32(output.count)
        deflate(&stream, Z_FINISH)
      }
      count = output.count - Int(stream.avail_out)
    }
  }

  private func load(
    _ kernel: [UInt8], initrd: [UInt8]? = nil, mebibytes: UInt64 = 32, machine: MachineDescription? = nil
  ) throws -> (BootState, GuestMemory) {
    let memory = try GuestMemory(size: .mebibytes(mebibytes))
    let kernel = BootFile(bytes: kernel, name: "kernel 'k'")
    let state: BootState
    if let initrd {
      state = try BootLoader(memory: memory).load(
        kernel: kernel, initrd: BootFile(bytes: initrd, name: "initrd 'i'"), machine: machine ?? self.machine)
    } else {
      state = try BootLoader(memory: memory).load(kernel: kernel, initrd: nil, machine: machine ?? self.machine)
    }
    return (state, memory)
  }

  /// The text of the `invalid` error that loading ends with.
  private func mistake(
    _ kernel: [UInt8], initrd: [UInt8]? = nil, mebibytes: UInt64 = 32, machine: MachineDescription? = nil
  ) -> String? {
    do {
      _ = try load(kernel, initrd: initrd, mebibytes: mebibytes, machine: machine)
      return nil
    } catch HypervisorError.invalid(let text) {
      return text
    } catch {
      return "unexpected: \(error)"
    }
  }

  // MARK: Images

  @Test func anImageGoesToItsTextOffset() throws {
    let image = Self.image()
    let (state, memory) = try load(image)
    #expect(state.entry.rawValue == GuestMemory.base + Self.textOffset)
    #expect(memory.read(state.entry, count: image.count) == image)
    let magic: UInt32? = memory.load(state.deviceTree)
    #expect(magic == UInt32(0xd00d_feed).bigEndian)
    #expect(state.deviceTree.rawValue % 4096 == 0)
  }

  @Test(arguments: [64, 8192, 3_000_000]) func aGzippedImageIsUnpackedInPlace(count: Int) throws {
    let image = Self.image(count: count)
    let (state, memory) = try load(Self.gzip(image))
    #expect(memory.read(state.entry, count: image.count) == image)
  }

  @Test func onlyALinuxKernelsCommandLineIsExtended() throws {
    func commandLine(_ kernel: [UInt8]) throws -> Bool {
      let memory = try GuestMemory(size: .mebibytes(32))
      let loader = BootLoader(memory: memory) { $0 + " extended" }
      let state = try loader.load(
        kernel: BootFile(bytes: kernel, name: "kernel 'k'"), initrd: nil, machine: machine)
      let tree = memory.read(state.deviceTree, count: 4096) ?? []
      return String(decoding: tree, as: UTF8.self).contains("extended")
    }
    #expect(try commandLine(Self.image()))
    #expect(try commandLine(Self.gzip(Self.image())))
    #expect(try !commandLine(Self.elf([Segment()])))
  }

  @Test func theInitrdLiesPageAlignedBelowTheDeviceTree() throws {
    let initrd = [UInt8](repeating: 0xab, count: 5000)
    let (state, memory) = try load(Self.image(), initrd: initrd)
    let start = (state.deviceTree.rawValue - 5000) & ~4095
    #expect(memory.read(PhysicalAddress(start), count: 5000) == initrd)
    let tree = memory.read(state.deviceTree, count: 4096) ?? []
    let place = Self.little(start, 8).reversed() as [UInt8]
    #expect(tree.indices.dropLast(8).contains { Array(tree[$0..<$0 + 8]) == place })
  }

  @Test func filesAreReadFromTheHost() throws {
    let path = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString).path
    defer { try? FileManager.default.removeItem(atPath: path) }
    let image = Self.image()
    try Data(image).write(to: URL(fileURLWithPath: path))
    let memory = try GuestMemory(size: .mebibytes(32))
    let state = try BootLoader(memory: memory).load(
      kernel: BootFile(path: path, role: "kernel"), initrd: BootFile(path: path, role: "initrd"), machine: machine)
    #expect(memory.read(state.entry, count: image.count) == image)
  }

  @Test func memoryAbove4GiBLeavesTheBootFilesBelow() throws {
    let (state, _) = try load(Self.image(), mebibytes: 5000)
    #expect(state.deviceTree.rawValue < 0x1_0000_0000)
  }

  // MARK: ELF

  @Test func anELFFileGoesToItsPhysicalAddresses() throws {
    let second = Segment(address: GuestMemory.base + 0x4000, virtual: 0x9000_0000, offset: 0x1800, fileSize: 8)
    let file = Self.elf([Segment(), second])
    let (state, memory) = try load(file)
    #expect(state.entry.rawValue == GuestMemory.base + 4)
    #expect(memory.read(PhysicalAddress(GuestMemory.base), count: 16) == Array(file[0x1000..<0x1010]))
    #expect(memory.read(PhysicalAddress(GuestMemory.base + 0x4000), count: 8) == Array(file[0x1800..<0x1808]))
    #expect(memory.read(PhysicalAddress(GuestMemory.base + 16), count: 8) == [UInt8](repeating: 0, count: 8))
  }

  @Test func badELFFilesAreExplained() {
    #expect(mistake(Self.elf([Segment(offset: 0x1ff8)]))?.contains("truncated") == true)
    #expect(mistake(Self.elf([Segment(offset: .max - 4)]))?.contains("truncated") == true)
    #expect(mistake(Self.elf([Segment(fileSize: 0x3000, memorySize: 0x10)]))?.contains("damaged") == true)
    #expect(mistake(Self.elf([Segment(address: 0x1000)]))?.contains("no memory") == true)
    #expect(mistake(Self.elf([Segment(memorySize: .max)]))?.contains("no memory") == true)
    #expect(mistake(Self.elf([Segment(), Segment()]))?.contains("overlap") == true)
    #expect(mistake(Self.elf([Segment()], entry: 0x10))?.contains("begins at 0x10") == true)
    #expect(mistake(Self.elf([Segment()], machine: 62))?.contains("not for RISC-V") == true)
    #expect(mistake(Self.elf([]))?.contains("program headers") == true)
    var table = Self.elf([Segment()])
    table.replaceSubrange(32..<40, with: [UInt8](repeating: 0xff, count: 8))
    #expect(mistake(table)?.contains("truncated") == true)
    var narrow = Self.elf([Segment()])
    narrow[4] = 1
    #expect(mistake(narrow)?.contains("64-bit") == true)
    #expect(mistake(Array(Self.elf([Segment()]).prefix(70)))?.contains("truncated") == true)
  }

  // MARK: Mistakes

  @Test func whatIsNoKernelIsSaidToBeNone() {
    #expect(mistake([])?.contains("too short") == true)
    #expect(mistake([UInt8](repeating: 0, count: 100))?.contains("not a RISC-V kernel") == true)
    #expect(mistake(Self.gzip((0..<10000).map { UInt8(truncatingIfNeeded: $0 &* $0) }))?.contains("gzip") == true)
    #expect(mistake(Self.gzip([1, 2, 3]) + [UInt8](repeating: 0, count: 64))?.contains("gzip") == true)
    #expect(mistake(Array("MZ\0\0zimg".utf8) + [UInt8](repeating: 0, count: 64))?.contains("zboot") == true)
    #expect(mistake(Self.image(flags: 1))?.contains("big-endian") == true)
  }

  @Test func damagedGzipFilesAreNoticed() {
    let packed = Self.gzip(Self.image(count: 100_000))
    #expect(mistake(Array(packed.dropLast(10)))?.contains("truncated") == true)
    #expect(mistake(Array(packed.prefix(packed.count / 2)))?.contains("truncated") == true)
    var damaged = packed
    damaged[packed.count - 6] ^= 0xff
    #expect(mistake(damaged)?.contains("damaged") == true)
  }

  @Test func tooLittleMemoryIsSaid() {
    #expect(mistake(Self.image(imageSize: 0x400_0000))?.contains("needs more memory") == true)
    #expect(mistake(Self.image(imageSize: .max))?.contains("needs more memory") == true)
    #expect(mistake(Self.image(textOffset: .max - 3))?.contains("needs more memory") == true)
    #expect(mistake(Self.image(imageSize: 0x1e0_0000))?.contains("device tree") == true)
    #expect(mistake(Self.gzip(Self.image(count: 40 << 20)))?.contains("needs more memory") == true)
    let initrd = [UInt8](repeating: 0, count: 30 << 20)
    #expect(mistake(Self.image(), initrd: initrd)?.contains("initrd 'i' does not fit") == true)
  }

  @Test func badCommandLinesAreRefused() {
    var machine = machine
    machine.commandLine = String(repeating: "x", count: 1024)
    #expect(mistake(Self.image(), machine: machine)?.contains("1024 bytes") == true)
    machine.commandLine = "a\0b"
    #expect(mistake(Self.image(), machine: machine)?.contains("NUL") == true)
  }

  @Test func whatIsNoFileIsNamed() {
    for path in ["/nonexistent/kernel", "/", "/dev/null"] {
      #expect(throws: HypervisorError.self) { _ = try BootFile(path: path, role: "kernel") }
    }
  }

  @Test(arguments: 1...4 as ClosedRange<UInt64>) func damagedFilesNeverCrash(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    let files = [Self.image(count: 2000), Self.gzip(Self.image(count: 2000)), Self.elf([Segment(), Segment()])]
    for _ in 0..<200 {
      guard var file = files.randomElement(using: &random) else { continue }
      for _ in 0..<Int.random(in: 1...8, using: &random) {
        let index = Int.random(in: 0..<min(file.count, 200), using: &random)
        file[index] = UInt8.random(in: 0...255, using: &random)
      }
      if Bool.random(using: &random) { file = Array(file.prefix(Int.random(in: 0...file.count, using: &random))) }
      _ = mistake(file)
    }
  }
}
