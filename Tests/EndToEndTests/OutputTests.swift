import Foundation
import Testing

/// What commands write, where to, and what they do when that fails.
@Suite(.serialized)
struct OutputTests {
  /// Runs a line of the shell, in which `$D` is the program.
  private func shell(_ domus: Domus, _ script: String) throws -> (status: Int32, stdout: String, stderr: String) {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/bin/bash")
    process.arguments = ["--norc", "-c", script]
    process.environment = domus.environment.merging(["D": Domus.executable]) { $1 }
    let (out, error) = (Pipe(), Pipe())
    process.standardOutput = out
    process.standardError = error
    process.standardInput = FileHandle.nullDevice
    try process.run()
    let stdout = try out.fileHandleForReading.readToEnd() ?? Data()
    let stderr = try error.fileHandleForReading.readToEnd() ?? Data()
    process.waitUntilExit()
    return (
      process.terminationStatus, String(decoding: stdout, as: UTF8.self), String(decoding: stderr, as: UTF8.self)
    )
  }

  @Test(arguments: ["list", "info", "top -b -i 1", "list -l", "--help"])
  func whatCantBeWrittenIsSaidInALine(command: String) throws {
    let domus = try Domus()
    for target in ["> /dev/full", ">&-"] {
      let output = try shell(domus, "\"$D\" \(command) \(target)")
      #expect(output.status == 1)
      #expect(output.stderr.hasPrefix("domus: can't write to standard output: "))
      #expect(output.stderr.count { $0 == "\n" } == 1)
    }
  }

  @Test(arguments: ["", "--csv", "--json", "--linear"])
  func batchModeEndsQuietlyWhereNobodyReadsOn(form: String) throws {
    let output = try shell(try Domus(), "timeout 30 \"$D\" top -b -d .1 \(form) | head -1; exit ${PIPESTATUS[0]}")
    #expect(output.status == 128 + SIGPIPE)
    #expect(output.stderr.isEmpty)
    #expect(output.stdout.count { $0 == "\n" } == 1)
  }

  @Test func optionsMayStandTogetherWithTheirArguments() throws {
    let domus = try Domus()
    for options in ["-b -i1", "-bi1", "-bd.1 -i 1", "-bfi1"] {
      let output = try shell(domus, "\"$D\" top \(options)")
      #expect(output.status == 0, "\(options): \(output.stderr)")
      #expect(output.stdout.count { $0 == "\n" } == 2)
    }
  }

  @Test func anUnknownCommandIsSaidInOneLineWithTheNearestOnes() throws {
    let output = try Domus().run("destory", "web")
    #expect(output.status != 0 && output.stdout.isEmpty)
    #expect(output.stderr == "domus: unknown command 'destory'; did you mean 'destroy'? See 'domus --help'\n")
  }

  @Test func helpMayStandInFrontOfTheCommand() throws {
    let domus = try Domus()
    #expect(try domus.ok("--help", "list") == domus.ok("list", "--help"))
  }

  @Test func aConfigMayComeFromTheCommandLineAlone() throws {
    let domus = try Domus()
    try domus.ok("create", "-n", "/dev/null", "name=t", "kernel=builtin:guest", "memory=64")
    try domus.ok("create", "/dev/null", "name=one", "kernel=builtin:guest", "memory=64")
    try domus.ok("create", "name=two", "kernel=builtin:guest", "memory=64")
    let piped = try domus.run("create", "-", input: "name = 'three'\nkernel = 'builtin:guest'\nmemory = 64\n")
    #expect(piped.status == 0, "\(piped.stderr)")
    let names = try domus.ok("list").split(separator: "\n").map { $0.prefix { $0 != " " } }
    #expect(names == ["Name", "Domain-0", "one", "two", "three"])
  }

  @Test func warningsOfADryRunGoToStandardError() throws {
    let output = try Domus().run("create", "-n", "name=t", "kernel=builtin:guest", "acpi=1")
    #expect(output.status == 0 && output.stdout.isEmpty)
    #expect(output.stderr.contains("warning: 'acpi'"))
  }

  @Test func onlyWordsOfDigitsAreIds() throws {
    let domus = try Domus()
    try domus.createBuiltin("+1")
    try domus.ok("destroy", "+1")
    try domus.createBuiltin("web")
    let id = try #require(try domus.row("web"))[1]
    #expect(try domus.run("destroy", "+\(id)").status != 0)
    #expect(try domus.row("web") != nil)
  }

  @Test func namesOfAnyWidthKeepTheColumnsInPlace() throws {
    let domus = try Domus()
    for name in ["plain", "日本語"] { try domus.createBuiltin(name) }
    for table in ["list", "vcpu-list", "uptime", "sched-credit2"] {
      let rows = try domus.ok(table).split(separator: "\n").filter { $0.contains("plain") || $0.contains("日本語") }
      // Each of the three characters takes two columns.
      let ids = rows.map { row in row.prefix { !$0.isNumber }.reduce(0) { $0 + ($1.isASCII ? 1 : 2) } }
      #expect(Set(ids).count == 1, "\(table): \(rows)")
    }
  }

  @Test func nothingOfAPathReachesTheTerminalRaw() throws {
    let output = try Domus().run("config", "check", "/tmp/\u{1b}[2J\u{202E}.toml")
    #expect(output.status != 0)
    #expect(output.stderr.contains("\\u{1b}[2J\\u{202e}.toml"))
  }

  @Test func aDomainsNameIsNoCommandForTheShellsCompletion() throws {
    let domus = try Domus()
    let trap = domus.directory.appendingPathComponent("trap").path
    for name in ["$(id>trap)", "`id>trap`", "two words", "it's", "a;b"] {
      try domus.ok("create", "name=\"\(name)\"", "kernel=builtin:guest", "memory=64")
    }
    let script = """
      cd '\(domus.directory.path)'; source <("$D" --generate-completion-script bash)
      complete_line() {
        COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMP_LINE="$*"; COMP_POINT=${#COMP_LINE}; COMPREPLY=()
        _domus "$D" "${@: -1}" "${@: -2:1}"
        # What is inserted, as the shell reads it then.
        for word in "${COMPREPLY[@]}"; do eval "printf '<%s>\\n' $word"; done
      }
      complete_line "$D" console ''; complete_line "$D" destroy tw; complete_line "$D" cpupool-destroy ''
      """
    let output = try shell(domus, script)
    let domains = ["<Domain-0>", "<$(id>trap)>", "<`id>trap`>", "<two words>", "<it's>", "<a;b>"]
    #expect(output.stdout.split(separator: "\n").map(String.init) == domains + ["<two words>", "<Pool-0>"])
    #expect(!FileManager.default.fileExists(atPath: trap))
  }
}
