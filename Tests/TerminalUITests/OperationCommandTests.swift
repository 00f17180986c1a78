import HypervisorModel
import Testing

@testable import TerminalUI

/// What a host can be asked for by the palette, beyond weights, caps and the life of domains.
@Suite struct OperationCommandTests {
  /// Three domains with all schedulers' parameters, in the pools of those; pCPUs 6 and 7 are free.
  static func sample(_ change: (inout HostSnapshot) -> Void = { _ in }) -> HostSnapshot {
    var (web, db, rt) = (busyDomain(1, "web1", seconds: 1), domain(2, "db"), domain(3, "rt", vcpus: 2))
    web.pool = "rt"
    rt.pool = "rt"
    for index in web.vcpus.indices { web.vcpus[index].realTime = RealTimeParameters() }
    for index in rt.vcpus.indices { rt.vcpus[index].realTime = RealTimeParameters() }
    (db.pool, db.sedf, db.bvt) = ("sedf", SEDFParameters(), BVTParameters())
    var zero = domain(0, "Domain-0", vcpus: 2)
    zero.pool = "rt"
    for index in zero.vcpus.indices { zero.vcpus[index].realTime = RealTimeParameters() }
    var sample = snapshot(at: 1000, [zero, web, db, rt], busy: Array(repeating: 0, count: 8))
    for index in 6...7 { sample.pcpus[index].pool = nil }
    sample.pools = [
      PoolSnapshot(
        scheduler: "credit", pcpus: .of([0]), domains: 0, timeSlice: .milliseconds(30), rateLimit: .milliseconds(1),
        migrationDelay: .zero),
      PoolSnapshot(name: "rt", scheduler: "rtds", pcpus: .of([1, 2]), domains: 3),
      PoolSnapshot(name: "sedf", scheduler: "sedf", pcpus: .of([3]), domains: 1),
      PoolSnapshot(name: "bvt", scheduler: "bvt", pcpus: .of([4]), domains: 0, switchAllowance: .milliseconds(5)),
      PoolSnapshot(name: "arinc", scheduler: "arinc653", pcpus: .of([5]), domains: 0),
    ]
    change(&sample)
    return sample
  }

  private func state(on name: String, _ change: (inout HostSnapshot) -> Void = { _ in }) -> UIState {
    var state = makeState([Self.sample(change)])
    _ = state.command("select \(name)")
    return state
  }

  /// Those that the palette does not have: a config is checked before a domain is made from it, a trace is read by
  /// programs, a domain's view shows its config, and a console has its pane's size.
  private static let left: Set<HypervisorModel.Operation> = [.checkConfig, .trace, .showConfig, .resizeConsole]

  @Test(arguments: HypervisorModel.Operation.allCases)
  func everyOperationIsFoundByXLsName(operation: HypervisorModel.Operation) {
    let found = PaletteCommand.all.contains { ([$0.name] + $0.aliases).contains(operation.rawValue) }
    #expect(found != Self.left.contains(operation))
  }

  @Test(
    arguments: [
      (
        "rt", "sched-rtds period=20000",
        .setRTDS(reference(3), nil, period: .milliseconds(20), budget: nil, extratime: nil)
      ),
      (
        "rt", "sched-rtds vcpu=1 budget=1000 extratime=off",
        .setRTDS(reference(3), VCPUID(1), period: nil, budget: .milliseconds(1), extratime: false)
      ),
      (
        "db", "sched-sedf period=20 slice=2.5 extra=1 weight=300",
        .setSEDF(
          reference(2), weight: Weight(clamping: 300), period: .milliseconds(20), slice: .microseconds(2500),
          extratime: true)
      ),
      (
        "web1", "sched-parameters pool=Pool-0 tslice=5 ratelimit=0 migration-delay=100",
        .setPoolParameters(
          pool: "Pool-0",
          PoolChange(timeSlice: .milliseconds(5), rateLimit: .zero, migrationDelay: .microseconds(100)))
      ),
      (
        "web1", "sched-parameters switch-allowance=1.5",
        .setPoolParameters(pool: "rt", PoolChange(switchAllowance: .microseconds(1500)))
      ),
      (
        "web1", "sched-arinc653 -p arinc -f 100 web1=40 db/0=20.5",
        .setPoolParameters(
          pool: "arinc",
          PoolChange(
            frame: FrameTable(
              majorFrame: .milliseconds(100),
              slots: [
                .init(domain: reference(1).uuid, runtime: .milliseconds(40)),
                .init(domain: reference(2).uuid, vcpu: VCPUID(0), runtime: .microseconds(20500)),
              ])))
      ),
      ("web1", "scheduler sedf", .switchScheduler(pool: "rt", to: "sedf")),
      (
        "web1", "cpupool-create name=batch cpus=6-7 sched=credit",
        .createPool(name: "batch", scheduler: "credit", pcpus: .of([6, 7]))
      ),
      ("web1", "cpupool-rename bvt warp", .renamePool("bvt", to: "warp")),
      ("web1", "cpupool-cpu-add bvt 6", .addToPool("bvt", .of([6]))),
      ("web1", "cpupool-cpu-remove rt 2", .removeFromPool("rt", .of([2]))),
      (
        "web1", "network-attach bridge=xenbr0 mac=00:16:3e:00:00:05",
        .attachNetwork(reference(1), "bridge=xenbr0,mac=00:16:3e:00:00:05")
      ),
      ("web1", "network-attach", .attachNetwork(reference(1), "")),
      ("web1", "block-attach /srv/data.img,raw,xvdb,rw", .attachDisk(reference(1), "/srv/data.img,raw,xvdb,rw")),
      ("web1", "restore /srv/my web.save", .restore(path: "/srv/my web.save", paused: false)),
      ("web1", "dmesg", .dmesg(clear: false)), ("web1", "dmesg clear", .dmesg(clear: true)),
      ("web1", "debug-keys h", .debugKeys("h")),
    ] as [(String, String, Request)])
  func linesBecomeRequests(domain: String, line: String, request: Request) {
    // Domain-0 has a single vCPU here, which one pCPU is enough for.
    var state = state(on: domain) { $0.domains[0].vcpus.removeLast() }
    #expect(state.command(line) == [.perform(request)])
  }

  @Test func whatIsNotNamedOfBVTStays() {
    var state = state(on: "db") { sample in sample.pools[2].scheduler = "bvt" }
    var wanted = BVTParameters()
    (wanted.isWarped, wanted.warpValue) = (true, .milliseconds(50))
    #expect(state.command("sched-bvt warpback=on warpvalue=50") == [.perform(.setBVT(reference(2), wanted))])
  }

  @Test func marksShareTheParameters() {
    var state = state(on: "rt")
    state.marks = [reference(1), reference(3)]
    #expect(
      state.command("sched-rtds budget=2000")
        == [reference(1), reference(3)].map {
          .perform(.setRTDS($0, nil, period: nil, budget: .milliseconds(2), extratime: nil))
        })
  }

  @Test(arguments: [
    ("rt", "sched-rtds", "at least one is needed of period=, budget=, extratime="),
    ("rt", "sched-rtds vcpu=1", "at least one is needed of period="),
    ("rt", "sched-rtds perod=3", "'perod=3' is none of period=, budget="),
    ("rt", "sched-rtds period=1 period=2", "'period' stands there twice"),
    ("rt", "sched-rtds period=5", "a period of 5 µs is out of range; it must be 10 to"),
    ("rt", "sched-rtds budget=20000", "the budget of 20000 µs must not exceed the period of 10000 µs"),
    ("rt", "sched-rtds extratime=maybe", "extratime is on or off, not 'maybe'"),
    ("rt", "sched-rtds vcpu=7 budget=100", "there is no vCPU 7; rt has 0 to 1"),
    ("rt", "sched-rtds period=99999999999999999999", "period is a number from 0"),
    ("db", "sched-rtds period=100", "'db' is in cpupool 'sedf', which sedf schedules"),
    ("rt", "sched-sedf slice=1", "'rt' is in cpupool 'rt', which rtds schedules"),
    ("db", "sched-sedf slice=200", "a slice of 200 ms is out of range"),
    ("db", "sched-sedf extra=0", "with neither a slice nor extra time the domain would never run"),
    ("db", "sched-sedf slice=x", "slice is a number of ms, not 'x'"),
    ("db", "sched-sedf weight=0", "weight is a number from 1 to 65535, not '0'"),
    ("db", "sched-parameters tslice=2000", "the time slice must be 1 to 1000 ms"),
    ("db", "sched-parameters ratelimit=50", "the rate limit must be 0 or 100 to 500000 µs"),
    ("db", "sched-parameters pool=rt", "what shall hold for the pool is missing"),
    ("db", "sched-arinc653", "slots are needed, such as web=40"),
    ("db", "sched-arinc653 -f 10 db=20", "don't fit into a major frame of 10 ms"),
    ("db", "sched-arinc653 -f", "a word is missing after -f"), ("db", "sched-arinc653 nobody=3", "no domain 'nobody'"),
    ("db", "sched-arinc653 db", "'db' is no slot; write DOMAIN=MS"),
    ("db", "cpupool-create cpus=6", "name=POOL cpus=0-1 [sched=credit2] is needed"),
    ("db", "cpupool-create name=x cpus=a", "pCPUs are all, or numbers and ranges"),
    ("db", "cpupool-rename rt", "two words are needed"), ("db", "cpupool-cpu-add rt x", "pCPUs are all, or"),
    ("db", "network-detach", "the interface's number or MAC address"), ("db", "block-attach", "the disk is needed"),
    ("db", "restore web.save", "an absolute path on the host is needed"), ("db", "create", "the config file is needed"),
    ("db", "dmesg all", "only 'clear' may stand"), ("db", "vcpu-pin 0 1", "here it is 'pin CPUS [VCPU]'"),
  ])
  func whatIsWrongIsSaidAndTheLineStays(domain: String, line: String, fault: String) {
    var state = state(on: domain)
    #expect(state.command(line).isEmpty)
    #expect(state.messages.contains { $0.text.contains(fault) })
    #expect(state.screen.lines[23].hasPrefix(" :" + line))
  }

  @Test func helpFitsBesideTheNamesInAnOrdinaryTerminal() {
    for command in PaletteCommand.all where !command.arguments.isEmpty {
      let beginning = max(command.name.count + 2, 16) + 2
      #expect(beginning + command.usage.count - command.name.count + 1 + command.help.count <= 80, "\(command.name)")
    }
  }

  // MARK: Completion

  private func words(_ state: UIState, _ line: String) -> [String] { state.suggestions(Palette(line)).map(\.word) }

  @Test func xlsNamesAreFoundAndTheCommandStandsThereOnce() {
    let state = state(on: "rt")
    #expect(words(state, "vcpu-p") == ["pin", "pin-soft"])
    #expect(words(state, "cpupool-m") == ["pool"])
    #expect(words(state, "sched-credit") == ["cap", "weight"])
  }

  @Test func keysAreSuggestedOnceAndThenTheirValues() {
    var state = state(on: "rt")
    #expect(words(state, "sched-rtds ") == ["period=", "budget=", "extratime=", "vcpu="])
    #expect(words(state, "sched-rtds period=5 ") == ["budget=", "extratime=", "vcpu="])
    #expect(words(state, "sched-rtds budget=") == ["budget=4000"])
    #expect(words(state, "sched-rtds extratime=o") == ["extratime=on", "extratime=off"])
    #expect(words(state, "sched-parameters pool=r") == ["pool=rt"])
    state.type(":sched-rtds bud")
    state.press(.tab)
    expectScreen("palette-settings", state.screen)
    state.press(.tab)
    #expect(state.press(.enter).count == 1)
  }

  @Test func namesOfTheHostAreSuggested() {
    let state = state(on: "web1")
    #expect(words(state, "cpupool-destroy ") == ["rt", "sedf", "bvt", "arinc"])
    #expect(words(state, "cpupool-cpu-add bvt ") == ["6-7", "6", "7"])
    #expect(words(state, "cpupool-cpu-remove rt ") == ["1-2", "1", "2"])
    #expect(words(state, "cpupool-create cpus=6") == ["cpus=6-7", "cpus=6"])
    #expect(words(state, "network-detach ") == ["0", "00:16:3e:00:00:01"])
    #expect(words(state, "block-detach x") == ["xvda"])
    #expect(words(state, "sched-arinc653 -p a") == ["arinc"])
    #expect(words(state, "sched-arinc653 w") == ["web1="])
    #expect(words(state, "pin ") == ["all", "1-2"])
  }

  // MARK: Undo

  @Test(
    arguments: [
      (
        "rt", "sched-rtds budget=1000",
        [0, 1].map { .setRTDS(reference(3), VCPUID($0), period: nil, budget: .milliseconds(4), extratime: nil) }
      ),
      (
        "db", "sched-sedf period=20",
        [.setSEDF(reference(2), weight: nil, period: .milliseconds(100), slice: nil, extratime: nil)]
      ),
      (
        "web1", "sched-parameters pool=Pool-0 tslice=5",
        [.setPoolParameters(pool: "Pool-0", PoolChange(timeSlice: .milliseconds(30)))]
      ),
      ("web1", "sched-arinc653 -p arinc db=5", []),
      ("web1", "cpupool-create name=batch cpus=6", [.destroyPool("batch")]),
      ("web1", "cpupool-rename bvt warp", [.renamePool("warp", to: "bvt")]),
      ("web1", "cpupool-cpu-add bvt 6", [.removeFromPool("bvt", .of([6]))]),
      ("web1", "network-attach", []),
    ] as [(String, String, [Request])])
  func undoBringsTheValuesBack(domain: String, line: String, inverse: [Request]) {
    var state = state(on: domain)
    for case .perform(let request, on: _) in state.command(line) {
      _ = state.update(.reply(to: request, .success(.done)))
    }
    #expect(Set(state.type("u")) == Set(inverse.map { .perform($0) }))
  }

  @Test func undoOfBVTBringsAllOfItBack() {
    var state = state(on: "db") { sample in sample.pools[2].scheduler = "bvt" }
    #expect(state.command("sched-bvt warpback=on").count == 1)
    #expect(state.type("u") == [.perform(.setBVT(reference(2), BVTParameters()))])
  }

  @Test func theJournalHasBothValues() {
    var state = state(on: "rt")
    _ = state.command("sched-rtds budget=1000 extratime=off")
    _ = state.command("sched-parameters pool=Pool-0 ratelimit=500")
    _ = state.command("view log")
    let rows = state.screens[LogScreen.self].table.rows
    #expect(rows.map(\.name) == ["Pool-0", "rt"])
    #expect(rows.map(\.old) == ["1 ms", "4/10 ms +"])
    #expect(rows.map(\.new) == ["0.5 ms", "1/10 ms"])
  }

  // MARK: Questions

  @Test(
    arguments: [
      ("cpupool-destroy bvt", "cpupool-destroy cpupool 'bvt'?", .destroyPool("bvt")),
      ("network-detach 0", "network-detach domain 'web1'?", .detachNetwork(reference(1), "0")),
      ("block-detach xvda", "block-detach domain 'web1'?", .detachDisk(reference(1), "xvda")),
    ] as [(String, String, Request)])
  func whatLosesSomethingIsAskedFirst(line: String, question: String, request: Request) {
    var state = state(on: "web1")
    #expect(state.command(line).isEmpty)
    #expect(state.screen.text.contains(question))
    #expect(state.type("n").isEmpty)
    _ = state.command(line)
    #expect(state.type("y") == [.perform(request)])
  }

  @Test(arguments: [
    ("sched-rtds budget=1000", "with 1 ms in every 10 ms, busy guests can leave"),
    ("sched-rtds extratime=off", "without extra time, Domain-0's vCPUs get 4 ms in every"),
    ("cpupool-cpu-remove rt 2", "Domain-0 would have to do with a single pCPU"),
  ])
  func whatCanStarveDomain0IsOnTrial(line: String, warning: String) {
    var state = state(on: "Domain-0")
    #expect(state.command(line).isEmpty)
    #expect(state.screen.text.contains(warning))
    #expect(state.type("y").count == 1)
    guard case .trial = state.mode else { return #expect(Bool(false)) }
    #expect(!state.type("n").isEmpty)
  }

  @Test func moreForDomain0IsNotAskedFor() {
    var state = state(on: "Domain-0")
    #expect(state.command("sched-rtds budget=5000").count == 1)
    #expect(state.command("cpupool-cpu-remove bvt 4").count == 1)
  }

  // MARK: Config files and texts

  @Test func aDomainIsMadeFromAFileOnTheOperatorsSide() {
    var state = state(on: "web1")
    #expect(
      state.command("create ~/web.cfg vcpus=2") == [.readConfigFile(path: "~/web.cfg", settings: ["vcpus=2"])])
    let file = ConfigFileText(name: "web.cfg", text: "name = 'x'", settings: ["vcpus=2"], directory: "/home")
    let request = Request.create(.file(file), paused: false)
    #expect(state.update(.configFileRead(.success(file))) == [.perform(request)])
    _ = state.update(.reply(to: request, .success(.created(reference(9), warnings: ["'vnc' does nothing here"]))))
    #expect(state.messages.map(\.text) == ["the domain is made", "'vnc' does nothing here"])
    #expect(state.update(.configFileRead(.failure(.invalid("web.cfg: there is no such file")))).isEmpty)
    #expect(state.messages.last?.text == "web.cfg: there is no such file")
  }

  @Test func theHypervisorsMessagesAreReadFromTheirEnd() {
    var state = state(on: "web1")
    _ = state.command("dmesg")
    let text =
      (1...40).map { "(XEN) line \($0)\n" }.joined() + "(XEN)\tlong " + String(repeating: "x", count: 90) + "\n"
    _ = state.update(.reply(to: .dmesg(clear: false), .success(.text(text))))
    expectScreen("dmesg", state.screen)
    state.press(.home)
    #expect(state.screen.lines[1].contains("(XEN) line 1 "))
    state.press(.down)
    state.press(.pageDown)
    #expect(state.screen.lines[1].contains("(XEN) line 12 "))
    _ = state.update(.resize(Size(columns: 1, rows: 1)))
    #expect(state.screen.lines.count == 1)
    state.press(.escape)
    #expect(state.mode == .command)
  }

  @Test func aTextWaitsForNoOneWhoTypes() {
    var state = state(on: "web1")
    state.type(":we")
    _ = state.update(.reply(to: .dmesg(clear: false), .success(.text("(XEN) hello\n"))))
    guard case .palette = state.mode else { return #expect(Bool(false)) }
    #expect(state.messages.last?.text == "dmesg has answered; ask again to see it")
  }

  @Test func aReadOnlyTerminalMayLook() {
    var options = UIOptions()
    options.isReadOnly = true
    var state = UIState(options: options)
    _ = state.update(.snapshot(Self.sample()))
    #expect(state.command("dmesg") == [.perform(.dmesg(clear: false))])
    for line in ["dmesg clear", "create x", "sched-rtds budget=1", "cpupool-destroy rt", "restore /x", "debug-keys h"] {
      #expect(state.command(line).isEmpty)
      #expect(state.mode == .command)
    }
  }
}
