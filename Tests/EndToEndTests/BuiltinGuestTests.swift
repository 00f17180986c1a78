import Foundation
import Testing

/// What an operator does with small guests, by the real program.
@Suite(.serialized)
struct BuiltinGuestTests {
  @Test func createdDomainIsListedWithItsNameAndStateAndAnswersOnItsConsole() throws {
    let domus = try Domus()
    try domus.createBuiltin("one")
    #expect(try domus.row("one") != nil)
    let console = try ConsoleClient(domus, "one")
    defer { console.detach() }
    try console.expect("guest> ")
    try console.type("echo hello from a guest\r")
    try console.expect("\nhello from a guest")
    try wait(for: "an idle guest to be blocked") { try domus.state("one") == "-b----" }
  }

  @Test func whatAGuestPrintsThatEndsAtOnceIsShownAndHowItEnded() throws {
    let domus = try Domus()
    let kernel = Domus.sourceTree.appendingPathComponent("Guests/build/fuzz.elf").path
    let config = try domus.file("short.cfg", "name = 'short'\nkernel = '\(kernel)'\nmemory = 32\nextra = 'rounds=0'\n")
    for _ in 1...10 {
      let output = try domus.watch("create", "-c", config)
      #expect(output.status == 0)
      #expect(output.stdout.contains("fuzz: 0 rounds"))
      #expect(output.stderr.contains("domain 'short' powered off"))
    }
  }

  @Test func pipedConsoleEndsAfterTheAnswer() throws {
    let domus = try Domus()
    try domus.createBuiltin("one")
    let output = try domus.run("console", "one", input: "echo piped\r")
    #expect(output.status == 0)
    #expect(output.stdout.contains("\npiped") || output.stdout.contains("\r\npiped"))
  }

  @Test func pausedDomainUsesNoCPUUntilItIsUnpaused() throws {
    let domus = try Domus()
    try domus.createBuiltin("burner", commandLine: "burn=100")
    try wait(for: "the guest to burn") { try domus.cpuSeconds("burner") > 0.2 }
    try domus.ok("pause", "burner")
    #expect(try domus.state("burner") == "--p---")
    let before = try domus.cpuSeconds("burner")
    usleep(500_000)
    #expect(try domus.cpuSeconds("burner") == before)
    #expect(try domus.run("pause", "burner").stderr.contains("it is paused"))
    try domus.ok("unpause", "burner")
    try wait(for: "the guest to go on") { try domus.cpuSeconds("burner") > before }
  }

  @Test func powerOffTakesTheDomainAway() throws {
    let domus = try Domus()
    try domus.createBuiltin("one")
    try domus.run("console", "one", input: "poweroff\r")
    try wait(for: "the domain to go") { try domus.row("one") == nil }
  }

  @Test func powerOffKeepsTheDomainWhereTheConfigSaysSo() throws {
    let domus = try Domus()
    try domus.createBuiltin("one", "on_poweroff = 'preserve'")
    try domus.run("console", "one", input: "poweroff\r")
    try wait(for: "the shutdown state") { try domus.state("one") == "---s--" }
    try domus.ok("destroy", "one")
    #expect(try domus.row("one") == nil)
  }

  @Test func rebootGivesTheDomainANewIDAndKeepsItsConsole() throws {
    let domus = try Domus()
    try domus.createBuiltin("one")
    let id = try #require(try domus.row("one"))[1]
    let console = try ConsoleClient(domus, "one")
    defer { console.detach() }
    try console.expect("guest> ")
    try console.type("reboot\r")
    try console.expect("guest> ")
    #expect(try #require(try domus.row("one"))[1] != id)
    try console.type("echo again\r")
    try console.expect("\nagain")
  }

  @Test func panicAndRunawayTrapsEndAsCrashed() throws {
    let domus = try Domus()
    for command in ["panic", "crash"] {
      try domus.createBuiltin(command, "on_crash = 'preserve'")
      try domus.run("console", command, input: "\(command)\r")
      try wait(for: "the crashed state after \(command)") { try domus.state(command) == "---sc-" }
    }
  }

  @Test func weightsDivideOnePhysicalCPU() throws {
    let domus = try Domus(pcpus: 1)
    try domus.createBuiltin("light", "cpu_weight = 256", commandLine: "burn=100")
    try domus.createBuiltin("heavy", "cpu_weight = 512", commandLine: "burn=100")
    usleep(1_000_000)
    let before = (try domus.cpuSeconds("light"), try domus.cpuSeconds("heavy"))
    usleep(10_000_000)
    let light = try domus.cpuSeconds("light") - before.0
    let heavy = try domus.cpuSeconds("heavy") - before.1
    #expect(abs(light / (light + heavy) - 1.0 / 3) < 0.03, "light \(light) s, heavy \(heavy) s")

    // A change acts on running guests.
    try domus.ok("sched-credit2", "-d", "light", "-w", "1536")
    let changed = (try domus.cpuSeconds("light"), try domus.cpuSeconds("heavy"))
    usleep(5_000_000)
    let lightNow = try domus.cpuSeconds("light") - changed.0
    let heavyNow = try domus.cpuSeconds("heavy") - changed.1
    #expect(abs(lightNow / (lightNow + heavyNow) - 0.75) < 0.03, "light \(lightNow) s, heavy \(heavyNow) s")
  }

  @Test func capLimitsADomainThatWantsMore() throws {
    let domus = try Domus(pcpus: 1)
    try domus.createBuiltin("capped", "cap = 25", commandLine: "burn=100")
    usleep(1_000_000)
    let before = try domus.cpuSeconds("capped")
    let start = Date()
    usleep(4_000_000)
    let used = try domus.cpuSeconds("capped") - before
    let wall = Date().timeIntervalSince(start)
    #expect(used / wall < 0.28, "\(used) s of \(wall) s")
  }

  @Test func killedClientLeavesTheGuestsAlone() throws {
    let domus = try Domus()
    try domus.createBuiltin("one")
    let console = try ConsoleClient(domus, "one")
    try console.expect("guest> ")
    kill(console.pid, SIGKILL)
    let next = try ConsoleClient(domus, "one")
    defer { next.detach() }
    try next.expect("guest> ")
    try next.type("echo alive\r")
    try next.expect("\nalive")
    console.detach()
  }
}
