import Foundation
import Testing

/// Commands, their messages and exit statuses.
@Suite(.serialized)
struct CommandTests {
  @Test func errorsAreOneLineOnStandardErrorAndTheStatusIsNotZero() throws {
    let domus = try Domus()
    let output = try domus.run("destroy", "nobody")
    #expect(output.status != 0)
    #expect(output.stdout.isEmpty)
    #expect(output.stderr == "domus: no domain 'nobody' here; 'domus list' shows what there is\n")
  }

  @Test func configMistakesAreNamedWithFileLineAndColumn() throws {
    let domus = try Domus()
    let config = try domus.file("bad.cfg", "name = 'x'\nkernel = 'builtin:guest'\ndisk = ['phy:/dev/sda,xvda,w']\n")
    let output = try domus.run("create", config)
    #expect(output.status != 0)
    #expect(output.stderr.contains("bad.cfg:3:"))
    #expect(output.stderr.contains("disk"))
    #expect(try domus.row("x") == nil)
  }

  @Test func settingsAfterTheFileOverrideIt() throws {
    let domus = try Domus()
    let config = try domus.file("a.cfg", "name = 'x'\nkernel = 'builtin:guest'\nmemory = 64\n")
    try domus.ok("create", config, "memory=48", "name='y'")
    let row = try #require(try domus.row("y"))
    #expect(row[2] == "48")
  }

  @Test func aNameIsTakenOnlyOnce() throws {
    let domus = try Domus()
    try domus.createBuiltin("one")
    let output = try domus.run("create", domus.directory.appendingPathComponent("one.cfg").path)
    #expect(output.status != 0)
    #expect(output.stderr.contains("a domain 'one' is there already"))
  }

  @Test func domainsAreFoundByIDToo() throws {
    let domus = try Domus()
    try domus.createBuiltin("one")
    let id = try #require(try domus.row("one"))[1]
    try domus.ok("pause", id)
    #expect(try domus.state("one") == "--p---")
  }

  @Test func domain0IsShownAndCanNeitherBePausedNorDestroyed() throws {
    let domus = try Domus()
    #expect(try domus.row("Domain-0")?[1] == "0")
    #expect(try domus.run("destroy", "Domain-0").status != 0)
    #expect(try domus.run("pause", "0").status != 0)
  }

  @Test func readOnlyConnectionsAreRefusedEveryChangeByTheHost() throws {
    let domus = try Domus()
    try domus.createBuiltin("one")
    let output = try domus.run("destroy", "--read-only", "one")
    #expect(output.status != 0)
    #expect(output.stderr.contains("read-only"))
    #expect(try domus.row("one") != nil)
  }

  @Test func schedulerParametersAreShownAndChecked() throws {
    let domus = try Domus()
    try domus.createBuiltin("one", "cpu_weight = 300")
    try domus.ok("sched-credit2", "-d", "one", "-c", "50")
    let rows = try domus.ok("sched-credit2", "-d", "one").split(separator: "\n")
    #expect(rows.last?.split(separator: " ").map(String.init).suffix(2) == ["300", "50"])
    #expect(try domus.run("sched-credit2", "-d", "one", "-w", "0").stderr.contains("1 to 65535"))
  }

  @Test func vcpuListShowsEveryVCPU() throws {
    let domus = try Domus()
    try domus.createBuiltin("four", "vcpus = 4")
    let rows = try domus.ok("vcpu-list", "four").split(separator: "\n").dropFirst()
    #expect(rows.count == 4)
  }

  @Test func infoTellsWhatTheHostIs() throws {
    let domus = try Domus()
    let info = try domus.ok("info")
    #expect(info.contains("engine                 : DomusEngine"))
    #expect(info.contains("engine_scheduler       : credit2"))
  }

  @Test func hostProcessIsStartedOnceReportedAndStopped() throws {
    let domus = try Domus()
    #expect(try domus.run("host", "status").status == 1)
    try domus.createBuiltin("one")
    let status = try domus.ok("host", "status")
    #expect(status.contains("domains   : 2"))
    let second = try domus.run("host", "run")
    #expect(second.status != 0)
    #expect(second.stderr.contains("runs already"))
    let refused = try domus.run("host", "stop")
    #expect(refused.status != 0)
    #expect(refused.stderr.contains("one"))
    try domus.ok("host", "stop", "--force")
    try wait(for: "the host process to end") { try domus.run("host", "status").status == 1 }
    #expect(try domus.ok("host", "log").contains("created"))
  }

  @Test func socketLeftBehindByAKilledHostIsReplaced() throws {
    let domus = try Domus()
    let status = try domus.ok("list") + domus.ok("host", "status")
    let pid = try #require(status.split(separator: "\n").first { $0.hasPrefix("pid") }?.split(separator: " ").last)
    kill(try #require(Int32(pid)), SIGKILL)
    try wait(for: "the host process to be gone") { kill(Int32(pid) ?? 0, 0) != 0 }
    #expect(try domus.ok("list").contains("Domain-0"))
  }

  @Test func batchModePrintsXentopsColumns() throws {
    let domus = try Domus()
    try domus.createBuiltin("one")
    let output = try domus.ok("top", "-b", "-i", "2", "-d", "0.2")
    #expect(output.contains("NAME  STATE   CPU(sec) CPU(%)     MEM(k) MEM(%)"))
    #expect(output.split(separator: "\n").count { $0.contains(" one ") } == 2)
  }

  @Test func terminalUIWithoutATerminalSaysSo() throws {
    let domus = try Domus()
    let output = try domus.run("top")
    #expect(output.status != 0)
    #expect(output.stderr.contains("domus top -b"))
  }
}
