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

  private static let kinds = [
    ("xterm-256color", "C.UTF-8"), ("screen-256color", "C.UTF-8"), ("tmux-256color", "C.UTF-8"), ("linux", "C.UTF-8"),
    ("vt100", "C.UTF-8"), ("xterm-256color", "C"), ("linux", "C"), ("vt100", "C"),
  ]

  @Test(arguments: kinds)
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

  @Test(arguments: kinds)
  func everyActionIsDoneInEveryTerminal(term: String, locale: String) throws {
    let domus = try Domus(pcpus: 2)
    try domus.createBuiltin("alpha", commandLine: "burn=30")
    let tmux = try open(domus, term: term, locale: locale, width: 100)
    try tmux.expect("alpha")
    try tmux.type("/alpha")
    try tmux.key("Enter")
    try tmux.expect("1 of 2 domains")
    func act(_ keys: String, enter: Bool = false, until wanted: String, _ isDone: () throws -> Bool) throws {
      try tmux.type(keys)
      if enter { try tmux.key("Enter") }
      try wait(for: wanted, seconds: 30, isDone)
    }
    func share() throws -> String { try domus.ok("sched-credit2", "-d", "alpha") }
    try act("+", until: "the weight 288") { try share().contains("288") }
    try act("u", until: "the weight as before") { try share().contains("256") }
    try act("w640", enter: true, until: "the weight 640") { try share().contains("640") }
    try act("C40", enter: true, until: "the cap of 40 %") { try share().contains(" 40") }
    try act("P1", enter: true, until: "the affinity") { try domus.ok("vcpu-list", "alpha").contains("1 / all") }
    try act("p", until: "the pause") { try domus.state("alpha") == "--p---" }
    try act("p", until: "the end of the pause") { try domus.state("alpha") != "--p---" }
    try act(":rename beta", enter: true, until: "the refusal") { try tmux.screen().contains("rename is not available") }
    try act(":scheduler credit", enter: true, until: "the other scheduler") {
      try domus.ok("cpupool-list").contains("credit ")
    }
    try act("?", until: "the help") { try tmux.screen().contains("this help") }
    try tmux.key("Escape")
    try wait(for: "the end of the help") { try !tmux.screen().contains("this help") }
    try act(":theme mono", enter: true, until: "the theme") { try domus.row("alpha") != nil }
    try tmux.type("d")
    try tmux.expect("yes, destroy")
    try act("n", until: "the domain to be left alone") { try tmux.screen().contains("left alone") }
    try act("dy", until: "the domain to go") { try domus.row("alpha") == nil }
    try tmux.type("q")
    try tmux.expect("shell>")
    try tmux.type("clear; echo sane-$((40+2))\n")
    try tmux.expect("sane-42")
  }

  /// `xterm-direct` comes with ncurses-term.
  @Test func trueColourIsUsedWhereTheTerminalSaysThatItHasIt() throws {
    let domus = try Domus()
    for (claim, isExpected) in [("truecolor", true), ("", false)] {
      let tmux = try Tmux(
        environment: [
          "DOMUS_DIR": domus.directory.path, "LC_ALL": "C.UTF-8", "TERM": "xterm-256color", "COLORTERM": claim,
          "NO_COLOR": "",
        ], command: Domus.executable + " --theme nord")
      try tmux.expect("Domain-0")
      let screen = try tmux.colouredScreen()
      #expect(screen.contains("38;2;136;192;208m") == isExpected, "COLORTERM=\(claim): \(screen.prefix(200))")
    }
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
    // Title, alternate screen, mouse, scroll region, reports, clipboard; then every final byte of ESC and of CSI with and
    // without parameters, DCS and OSC by number; then anything at all.
    try first.type(
      #"f() { i=32; while [ $i -lt 127 ]; do c=\\$(printf %o $i); printf "\033$c\033[$c\033[1;2$c\033[?7;25$c\033[>0$c"; "#
        + #"printf "\033P$c\033\\\033]$i;evil\007"; i=$((i+1)); done; }"# + "\r")
    try first.type(
      #"while :; do printf '\033]0;evil\007\033[2J\033[?1049l\033[?1000h\033[1;3r\033[6n\033]52;c;ZXZpbA==\007\033c\233\x90'; "#
        + "f; head -c 3000 /dev/urandom; done &\r")
    first.detach()
    let tmux = try open(domus, term: "xterm-256color", locale: "C.UTF-8", width: 120)
    try tmux.expect("evil")
    try tmux.key("Down")
    try tmux.key("Down")
    try tmux.type("c")
    sleep(60)
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
