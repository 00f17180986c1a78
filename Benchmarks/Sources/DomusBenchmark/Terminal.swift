import CPty
import Foundation

/// A full-screen program on a terminal of its own, of which only the bytes count.
final class TerminalProgram {
  let pid: pid_t
  private let terminal: Int32
  private(set) var received = 0

  init(_ command: [String], environment: [String: String], columns: Int, rows: Int) throws {
    var environment = environment
    environment["TERM"] = "xterm-256color"
    environment["LC_ALL"] = "C.UTF-8"
    var master: Int32 = -1
    let arguments = command.map { strdup($0) } + [nil]
    let variables = environment.map { strdup("\($0)=\($1)") } + [nil]
    pid = pty_spawn(arguments, variables, Int32(columns), Int32(rows), &master)
    for pointer in arguments + variables { free(pointer) }
    guard pid > 0 else { throw BenchmarkError("no terminal for \(command[0])") }
    terminal = master
  }

  func type(_ keys: String) { _ = keys.withCString { write(terminal, $0, strlen($0)) } }

  /// The next bytes; empty if none come in that time.
  func next(milliseconds: Int32) -> [UInt8] {
    var poller = pollfd(fd: terminal, events: Int16(POLLIN), revents: 0)
    guard poll(&poller, 1, milliseconds) > 0 else { return [] }
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    let count = max(read(terminal, &buffer, buffer.count), 0)
    received += count
    return Array(buffer.prefix(count))
  }

  /// Waits until a text was printed. False if that takes too long.
  func wait(for text: String, seconds: Double = 20) -> Bool {
    let end = now() + seconds
    var seen: [UInt8] = []
    while now() < end {
      seen += next(milliseconds: 100)
      if String(decoding: seen, as: UTF8.self).contains(text) { return true }
    }
    return false
  }

  /// Takes what comes for so long.
  func drain(seconds: Double) {
    let end = now() + seconds
    while now() < end { _ = next(milliseconds: Int32(max(1, min(100, (end - now()) * 1000)))) }
  }

  func end() {
    kill(pid, SIGKILL)
    waitpid(pid, nil, 0)
    close(terminal)
  }
}

/// The terminal UI on a host with many domains, beside htop where it is installed.
func benchmarkTerminal(_ domus: DomusHost) throws {
  heading("Terminal UI at 1 s refresh; htop shows this machine's processes")
  row("", "80×24", "200×60")
  var made = 0
  for target in [100, 1000] {
    while made < target {
      made += 1
      // A few change all the time.
      try domus.run(["create", try domus.builtinConfig("d\(made)", commandLine: made <= 5 ? "burn=10" : "")])
    }
    try measureTerminal("domus, \(target) domains", [domus.executable], marker: "Domain-0", domus.environment)
  }
  try domus.run(["host", "stop", "--force"])
  guard system("command -v htop >/dev/null") == 0 else { return }
  try measureTerminal("htop", ["htop", "-d", "10"], marker: "PID", ProcessInfo.processInfo.environment)
}

private struct TerminalFigures {
  var firstPaint: [Double] = []
  var keyToPaint: [Double] = []
  var bytesPerRefresh = 0.0
  var cpu = 0.0
  var memory = 0.0
}

private func measureTerminal(
  _ name: String, _ command: [String], marker: String, _ environment: [String: String]
) throws {
  let small = try figures(command, marker, environment, columns: 80, rows: 24)
  let large = try figures(command, marker, environment, columns: 200, rows: 60)
  let both = [small, large]
  func line(_ what: String, _ digits: Int, _ figure: (TerminalFigures) -> Double) {
    row("\(name): \(what)", text(figure(both[0]), digits), text(figure(both[1]), digits))
  }
  line("start to first paint [ms]", 1) { median($0.firstPaint) }
  line("key to paint, p50 [ms]", 1) { median($0.keyToPaint) }
  line("key to paint, p99 [ms]", 1) { $0.keyToPaint.sorted()[$0.keyToPaint.count * 99 / 100] }
  line("bytes a refresh", 0, \.bytesPerRefresh)
  line("CPU [% of a core]", 2, \.cpu)
  line("resident [MiB]", 1, \.memory)
}

private func figures(
  _ command: [String], _ marker: String, _ environment: [String: String], columns: Int, rows: Int
) throws -> TerminalFigures {
  var figures = TerminalFigures()
  for _ in 0..<5 {
    let start = now()
    let program = try TerminalProgram(command, environment: environment, columns: columns, rows: rows)
    guard program.wait(for: marker) else { throw BenchmarkError("\(command[0]) draws nothing") }
    figures.firstPaint.append((now() - start) * 1000)
    program.end()
  }
  let program = try TerminalProgram(command, environment: environment, columns: columns, rows: rows)
  defer { program.end() }
  _ = program.wait(for: marker)
  program.drain(seconds: 3)
  let (before, usage, start) = (program.received, try ProcessUsage(pid: program.pid), now())
  program.drain(seconds: 20)
  let after = try ProcessUsage(pid: program.pid)
  figures.bytesPerRefresh = Double(program.received - before) / (now() - start)
  figures.cpu = (after.cpuSeconds - usage.cpuSeconds) / (now() - start) * 100
  figures.memory = after.residentMiB
  // Down, and up again, at all moments between two samples.
  for round in 0..<200 {
    program.drain(seconds: 0.02 + Double(round % 7) * 0.01)
    let start = now()
    program.type(round % 20 < 10 ? "\u{1b}OB" : "\u{1b}OA")
    guard !program.next(milliseconds: 1000).isEmpty else { continue }
    figures.keyToPaint.append((now() - start) * 1000)
  }
  guard !figures.keyToPaint.isEmpty else { throw BenchmarkError("\(command[0]) takes no keys") }
  return figures
}
