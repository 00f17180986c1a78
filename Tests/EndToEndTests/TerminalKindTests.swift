import Foundation
import Testing

/// The terminal UI in terminals of many kinds, and under what happens to terminals.
@Suite(.serialized)
struct TerminalKindTests {
  private func open(_ domus: Domus, term: String, locale: String, width: Int = 80) throws -> Tmux {
    // Swift's backtrace of a crash takes a minute where the runtime is a shared library, as in this build.
    try Tmux(
      width: width,
      environment: [
        "DOMUS_DIR": domus.directory.path, "LC_ALL": locale, "TERM": term, "SWIFT_BACKTRACE": "enable=no",
      ], command: Domus.executable)
  }

  @Test(arguments: [
    ("xterm-256color", "C.UTF-8"), ("screen-256color", "C.UTF-8"), ("tmux-256color", "C.UTF-8"), ("linux", "C.UTF-8"),
    ("vt100", "C.UTF-8"), ("xterm-256color", "C"), ("linux", "C"), ("vt100", "C"),
  ])
  func everyViewOpensInEveryTerminal(term: String, locale: String) throws {
    let domus = try Domus(pcpus: 2)
    try domus.createBuiltin("alpha", commandLine: "burn=30")
    let tmux = try open(domus, term: term, locale: locale, width: 100)
    try tmux.expect("alpha")
    try tmux.key("Down")
    for (key, wanted) in [
      ("2", "affinity"), ("3", "AFFINITY"), ("4", "credit2"), ("5", "alpha"), ("6", "alpha"), ("7", "WEIGHTS"),
      ("8", "Log"), ("1", "CPU(%)"),
    ] {
      try tmux.type(key)
      try wait(for: "'\(wanted)' in view \(key) on \(term)", seconds: 20) {
        try tmux.screen().lowercased().contains(wanted.lowercased())
          || (["5", "6"].contains(key) && tmux.screen().contains("no "))
      }
    }
    try tmux.type("c")
    try tmux.expect("guest>")
    try tmux.key("C-]")
    try tmux.expect("CPU(%)")
    try tmux.type("q")
    try tmux.expect("shell>")
    try tmux.type("echo sane-$((40+2))\n")
    try tmux.expect("sane-42")
  }

  @Test func aStoppedProgramGivesTheTerminalBackAndGoesOnWhereItWas() throws {
    let domus = try Domus()
    try domus.createBuiltin("alpha")
    let tmux = try open(domus, term: "xterm-256color", locale: "C.UTF-8")
    try tmux.expect("alpha")
    try tmux.type("7")
    try tmux.expect("WEIGHTS")
    for _ in 0..<3 {
      // What is typed before the program has its terminal back goes to nobody.
      usleep(500_000)
      try tmux.key("C-z")
      try tmux.expect("shell>")
      try tmux.type("clear; echo sane-$((40+2))\n")
      try tmux.expect("sane-42")
      try tmux.type("fg\n")
      try tmux.expect("WEIGHTS")
    }
    try tmux.type("q")
    try tmux.expect("shell>")
  }

  @Test(arguments: [SIGSEGV, SIGTRAP, SIGABRT])
  func aCrashGivesTheTerminalBack(signal: Int32) throws {
    let domus = try Domus()
    let tmux = try open(domus, term: "xterm-256color", locale: "C.UTF-8")
    try tmux.expect("Domain-0")
    kill(try #require(try tmux.childPID(of: "domus")), signal)
    try tmux.expect("shell>", seconds: 60)
    try tmux.type("clear; echo sane-$((40+2))\n")
    try tmux.expect("sane-42")
    #expect(try !tmux.screen().contains("Domain-0"), "the alternate screen is left")
  }

  @Test func aStormOfResizesLeavesAWholeScreen() throws {
    let domus = try Domus()
    try domus.createBuiltin("alpha")
    let tmux = try open(domus, term: "xterm-256color", locale: "C.UTF-8")
    try tmux.expect("alpha")
    var generator = SystemRandomNumberGenerator()
    for _ in 0..<60 {
      try tmux.resize(Int.random(in: 1...220, using: &generator), Int.random(in: 1...70, using: &generator))
    }
    try tmux.resize(80, 24)
    try tmux.expect("alpha")
    try tmux.expect("NAME")
    try tmux.type("q")
    try tmux.expect("shell>")
  }

  @Test func aDumbTerminalIsTurnedDownWithAHint() throws {
    let domus = try Domus()
    let tmux = try open(domus, term: "dumb", locale: "C")
    try tmux.expect("top -b")
    try tmux.expect("shell>")
  }

  @Test func whatAGuestPrintsStaysInItsPane() throws {
    let domus = try Domus(pcpus: 1)
    try domus.createBuiltin("witness")
    let paths = try domus.ok("guest", "list", "--paths").split(separator: "\n").first { $0.hasPrefix("debian") }?
      .split(separator: "\t").map(String.init)
    guard let paths, paths.count == 3 else { throw Domus.Failure(description: "no Debian image") }
    let config = try domus.file(
      "evil.cfg",
      "name = 'evil'\nkernel = '\(paths[1])'\nramdisk = '\(paths[2])'\nextra = 'console=ttyS0 quiet domus.name=evil'\nmemory = 160\n"
    )
    try domus.ok("create", config)
    let first = try ConsoleClient(domus, "evil")
    try first.expect("root@evil", seconds: 180)
    // Title, cursor, colours, alternate screen, mouse, scroll region, reports, clipboard, and then anything at all.
    try first.type(
      #"while :; do printf '\033]0;evil\007\033[2J\033[?1049l\033[?1000h\033[1;3r\033[6n\033]52;c;ZXZpbA==\007\033c\233\x90'; "#
        + "head -c 3000 /dev/urandom; done &\r")
    first.detach()
    let tmux = try open(domus, term: "xterm-256color", locale: "C.UTF-8", width: 120)
    try tmux.expect("evil")
    try tmux.key("Down")
    try tmux.key("Down")
    try tmux.type("c")
    sleep(20)
    try tmux.key("C-]")
    try tmux.expect("witness")
    let screen = try tmux.screen()
    #expect(screen.contains("NAME") && screen.contains("Domain-0") && screen.contains("? help"), "\(screen)")
    try tmux.type("q")
    try tmux.expect("shell>")
    try tmux.type("clear; echo sane-$((40+2))\n")
    try tmux.expect("sane-42")
    #expect(try tmux.title() != "evil")
  }
}
