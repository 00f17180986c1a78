import Foundation

/// Kernel and initrd that both hosts boot.
struct Image {
  var kernel: String
  var initrd: String
}

/// Domus with a host process of its own.
final class DomusHost {
  let directory: URL
  let executable: String
  let environment: [String: String]

  init(sourceTree: String) throws {
    executable = sourceTree + "/.build/release/domus"
    directory = FileManager.default.temporaryDirectory.appendingPathComponent("domus-bench-\(getpid())")
    try FileManager.default.createDirectory(
      at: directory, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    var environment = ProcessInfo.processInfo.environment
    environment["DOMUS_DIR"] = directory.path
    self.environment = environment
  }

  @discardableResult
  func run(_ arguments: [String]) throws -> String {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: executable)
    process.arguments = arguments
    process.environment = environment
    let output = Pipe()
    process.standardOutput = output
    try process.run()
    let data = try output.fileHandleForReading.readToEnd() ?? Data()
    process.waitUntilExit()
    guard process.terminationStatus == 0 else { throw BenchmarkError("domus \(arguments) failed") }
    return String(decoding: data, as: UTF8.self)
  }

  /// Makes a Linux guest.
  func create(_ name: String, _ image: Image, memory: Int = 256, commandLine: String = "") throws {
    let config = directory.appendingPathComponent("\(name).cfg")
    try """
    name = '\(name)'
    kernel = '\(image.kernel)'
    ramdisk = '\(image.initrd)'
    extra = 'console=ttyS0 quiet domus.name=\(name) \(commandLine)'
    memory = \(memory)

    """.write(to: config, atomically: true, encoding: .utf8)
    try run(["create", config.path])
  }

  /// A config file of a built-in guest.
  func builtinConfig(_ name: String, commandLine: String = "") throws -> String {
    let config = directory.appendingPathComponent("\(name).cfg")
    try "name = '\(name)'\nkernel = 'builtin:guest'\nmemory = 32\nextra = '\(commandLine)'\n".write(
      to: config, atomically: true, encoding: .utf8)
    return config.path
  }

  /// 'domus create -c': makes a guest and attaches to its console.
  func createWithConsole(_ config: String) throws -> Session {
    try Session(executable, ["create", config, "-c"], environment: environment)
  }

  func console(_ name: String) throws -> Session {
    try Session(executable, ["console", name], environment: environment)
  }

  func pid() throws -> Int32 {
    let status = try run(["host", "status"])
    for line in status.split(separator: "\n") where line.hasPrefix("pid") {
      if let pid = Int32(line.split(separator: " ").last ?? "") { return pid }
    }
    throw BenchmarkError("no pid in 'domus host status'")
  }

  /// The Debian image that `domus guest fetch` brought.
  func image() throws -> Image {
    for line in try run(["guest", "list", "--paths"]).split(separator: "\n") where line.hasPrefix("debian") {
      let words = line.split(separator: "\t").map(String.init)
      if words.count == 3 { return Image(kernel: words[1], initrd: words[2]) }
    }
    throw BenchmarkError("no Debian image: run 'domus guest fetch'")
  }

  func stop() {
    _ = try? run(["host", "stop", "--force"])
    try? FileManager.default.removeItem(at: directory)
  }
}

/// The peer: qemu-system-riscv64 with its translator, one vCPU.
enum Qemu {
  static func boot(_ image: Image, memory: Int = 256) throws -> Session {
    try Session(
      "qemu-system-riscv64",
      [
        "-M", "virt", "-smp", "1", "-m", "\(memory)", "-nographic", "-kernel", image.kernel, "-initrd", image.initrd,
        "-append", "console=ttyS0 quiet domus.name=qemu",
      ],
      environment: ProcessInfo.processInfo.environment)
  }

  static var isInstalled: Bool {
    (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
      .contains { FileManager.default.isExecutableFile(atPath: $0 + "/qemu-system-riscv64") }
  }
}
