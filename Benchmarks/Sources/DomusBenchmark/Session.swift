import Foundation

/// A program whose console is read line by line and typed into.
final class Session: @unchecked Sendable {
  // Invariant: `text` is only touched under `lock`; everything else is set in `init`.
  let process = Process()
  private let input = Pipe()
  private let output = Pipe()
  private let lock = NSLock()
  private var text = ""

  init(_ executable: String, _ arguments: [String], environment: [String: String]) throws {
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = [executable] + arguments
    process.environment = environment
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

  func type(_ keys: String) throws { try input.fileHandleForWriting.write(contentsOf: Data(keys.utf8)) }

  /// What was printed up to and with `marker`, which is taken out.
  func wait(for marker: String, seconds: Double = 300) throws -> String {
    let deadline = Date().addingTimeInterval(seconds)
    while true {
      let found: String? = lock.withLock {
        guard let range = text.range(of: marker) else { return nil }
        let before = String(text[..<range.upperBound])
        text.removeSubrange(..<range.upperBound)
        return before
      }
      if let found { return found }
      guard Date() < deadline else {
        throw BenchmarkError("'\(marker)' did not come within \(seconds) s; there was: \(text.suffix(500))")
      }
      usleep(500)
    }
  }

  func end() {
    output.fileHandleForReading.readabilityHandler = nil
    if process.isRunning { process.terminate() }
    process.waitUntilExit()
  }
}

struct BenchmarkError: Error, CustomStringConvertible {
  var description: String
  init(_ description: String) { self.description = description }
}

/// CPU time and memory of a process, from /proc.
struct ProcessUsage {
  var cpuSeconds: Double
  var residentMiB: Double

  init(pid: Int32) throws {
    let stat = try String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8)
    guard let end = stat.lastIndex(of: ")") else { throw BenchmarkError("no /proc/\(pid)/stat") }
    let fields = stat[end...].split(separator: " ")
    guard fields.count > 22, let user = Double(fields[12]), let system = Double(fields[13]),
      let pages = Double(fields[22])
    else { throw BenchmarkError("/proc/\(pid)/stat has too few fields") }
    cpuSeconds = (user + system) / Double(sysconf(Int32(_SC_CLK_TCK)))
    residentMiB = pages * Double(sysconf(Int32(_SC_PAGESIZE))) / 1_048_576
  }
}
