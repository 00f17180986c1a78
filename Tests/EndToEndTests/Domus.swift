import Foundation
import Testing

/// The real program, with a host directory of its own.
final class Domus {
  struct Output {
    var status: Int32
    var stdout: String
    var stderr: String
  }

  struct Failure: Error, CustomStringConvertible {
    var description: String
  }

  /// The release or debug build beside this test bundle.
  static let executable: String = {
    let bundle = CommandLine.arguments.first { $0.hasSuffix(".xctest") } ?? CommandLine.arguments[0]
    var directory = URL(fileURLWithPath: bundle).deletingLastPathComponent()
    while directory.path != "/" {
      let candidate = directory.appendingPathComponent("domus").path
      if FileManager.default.isExecutableFile(atPath: candidate), !candidate.hasSuffix("/Sources/domus") {
        var isDirectory: ObjCBool = false
        _ = FileManager.default.fileExists(atPath: candidate, isDirectory: &isDirectory)
        if !isDirectory.boolValue { return candidate }
      }
      directory.deleteLastPathComponent()
    }
    return "domus"
  }()

  /// Top of the source tree.
  static let sourceTree = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

  let directory: URL
  private var host: Process?

  /// `pcpus`: starts the host process in the foreground with so many; nil leaves that to the first command.
  init(pcpus: Int? = nil) throws {
    directory = FileManager.default.temporaryDirectory.appendingPathComponent("domus-\(UUID().uuidString.prefix(8))")
    try FileManager.default.createDirectory(
      at: directory, withIntermediateDirectories: true,
      attributes: [.posixPermissions: 0o700])
    if let pcpus {
      let process = makeProcess(["host", "run", "--pcpus", "\(pcpus)"])
      let log = directory.appendingPathComponent("host.log")
      FileManager.default.createFile(atPath: log.path, contents: nil, attributes: [.posixPermissions: 0o600])
      process.standardOutput = FileHandle.nullDevice
      process.standardError = try FileHandle(forWritingTo: log)
      try process.run()
      host = process
      try wait(for: "the host process") { try self.run("host", "status").status == 0 }
    }
  }

  deinit {
    _ = try? run("host", "stop", "--force")
    host?.waitUntilExit()
    try? FileManager.default.removeItem(at: directory)
  }

  var environment: [String: String] {
    var environment = ProcessInfo.processInfo.environment
    environment["DOMUS_DIR"] = directory.path
    return environment
  }

  func makeProcess(_ arguments: [String]) -> Process {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: Self.executable)
    process.arguments = arguments
    process.environment = environment
    return process
  }

  /// Runs a command to its end.
  @discardableResult
  func run(_ arguments: String..., input: String? = nil) throws -> Output { try run(arguments, input: input) }

  /// As `run`, for commands that must succeed.
  @discardableResult
  func ok(_ arguments: String..., sourceLocation: SourceLocation = #_sourceLocation) throws -> String {
    let process = try run(arguments)
    #expect(process.status == 0, "\(arguments): \(process.stderr)", sourceLocation: sourceLocation)
    return process.stdout
  }

  /// `environment`: another one than this host's.
  func run(_ arguments: [String], input: String? = nil, environment: [String: String]? = nil) throws -> Output {
    let process = makeProcess(arguments)
    if let environment { process.environment = environment }
    let out = Pipe()
    let error = Pipe()
    let stdin = Pipe()
    process.standardOutput = out
    process.standardError = error
    process.standardInput = input == nil ? FileHandle.nullDevice : stdin
    try process.run()
    if let input {
      try stdin.fileHandleForWriting.write(contentsOf: Data(input.utf8))
      try stdin.fileHandleForWriting.close()
    }
    let stdout = try out.fileHandleForReading.readToEnd() ?? Data()
    let stderr = try error.fileHandleForReading.readToEnd() ?? Data()
    process.waitUntilExit()
    return Output(
      status: process.terminationStatus, stdout: String(decoding: stdout, as: UTF8.self),
      stderr: String(decoding: stderr, as: UTF8.self))
  }

  /// Runs a command that ends by itself while its input stays open.
  func watch(_ arguments: String...) throws -> Output {
    let process = makeProcess(arguments)
    let (input, out, error) = (Pipe(), Pipe(), Pipe())
    process.standardInput = input
    process.standardOutput = out
    process.standardError = error
    try process.run()
    let stdout = try out.fileHandleForReading.readToEnd() ?? Data()
    let stderr = try error.fileHandleForReading.readToEnd() ?? Data()
    process.waitUntilExit()
    try input.fileHandleForWriting.close()
    return Output(
      status: process.terminationStatus, stdout: String(decoding: stdout, as: UTF8.self),
      stderr: String(decoding: stderr, as: UTF8.self))
  }

  /// Writes a file into the test's directory.
  func file(_ name: String, _ text: String) throws -> String {
    let url = directory.appendingPathComponent(name)
    try text.write(to: url, atomically: true, encoding: .utf8)
    return url.path
  }

  /// Makes a domain from the built-in guest.
  func createBuiltin(_ name: String, _ settings: String = "", commandLine: String = "") throws {
    let config = try file(
      "\(name).cfg", "name = '\(name)'\nkernel = 'builtin:guest'\nmemory = 64\nextra = '\(commandLine)'\n\(settings)\n")
    try ok("create", config)
  }

  /// The columns of a domain's row in `list`; nil if it isn't there.
  func row(_ name: String) throws -> [String]? {
    try ok("list").split(separator: "\n").map { $0.split(whereSeparator: \.isWhitespace).map(String.init) }
      .first { $0.first == name }
  }

  func hostPID() throws -> Int32 {
    let line = try ok("host", "status").split(separator: "\n").first { $0.hasPrefix("pid") }
    return try #require(line?.split(separator: " ").last.flatMap { Int32($0) })
  }

  func state(_ name: String) throws -> String? { try row(name)?[4] }

  func cpuSeconds(_ name: String) throws -> Double {
    let json = try JSONSerialization.jsonObject(with: Data(ok("list", "-l", name).utf8)) as? [[String: Any]]
    return (json?.first?["figures"] as? [String: Any])?["cpu_seconds"] as? Double ?? -1
  }
}

/// Waits, with a generous limit, until something is so.
func wait(for what: String, seconds: Double = 60, _ condition: () throws -> Bool) throws {
  let deadline = Date().addingTimeInterval(seconds)
  while try !condition() {
    guard Date() < deadline else { throw Domus.Failure(description: "waited \(seconds) s in vain for \(what)") }
    usleep(50_000)
  }
}

/// `domus console` in a pipe, kept open.
///
/// `@unchecked Sendable`: `text` is only touched under `lock`; everything else is set in `init`.
final class ConsoleClient: @unchecked Sendable {
  private let process: Process
  private let input = Pipe()
  private let output = Pipe()
  private let lock = NSLock()
  private var text = ""

  init(_ domus: Domus, _ domain: String) throws {
    process = domus.makeProcess(["console", domain])
    process.standardInput = input
    process.standardOutput = output
    process.standardError = FileHandle.nullDevice
    output.fileHandleForReading.readabilityHandler = { [self] handle in
      let data = handle.availableData
      if data.isEmpty { handle.readabilityHandler = nil }
      lock.withLock { text += String(decoding: data, as: UTF8.self) }
    }
    try process.run()
  }

  var pid: Int32 { process.processIdentifier }
  var screen: String { lock.withLock { text } }

  func type(_ keys: String) throws { try input.fileHandleForWriting.write(contentsOf: Data(keys.utf8)) }

  /// Waits for a text after the last one that was waited for.
  func expect(_ wanted: String, seconds: Double = 60) throws {
    do {
      try wait(for: "'\(wanted)' on the console", seconds: seconds) {
        lock.withLock {
          guard let range = text.range(of: wanted) else { return false }
          text.removeSubrange(..<range.upperBound)
          return true
        }
      }
    } catch {
      throw Domus.Failure(description: "\(error); the console showed: \(screen.suffix(2000))")
    }
  }

  func detach() {
    try? input.fileHandleForWriting.close()
    process.terminate()
    process.waitUntilExit()
    output.fileHandleForReading.readabilityHandler = nil
  }
}
