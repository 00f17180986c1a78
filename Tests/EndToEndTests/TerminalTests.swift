import Foundation
import Testing

/// A terminal that an operator would look at: tmux, with keys and screens.
private final class Tmux {
  private let socket = "domus-\(UUID().uuidString.prefix(8))"

  init(width: Int = 80, height: Int = 24, environment: [String: String], command: String) throws {
    // A shell around the program shows whether the terminal is sane when it has ended.
    try run(
      "new-session", "-d", "-x", "\(width)", "-y", "\(height)", "env", "-u", "ENV", "PS1=shell> ", "sh")
    for (name, value) in environment { try type("export \(name)='\(value)'\n") }
    try type("clear; \(command)\n")
  }

  /// Without a terminal of its own, tmux's server stays after `kill-server`.
  deinit {
    let server = (try? run("display-message", "-p", "#{pid}")).flatMap { Int32($0.trimmingCharacters(in: .newlines)) }
    _ = try? run("kill-server")
    if let server { kill(server, SIGKILL) }
  }

  @discardableResult
  private func run(_ arguments: String...) throws -> String {
    let process = Process()
    // tmux's server lives on with all descriptors that it inherits, among them one that `Process` waits for.
    let closing = "for fd in /proc/self/fd/*; do fd=${fd##*/}; [ $fd -le 2 ] || eval \"exec $fd>&-\"; done"
    process.executableURL = URL(fileURLWithPath: "/bin/bash")
    process.arguments =
      ["-c", closing + "; exec tmux \"$@\"", "tmux", "-u", "-L", socket, "-f", "/dev/null"] + arguments
    let output = Pipe()
    process.standardOutput = output
    process.standardError = FileHandle.nullDevice
    try process.run()
    let data = try output.fileHandleForReading.readToEnd() ?? Data()
    process.waitUntilExit()
    return String(decoding: data, as: UTF8.self)
  }

  func type(_ text: String) throws { try run("send-keys", "-l", text) }
  func key(_ name: String) throws { try run("send-keys", name) }
  func resize(_ width: Int, _ height: Int) throws { try run("resize-window", "-x", "\(width)", "-y", "\(height)") }
  func screen() throws -> String { try run("capture-pane", "-p") }
  /// The foreground program's process id.
  func childPID(of name: String) throws -> Int32? {
    let pane = try run("list-panes", "-F", "#{pane_pid}").trimmingCharacters(in: .whitespacesAndNewlines)
    let children = try String(contentsOfFile: "/proc/\(pane)/task/\(pane)/children", encoding: .utf8)
    return children.split(separator: " ").compactMap { Int32($0) }.first
  }

  func expect(_ wanted: String, seconds: Double = 30) throws {
    do {
      try wait(for: "'\(wanted)' on the screen", seconds: seconds) { try screen().contains(wanted) }
    } catch {
      throw Domus.Failure(description: "\(error); the screen:\n\(try screen())")
    }
  }
}

@Suite(.serialized)
struct TerminalTests {
  private func open(_ domus: Domus, _ arguments: String = "", width: Int = 80, height: Int = 24) throws -> Tmux {
    try Tmux(
      width: width, height: height,
      environment: ["DOMUS_DIR": domus.directory.path, "LC_ALL": "C.UTF-8"],
      command: "\(Domus.executable) \(arguments)")
  }

  @Test func showsTheDomainsAndGivesTheTerminalBackOnQuit() throws {
    let domus = try Domus()
    try domus.createBuiltin("alpha", commandLine: "burn=50")
    try domus.createBuiltin("beta")
    let tmux = try open(domus)
    try tmux.expect("alpha")
    try tmux.expect("Domain-0")
    try tmux.expect("DomusEngine")
    try tmux.type("q")
    try tmux.expect("shell>")
    try tmux.type("echo sane-$((40+2))\n")
    try tmux.expect("sane-42")
  }

  @Test func keysChangeWeightsPauseAndDestroyWithConfirmation() throws {
    let domus = try Domus()
    try domus.createBuiltin("alpha")
    let tmux = try open(domus)
    try tmux.expect("alpha")
    try wait(for: "the selection on alpha") {
      try tmux.key("Down")
      usleep(200_000)
      try tmux.type("+")
      usleep(300_000)
      return try domus.ok("sched-credit2", "-d", "alpha").contains("256") == false
    }
    try tmux.type("p")
    try wait(for: "the pause") { try domus.state("alpha") == "--p---" }
    try tmux.type("p")
    try wait(for: "the end of the pause") { try domus.state("alpha") != "--p---" }
    try tmux.type("d")
    try tmux.expect("estroy")
    try tmux.key("Escape")
    usleep(300_000)
    #expect(try domus.row("alpha") != nil)
    try tmux.type("d")
    usleep(300_000)
    try tmux.type("y")
    try wait(for: "the domain to go") { try domus.row("alpha") == nil }
  }

  @Test func consoleOpensFromTheTableAndDetaches() throws {
    let domus = try Domus()
    try domus.createBuiltin("alpha")
    let tmux = try open(domus)
    try tmux.expect("alpha")
    try tmux.key("Down")
    usleep(300_000)
    try tmux.type("c")
    try tmux.expect("guest>")
    try tmux.type("echo typed in the pane\n")
    try tmux.expect("\ntyped in the pane")
    try tmux.key("C-]")
    try tmux.expect("Domain-0")
  }

  @Test func consoleCommandDrawsInTheTerminalAndDetaches() throws {
    let domus = try Domus()
    try domus.createBuiltin("alpha")
    let tmux = try open(domus, "console alpha")
    try tmux.expect("guest>")
    try tmux.type("uname\n")
    try tmux.key("C-]")
    try tmux.expect("shell>")
  }

  @Test(arguments: [SIGTERM, SIGHUP, SIGINT])
  func signalsGiveTheTerminalBack(signal: Int32) throws {
    let domus = try Domus()
    let tmux = try open(domus)
    try tmux.expect("Domain-0")
    let pid = try #require(try tmux.childPID(of: "domus"))
    kill(pid, signal)
    try tmux.expect("shell>")
    try tmux.type("echo sane-$((40+2))\n")
    try tmux.expect("sane-42")
  }

  @Test func resizesDownToNothingAndUpAgainKeepItAlive() throws {
    let domus = try Domus()
    try domus.createBuiltin("alpha")
    let tmux = try open(domus)
    try tmux.expect("alpha")
    for (width, height) in [(40, 10), (20, 5), (2, 2), (1, 1), (200, 60), (80, 24)] {
      try tmux.resize(width, height)
      usleep(200_000)
    }
    try tmux.expect("alpha")
    try tmux.type("q")
    try tmux.expect("shell>")
  }

  @Test(arguments: [("xterm-256color", "C.UTF-8"), ("screen-256color", "C.UTF-8"), ("vt100", "C"), ("linux", "C")])
  func worksInOtherTerminalsAndLocales(term: String, locale: String) throws {
    let domus = try Domus()
    try domus.createBuiltin("alpha")
    let tmux = try Tmux(
      environment: ["DOMUS_DIR": domus.directory.path, "LC_ALL": locale, "TERM": term], command: Domus.executable)
    try tmux.expect("alpha")
    try tmux.type("?")
    try tmux.expect("quit")
    try tmux.key("Escape")
    usleep(200_000)
    try tmux.type("q")
    try tmux.expect("shell>")
  }
}
