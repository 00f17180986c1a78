import Foundation
import Testing

/// Schedulers, affinity and cpupools as an operator uses them.
@Suite(.serialized)
struct SchedulerTests {
  private func lines(_ text: String) -> [[String]] {
    text.split(separator: "\n").map { $0.split(whereSeparator: \.isWhitespace).map(String.init) }
  }

  @Test func theSchedulerOfARunningPoolIsExchangedAndWeightsCarryOver() throws {
    let domus = try Domus(pcpus: 1)
    try domus.createBuiltin("light", "cpu_weight = 256", commandLine: "burn=100")
    try domus.createBuiltin("heavy", "cpu_weight = 768", commandLine: "burn=100")
    for scheduler in ["credit", "bvt", "sedf", "credit2"] {
      try domus.ok("sched-switch", "Pool-0", scheduler)
      #expect(lines(try domus.ok("cpupool-list")).last?[2] == scheduler)
      usleep(500_000)
      let before = (try domus.cpuSeconds("light"), try domus.cpuSeconds("heavy"))
      usleep(3_000_000)
      let (light, heavy) = (try domus.cpuSeconds("light") - before.0, try domus.cpuSeconds("heavy") - before.1)
      #expect(abs(light / (light + heavy) - 0.25) < 0.03, "\(scheduler): light \(light) s, heavy \(heavy) s")
    }
    #expect(try domus.run("sched-switch", "Pool-0", "fifo").stderr.contains("credit2"))
  }

  @Test func eachSchedulersParametersAreShownAndSetInItsOwnCommand() throws {
    let domus = try Domus(pcpus: 1)
    try domus.createBuiltin("a", "cpu_weight = 300\ncap = 40")
    #expect(lines(try domus.ok("sched-credit2", "-d", "a")).last == ["a", "1", "300", "40"])
    try domus.ok("sched-credit2", "-s", "-r", "2000", "--cap_period_ms", "20")
    #expect(try domus.ok("sched-credit2").contains("ratelimit=2000us cap-period=20ms"))
    #expect(try domus.run("sched-credit", "-d", "a", "-w", "5").stderr.contains("which credit2 schedules"))

    try domus.ok("sched-switch", "Pool-0", "credit")
    try domus.ok("sched-credit", "-d", "a", "-w", "512", "-c", "50")
    try domus.ok("sched-credit", "-s", "-t", "10", "-m", "100")
    let credit = try domus.ok("sched-credit")
    #expect(credit.contains("tslice=10ms ratelimit=2000us migration-delay=100us cap-period=20ms"))
    #expect(lines(credit).last == ["a", "1", "512", "50"])

    try domus.ok("sched-switch", "Pool-0", "rtds")
    #expect(lines(try domus.ok("sched-rtds")).last == ["a", "1", "0", "10000", "4000", "yes"])
    try domus.ok("sched-rtds", "-d", "a", "-v", "0", "-p", "20000", "-b", "5000", "-e", "0")
    #expect(lines(try domus.ok("sched-rtds", "-d", "a")).last == ["a", "1", "0", "20000", "5000", "no"])
    #expect(try domus.run("sched-rtds", "-d", "a", "-b", "30000").stderr.contains("must not exceed the period"))

    try domus.ok("sched-switch", "Pool-0", "sedf")
    try domus.ok("sched-sedf", "a", "-p", "20", "-s", "2.5", "-e", "1")
    #expect(lines(try domus.ok("sched-sedf", "a")).last == ["a", "1", "20", "2.5", "1", "512"])
    #expect(try domus.run("sched-sedf", "a", "-s", "30").stderr.contains("must not exceed the period of 20 ms"))

    try domus.ok("sched-switch", "Pool-0", "bvt")
    #expect(lines(try domus.ok("sched-bvt", "a")).last == ["a", "1", "5", "0", "0", "2000", "1000"])
    try domus.ok("sched-bvt", "a", "20", "1", "5", "100", "200")
    #expect(lines(try domus.ok("sched-bvt", "a")).last == ["a", "1", "20", "1", "5", "100", "200"])
    try domus.ok("sched-switch", "Pool-0", "credit2")
    #expect(lines(try domus.ok("sched-credit2", "-d", "a")).last == ["a", "1", "128", "50"])
  }

  @Test func aTableOfWindowsIsObeyed() throws {
    let domus = try Domus(pcpus: 1)
    for name in ["a", "b"] { try domus.createBuiltin(name, commandLine: "burn=100") }
    try domus.ok("sched-switch", "Pool-0", "arinc653")
    try domus.ok("sched-arinc653", "-f", "50", "a=20", "b/0=10")
    #expect(lines(try domus.ok("sched-arinc653")).suffix(2) == [["a", "all", "20"], ["b", "0", "10"]])
    usleep(300_000)
    let before = (try domus.cpuSeconds("a"), try domus.cpuSeconds("b"))
    usleep(3_000_000)
    let (a, b) = (try domus.cpuSeconds("a") - before.0, try domus.cpuSeconds("b") - before.1)
    // Windows are of the wall clock, so other programs of this machine can take from one more than from the other.
    #expect(abs(a / b - 2) < 0.5, "a \(a) s, b \(b) s")
    #expect(a < 1.5, "a gets no more than two fifths of the time")
    #expect(try domus.run("sched-arinc653", "-f", "5", "a=20").stderr.contains("don't fit into a major frame of 5 ms"))
  }

  @Test func pinnedVCPUsRunWhereTheyMay() throws {
    let domus = try Domus(pcpus: 3)
    try domus.createBuiltin("a", "vcpus = 2\ncpus = ['1', '2']", commandLine: "smp burn=100")
    func rows() throws -> [[String]] { lines(try domus.ok("vcpu-list", "a")).dropFirst().map { $0 } }
    try wait(for: "both vCPUs to run") { try rows().allSatisfy { $0[4] == "r--" } }
    #expect(try rows().map { [$0[3], $0[6]] } == [["1", "1"], ["2", "2"]])
    try domus.ok("vcpu-pin", "a", "1", "0", "0-1")
    try wait(for: "vCPU 1 to move") { try rows()[1][3] == "0" }
    #expect(try rows()[1].suffix(3) == ["0", "/", "0-1"])
    #expect(try domus.run("vcpu-pin", "a", "0", "7").stderr.contains("which has 0-2"))
    #expect(try domus.run("vcpu-pin", "a", "5", "1").stderr.contains("the domain has 0 to 1"))
  }

  @Test func domainsAndPCPUsMoveBetweenPoolsWithTheirOwnSchedulers() throws {
    let domus = try Domus(pcpus: 2)
    try domus.createBuiltin("a", "vcpus = 2", commandLine: "smp burn=100")
    try domus.ok("cpupool-cpu-remove", "Pool-0", "1")
    try domus.ok("cpupool-create", "name=batch", "sched=credit", "cpus=1")
    let twice = try domus.run("cpupool-create", "name=other", "cpus=1")
    #expect(twice.stderr.contains("pCPU 1 is in cpupool 'batch'"))
    try domus.createBuiltin("b", "pool = 'batch'", commandLine: "burn=100")
    try domus.ok("cpupool-migrate", "a", "batch")
    try wait(for: "the vCPUs to run in their new pool") {
      lines(try domus.ok("vcpu-list", "a")).dropFirst().allSatisfy { $0[3] == "1" }
    }
    let before = try domus.cpuSeconds("a")
    try wait(for: "the domain to go on") { try domus.cpuSeconds("a") > before + 0.1 }
    #expect(lines(try domus.ok("cpupool-list")).last == ["batch", "1", "credit", "y", "2"])
    #expect(try domus.run("cpupool-destroy", "batch").stderr.contains("has 2 domains"))
    #expect(try domus.run("cpupool-cpu-remove", "batch", "1").stderr.contains("one pCPU must stay"))
    try domus.ok("cpupool-rename", "batch", "night")
    for domain in ["a", "b"] { try domus.ok("cpupool-migrate", domain, "Pool-0") }
    try domus.ok("cpupool-destroy", "night")
    try domus.ok("cpupool-cpu-add", "Pool-0", "1")
    #expect(lines(try domus.ok("cpupool-list")).last == ["Pool-0", "2", "credit2", "y", "3"])
    #expect(try domus.cpuSeconds("a") > before)
  }

  @Test func sharesWaitsAndReasonsAreShownForEachVCPU() throws {
    let domus = try Domus(pcpus: 1)
    try domus.createBuiltin("light", commandLine: "burn=100")
    try domus.createBuiltin("heavy", "cpu_weight = 768", commandLine: "burn=100")
    usleep(2_500_000)
    let rows = lines(try domus.ok("vcpu-list", "-s", "light", "heavy")).dropFirst()
    #expect(rows.map { $0[3] } == ["25%", "75%"])
    let figures = rows.map { row in row[4...5].compactMap { Double($0.dropLast()) } }
    try #require(figures.map(\.count) == [2, 2])
    #expect(abs(figures[1][0] / figures[0][0] - 3) < 0.5, "what they got: \(rows)")
    #expect(figures[0][1] > figures[1][1], "who gets less waits more: \(rows)")
    let json = try JSONSerialization.jsonObject(with: Data(domus.ok("list", "-l", "heavy").utf8)) as? [[String: Any]]
    let heavy = try #require(json?.first?["figures"] as? [String: Any])
    #expect(heavy["entitled_percent"] as? Double == 75)
    #expect((heavy["cpu_percent"] as? Double).map { $0 > 0 && $0 <= 100 } == true)
    #expect((heavy["waiting_percent"] as? Double).map { $0 > 0 && $0 <= 100 } == true)
  }

  @Test func theTraceIsReadableAndOpensInPerfetto() throws {
    let domus = try Domus(pcpus: 1)
    for name in ["a", "b"] { try domus.createBuiltin(name, commandLine: "burn=100") }
    usleep(500_000)
    let rows = lines(try domus.ok("sched-trace", "-n", "0.3")).dropFirst()
    #expect(rows.contains { $0.last == "a/0" } && rows.contains { $0.last == "b/0" })
    #expect(rows.allSatisfy { $0.count == 7 && Double($0[0]) ?? 1 <= Double($0[1]) ?? 0 })
    let json = try domus.ok("sched-trace", "-n", "0.3", "--json")
    let trace = try JSONSerialization.jsonObject(with: Data(json.utf8)) as? [String: Any]
    let events = try #require(trace?["traceEvents"] as? [[String: Any]])
    #expect(events.contains { $0["ph"] as? String == "X" && $0["name"] as? String == "a/0" })
    #expect(events.contains { $0["ph"] as? String == "M" })
    #expect(try domus.run("--read-only", "sched-trace").status == 0, "looking is no change")
  }

  @Test func theFairnessSuitePassesOnThisHost() throws {
    let domus = try Domus()
    func check() throws -> Domus.Output {
      try domus.run("sched-check", "-n", "2", "--scheduler", "credit2", "--exchange", "10")
    }
    var result = try check()
    // Other programs of this machine can take its CPUs just then.
    if result.status != 0 { result = try check() }
    #expect(result.status == 0, "\(result.stdout)\(result.stderr)")
    #expect(lines(result.stdout).contains { $0.contains("capped") && $0.last == "ok" })
  }
}
