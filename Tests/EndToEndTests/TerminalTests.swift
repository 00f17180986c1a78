import Foundation
import Testing

/// A terminal that an operator would look at: tmux, with keys and screens.
final class Tmux {
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
  func title() throws -> String {
    try run("display-message", "-p", "#{pane_title}").trimmingCharacters(in: .whitespacesAndNewlines)
  }
  /// With escape sequences for the colours.
  func colouredScreen() throws -> String { try run("capture-pane", "-p", "-e") }
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
      environment: [
        "DOMUS_DIR": domus.directory.path, "LC_ALL": "C.UTF-8", "XDG_CONFIG_HOME": domus.directory.path,
      ],
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

  @Test func aHostProcessThatWasKilledIsMissedAndItsSuccessorFound() throws {
    let domus = try Domus()
    try domus.createBuiltin("alpha")
    let tmux = try open(domus)
    try tmux.expect("alpha")
    let pid = try #require(
      try domus.ok("host", "status").split(whereSeparator: \.isWhitespace).lazy.compactMap { pid_t($0) }.first)
    kill(pid, SIGKILL)
    try tmux.expect("disconnected")
    try tmux.expect("domains lost: alpha")
    // The first command says it too.
    #expect(try domus.run("list").status == 3)
    try domus.createBuiltin("beta")
    try tmux.expect("beta", seconds: 60)
    try tmux.expect("1.0 s")
    #expect(try !tmux.screen().contains("  alpha  "))
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
      environment: [
        "DOMUS_DIR": domus.directory.path, "LC_ALL": locale, "TERM": term, "XDG_CONFIG_HOME": domus.directory.path,
      ], command: Domus.executable)
    try tmux.expect("alpha")
    try tmux.type("?")
    try tmux.expect("quit")
    try tmux.key("Escape")
    usleep(200_000)
    try tmux.type("q")
    try tmux.expect("shell>")
  }

  /// Opens the UI with a directory for its configuration, in which these files are.
  private func open(_ domus: Domus, configuration files: [String: String]) throws -> Tmux {
    let directory = domus.directory.appendingPathComponent("config")
    for (name, text) in files {
      let file = directory.appendingPathComponent("domus/" + name)
      try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
      try text.write(to: file, atomically: true, encoding: .utf8)
    }
    return try Tmux(
      environment: [
        "DOMUS_DIR": domus.directory.path, "LC_ALL": "C.UTF-8", "TERM": "xterm-256color",
        "XDG_CONFIG_HOME": directory.path, "NO_COLOR": "",
      ], command: Domus.executable)
  }

  @Test func theConfigurationsColumnsKeysAndThemeTakeEffect() throws {
    let domus = try Domus()
    try domus.createBuiltin("alpha")
    let tmux = try open(
      domus,
      configuration: [
        "config.toml": """
        theme = "mine"
        columns = ["name", "mem"]
        [keys]
        pause = "z"
        quit = "X"
        """,
        "themes/mine.toml": "name = \"mine\"\n[roles]\nheader = { fg = 201 }\n",
      ])
    try tmux.expect("alpha")
    #expect(try tmux.screen().contains("NAME"))
    #expect(try !tmux.screen().contains("STATE"))
    func isMine() throws -> Bool { try tmux.colouredScreen().contains("38;5;201") }
    try wait(for: "the configuration's theme") { try isMine() }
    try tmux.type(":theme mono")
    try wait(for: "the other theme") { try !isMine() }
    try tmux.key("Escape")
    try wait(for: "the theme from before") { try isMine() }
    try tmux.key("Down")
    try tmux.type("z")
    try wait(for: "the pause") { try domus.state("alpha") == "--p---" }
    try tmux.type("q:save-columns")
    try tmux.key("Enter")
    try tmux.expect("config.toml, line 2 goes first")
    try tmux.type("X")
    try tmux.expect("shell>")
  }

  @Test func whatIsSavedIsThereAtTheNextStart() throws {
    let domus = try Domus()
    try domus.createBuiltin("alpha")
    let tmux = try open(domus, configuration: [:])
    try tmux.expect("STATE")
    for line in [":columns name mem", ":save-columns"] {
      try tmux.type(line)
      try tmux.key("Enter")
    }
    try tmux.expect("kept for the next start")
    try tmux.type("q")
    try tmux.expect("shell>")
    try tmux.type("clear; \(Domus.executable)\n")
    try tmux.expect("alpha")
    #expect(try !tmux.screen().contains("STATE"))
  }

  @Test func aBrokenConfigurationIsNamedAndHarmless() throws {
    let domus = try Domus()
    try domus.createBuiltin("alpha")
    let text = "columns = \"xentop\"\nrefresh = 0\n[keys]\nquit = \"d\"\n"
    let tmux = try open(domus, configuration: ["config.toml": text])
    try tmux.expect("config.toml, line 2: the refresh should be a number of seconds")
    try tmux.expect("1 more in the configuration: see 'domus config check'")
    // What is right in it counts.
    try tmux.expect("CPU(sec)")
    try tmux.type("q")
    try tmux.expect("shell>")
    let path = domus.directory.appendingPathComponent("config/domus/config.toml").path
    let check = try domus.run("config", "check", path)
    #expect(check.status == 1)
    let lines = check.stderr.split(separator: "\n")
    #expect(lines.map { String($0.prefix(path.count + 3)) } == ["\(path):2:", "\(path):4:"])
    let shown = try domus.ok("config", "show", "--config", path, "--theme", "light")
    #expect(shown.contains("theme = \"light\"                 # --theme"))
    #expect(shown.contains("# \(path), line 1\ncolumns = [\"name\", \"state\", \"cpu-sec\""))
    #expect(
      try domus.run("config", "check", Domus.sourceTree.appendingPathComponent("docs/config.toml").path).status == 0)
  }

  @Test func aTerminalThatCannotMoveItsCursorIsToldWhatWorksThere() throws {
    let domus = try Domus()
    let tmux = try Tmux(
      environment: ["DOMUS_DIR": domus.directory.path, "TERM": "dumb"], command: Domus.executable)
    try tmux.expect("top -b --linear")
  }
}
