import Foundation
import HypervisorModel
import Testing

@testable import DomusEngine

/// Debian's cross compiler and user-mode emulator: they make the programs and are the oracle.
enum CrossTools {
  static let compiler = "/usr/bin/riscv64-linux-gnu-gcc"
  static let objcopy = "/usr/bin/riscv64-linux-gnu-objcopy"
  static let emulator = "/usr/bin/qemu-riscv64"
  static let areInstalled = [compiler, objcopy, emulator].allSatisfy {
    FileManager.default.isExecutableFile(atPath: $0)
  }

  struct Failure: Error { let text: String }

  /// Runs a program and returns what it wrote to standard output.
  static func run(_ path: String, _ arguments: [String]) throws -> Data {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: path)
    process.arguments = arguments
    let output = Pipe()
    let errors = Pipe()
    process.standardOutput = output
    process.standardError = errors
    try process.run()
    let data = output.fileHandleForReading.readDataToEndOfFile()
    let complaint = errors.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    guard process.terminationStatus == 0 else {
      throw Failure(text: "\(path) \(arguments): \(String(decoding: complaint, as: UTF8.self))")
    }
    return data
  }

  /// A directory of its own, removed afterwards.
  static func withDirectory<T>(_ body: (URL) throws -> T) throws -> T {
    let directory = FileManager.default.temporaryDirectory.appendingPathComponent("domus-hart-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: directory) }
    return try body(directory)
  }

  /// Machine code of assembly text, linked to run at `address`.
  static func assemble(_ text: String, at address: UInt64 = GuestMemory.base) throws -> [UInt8] {
    try build(text, suffix: "S", flags: [], at: address)
  }

  /// Machine code of a source whose entry is its first byte, linked to run at `address`.
  static func build(
    _ text: String, suffix: String, flags: [String], at address: UInt64 = GuestMemory.base
  ) throws -> [UInt8] {
    try withDirectory { directory in
      let source = directory.appendingPathComponent("program.\(suffix)")
      let linked = directory.appendingPathComponent("program")
      let binary = directory.appendingPathComponent("program.bin")
      try Data(text.utf8).write(to: source)
      _ = try run(
        compiler,
        [
          "-march=rv64imafdc_zicsr_zifencei_zba_zbb_zbs", "-mabi=lp64d", "-mcmodel=medany", "-nostdlib", "-static",
          "-Wl,-Ttext=0x\(String(address, radix: 16))", "-Wl,--build-id=none", "-Wl,-e,0", "-o", linked.path,
        ] + flags + [source.path])
      _ = try run(objcopy, ["-O", "binary", linked.path, binary.path])
      return [UInt8](try Data(contentsOf: binary))
    }
  }
}

/// A hart with some memory and, if a test wants one, a device.
final class TestMachine {
  let memory: GuestMemory
  let hart: Hart

  init(
    mebibytes: UInt64 = 16, devices: [MMIOBus.Region] = [], clock: GuestClock = GuestClock(startingAt: HostClock.now()),
    engine: ExecutionEngine = .interpreter
  ) throws {
    memory = try GuestMemory(size: .mebibytes(mebibytes))
    hart = try Hart(id: 0, memory: memory, bus: MMIOBus(regions: devices), clock: clock, engine: engine)
  }

  /// Machine with a program at the start of RAM, about to execute it.
  convenience init(_ program: String, devices: [MMIOBus.Region] = []) throws {
    try self.init(devices: devices)
    try load(program)
    hart.start(at: GuestMemory.base, a0: 0, a1: 0)
  }

  func load(_ program: String, at address: UInt64 = GuestMemory.base) throws {
    let code = try CrossTools.assemble(program, at: address)
    try #require(memory.write(PhysicalAddress(address), code))
  }

  /// Runs until the guest leaves by itself; nil if that takes too long.
  func run(seconds: UInt64 = 20) -> HartExit? {
    let exit = hart.run(until: HostClock.now() + .seconds(seconds))
    if case .preempted = exit { return nil }
    return exit
  }

  /// Runs until ECALL. Any other end is a failure of the test.
  func runToCall(sourceLocation: SourceLocation = #_sourceLocation) {
    let exit = run()
    guard case .environmentCall = exit else {
      let state = hart.save()
      Issue.record(
        "ended with \(String(describing: exit)) at pc \(hex(state.pc)), scause \(hex(state.scause)), stval \(hex(state.stval))",
        sourceLocation: sourceLocation)
      return
    }
  }
}

func hex(_ value: UInt64) -> String { "0x" + String(value, radix: 16) }
