import Foundation
import Testing

/// What operators see when the host process dies, is hung up, or loses its directory.
@Suite(.serialized) struct HostDeathTests {
  private func killHost(_ domus: Domus, _ signal: Int32) throws {
    let pid = try domus.hostPID()
    kill(pid, signal)
    try wait(for: "the host process to be gone") { kill(pid, 0) != 0 }
  }

  private func log(_ domus: Domus) throws -> String { try domus.ok("host", "log") }

  @Test func theNextCommandSaysOnceWhatAKilledHostLost() throws {
    let domus = try Domus()
    try domus.createBuiltin("one")
    try domus.createBuiltin("two")
    try killHost(domus, SIGKILL)
    let status = try domus.run("host", "status")
    #expect(status.status == 1 && status.stderr.contains("domains lost: one"))
    let list = try domus.run("list")
    #expect(list.status == 3 && list.stdout.contains("Domain-0"))
    #expect(list.stderr.contains("domains lost: one, two;"))
    let again = try domus.run("list")
    #expect(again.status == 0 && again.stderr.isEmpty)
    #expect(try log(domus).contains("domains lost: one"))
  }

  @Test func aCrashLeavesItsSignalAndABacktraceInTheLog() throws {
    let domus = try Domus()
    try domus.createBuiltin("one")
    try killHost(domus, SIGILL)
    #expect(try log(domus).contains("this host process ends by SIGILL"))
    #expect(try log(domus).contains("Backtrace:"))
    #expect(try domus.run("list").stderr.contains("it crashed with SIGILL"))
  }

  @Test func aHostThatIsStoppedOnPurposeLosesNothing() throws {
    let domus = try Domus()
    try domus.createBuiltin("one")
    try domus.ok("host", "stop", "--force")
    #expect(try domus.run("list").status == 0)
    try domus.createBuiltin("one")
    try killHost(domus, SIGTERM)
    #expect(try log(domus).contains("SIGTERM ends the host process"))
    #expect(try domus.run("list").status == 0)
  }

  @Test func anOpenTerminalSaysWhatIsLost() throws {
    let domus = try Domus()
    try domus.createBuiltin("one")
    let tmux = try Tmux(environment: ["DOMUS_DIR": domus.directory.path], command: Domus.executable)
    try tmux.expect("one")
    try killHost(domus, SIGKILL)
    try tmux.expect("domains lost: one")
    #expect(try domus.run("list").status == 3)
    try tmux.expect("domains lost: one")
  }

  @Test func hangingUpIsSurvivedAndLogged() throws {
    let domus = try Domus()
    try domus.createBuiltin("one")
    let pid = try domus.hostPID()
    kill(pid, SIGHUP)
    try wait(for: "the log") { try log(domus).contains("SIGHUP") }
    #expect(try domus.hostPID() == pid)
    #expect(try domus.row("one") != nil)
  }

  @Test func aHostWhoseDirectoryIsRemovedIsFoundAndStopped() throws {
    let domus = try Domus()
    try domus.createBuiltin("one")
    let pid = try domus.hostPID()
    try FileManager.default.removeItem(at: domus.directory)
    #expect(try domus.row("one") != nil)
    #expect(try domus.hostPID() == pid)
    try FileManager.default.removeItem(at: domus.directory)
    try domus.ok("host", "stop", "--force")
    #expect(kill(pid, 0) != 0)
  }

  @Test func aConsoleInAPipeSaysThatTheHostStopped() throws {
    let domus = try Domus()
    try domus.createBuiltin("one")
    let console = domus.makeProcess(["console", "one"])
    let (input, output, errors) = (Pipe(), Pipe(), Pipe())
    console.standardInput = input
    console.standardOutput = output
    console.standardError = errors
    try console.run()
    #expect(!output.fileHandleForReading.availableData.isEmpty)
    try domus.ok("host", "stop", "--force")
    console.waitUntilExit()
    #expect(console.terminationStatus == 1)
    let text = String(decoding: errors.fileHandleForReading.availableData, as: UTF8.self)
    #expect(text.contains("the connection to the host ended"))
    withExtendedLifetime(input) {}
  }

  /// Frames as a program of an attacker sends them, through what a key in `authorized_keys` may be bound to.
  @Test func aRelayForLookingLetsNobodyChangeAnything() throws {
    let domus = try Domus()
    try domus.createBuiltin("one")
    let frames = [
      #"{"id":0,"request":"hello","body":{"protocolVersion":2,"readOnly":false,"client":"x","clientVersion":""}}"#,
      #"{"id":1,"request":"hostStop"}"#, #"{"id":2,"request":"snapshot"}"#,
    ].map { "\u{0}\u{0}\u{1}\u{0}" + $0.padding(toLength: 256, withPad: " ", startingAt: 0) }
    let relay = domus.makeProcess(["serve", "--stdio", "--read-only"])
    let (input, output) = (Pipe(), Pipe())
    relay.standardInput = input
    relay.standardOutput = output
    try relay.run()
    try input.fileHandleForWriting.write(contentsOf: Data(frames.joined().utf8))
    var answers = ""
    while !answers.contains(#""name":"one""#) {
      let data = output.fileHandleForReading.availableData
      try #require(!data.isEmpty, "\(answers)")
      answers += String(decoding: data, as: UTF8.self)
    }
    try input.fileHandleForWriting.close()
    relay.waitUntilExit()
    #expect(
      answers.contains(#""readOnly":true"#) && answers.contains("can't stop the host: this connection is read-only"))
    #expect(try domus.row("one") != nil)
  }

  @Test func aTooLongDirectoryIsRefusedBeforeAnythingIsStarted() throws {
    let domus = try Domus()
    var environment = domus.environment
    environment["DOMUS_DIR"] = "/tmp/" + String(repeating: "x", count: 90)
    let output = try domus.run(["list"], environment: environment)
    #expect(output.status == 1 && output.stderr.contains("may have 103"))
    #expect(!FileManager.default.fileExists(atPath: environment["DOMUS_DIR"] ?? ""))
  }

  @Test func aForeignDirectoryIsNamedWithoutAdviceThatWouldHarmIt() throws {
    let domus = try Domus()
    for path in ["/proc", "/tmp", "/dev/null"] {
      let output = try domus.run(["list"], environment: ["DOMUS_DIR": path])
      #expect(output.status == 1 && output.stderr.contains(path) && !output.stderr.contains("chmod"))
    }
  }
}
