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
        scheduler: .credit, pcpus: .of([0]), domains: 0,
        parameters: [.timeSlice: 30_000_000, .rateLimit: 1_000_000, .migrationDelay: 0]),
      PoolSnapshot(name: "rt", scheduler: .rtds, pcpus: .of([1, 2]), domains: 3),
      PoolSnapshot(name: "sedf", scheduler: .sedf, pcpus: .of([3]), domains: 1),
      PoolSnapshot(
        name: "bvt", scheduler: .bvt, pcpus: .of([4]), domains: 0, parameters: [.switchAllowance: 5_000_000]),
      PoolSnapshot(name: "arinc", scheduler: .arinc653, pcpus: .of([5]), domains: 0),
    ]
    change(&sample)
    return sample
  }

  private func state(on name: String, _ change: (inout HostSnapshot) -> Void = { _ in }) -> UIState {
    var state = makeState([Self.sample(change)])
    _ = state.command("select \(name)")
    return state
  }

  /// Those that the palette does not have under their names: `dmesg clear` clears, a config is checked before a domain is made from it, a trace is read by
  /// programs, a domain's view shows its config, and a console has its pane's size.
  private static let left: Set<HypervisorModel.Operation> = [
    .checkConfig, .trace, .showConfig, .resizeConsole, .clearDmesg,
  ]

  @Test(arguments: HypervisorModel.Operation.allCases)
  func everyOperationIsFoundByXLsName(operation: HypervisorModel.Operation) {
    let found = PaletteCommand.all.contains { ([$0.name] + $0.aliases).contains(operation.rawValue) }
    #expect(found != Self.left.contains(operation))
  }

  @Test(
    arguments: [
      (
        "rt", "sched-rtds period=20000",
        .scheduling(reference(3), SchedulingChange(.rtds, [.period: 20000000]))
      ),
      (
        "rt", "sched-rtds vcpu=1 budget=1000 extratime=off",
        .scheduling(reference(3), SchedulingChange(.rtds, vcpu: VCPUID(1), [.budget: 1000000, .extratime: 0]))
      ),
      (
        "db", "sched-sedf period=20 slice=2.5 extra=1 weight=300",
        .scheduling(
          reference(2), SchedulingChange(.sedf, [.weight: 300, .sedfPeriod: 20000000, .slice: 2500000, .extra: 1]))
      ),
      (
        "web1", "sched-parameters pool=Pool-0 tslice=5 ratelimit=0 migration-delay=100",
        .pools(
          .setParameters(
            pool: "Pool-0", change: PoolChange([.timeSlice: 5000000, .rateLimit: 0, .migrationDelay: 100000])))
      ),
      (
        "web1", "sched-parameters switch-allowance=1.5",
        .pools(.setParameters(pool: "rt", change: PoolChange([.switchAllowance: 1500000])))
      ),
      (
        "web1", "sched-arinc653 -p arinc -f 100 web1=40 db/0=20.5",
        .pools(
          .setParameters(
            pool: "arinc",
            change: PoolChange(
              frame: FrameTable(
                majorFrame: .milliseconds(100),
                slots: [
                  .init(domain: reference(1).uuid, runtime: .milliseconds(40)),
                  .init(domain: reference(2).uuid, vcpu: VCPUID(0), runtime: .microseconds(20500)),
                ]))))
      ),
      ("web1", "scheduler sedf", .pools(.switchScheduler(pool: "rt", to: .sedf))),
      (
        "web1", "cpupool-create name=batch cpus=6-7 sched=credit",
        .pools(.create(pool: "batch", scheduler: .credit, pcpus: .of([6, 7])))
      ),
      ("web1", "cpupool-rename bvt warp", .pools(.rename(pool: "bvt", to: "warp"))),
      ("web1", "cpupool-cpu-add bvt 6", .pools(.addPCPUs(pool: "bvt", pcpus: .of([6])))),
      ("web1", "cpupool-cpu-remove rt 2", .pools(.removePCPUs(pool: "rt", pcpus: .of([2])))),
      (
        "web1", "network-attach bridge=xenbr0 mac=00:16:3e:00:00:05",
        .devices(reference(1), .attachNetwork(network: try NetworkSpec(xl: "bridge=xenbr0,mac=00:16:3e:00:00:05")))
      ),
      ("web1", "network-attach", .devices(reference(1), .attachNetwork(network: try NetworkSpec(xl: "")))),
      (
        "web1", "block-attach /srv/data.img,raw,xvdb,rw",
        .devices(reference(1), .attachDisk(disk: try DiskSpec(xl: "/srv/data.img,raw,xvdb,rw")))
      ),
      ("web1", "restore /srv/my web.save", .creation(.restore(path: "/srv/my web.save", paused: false))),
      ("web1", "dmesg", .diagnostics(.dmesg)), ("web1", "dmesg clear", .diagnostics(.clearDmesg)),
      ("web1", "debug-keys h", .diagnostics(.debugKeys(keys: "h"))),
    ] as [(String, String, Request)])
  func linesBecomeRequests(domain: String, line: String, request: Request) {
    // Domain-0 has a single vCPU here, which one pCPU is enough for.
    var state = state(on: domain) { $0.domains[0].vcpus.removeLast() }
    #expect(state.command(line).requests == [request])
  }

  @Test func whatIsNotNamedOfBVTStays() {
    var state = state(on: "db") { sample in sample.pools[2].scheduler = .bvt }
    let change = SchedulingChange(.bvt, [.warpback: 1, .warpValue: 50_000_000])
    #expect(
      state.command("sched-bvt warpback=on warpvalue=50").requests == [.scheduling(reference(2), change)])
  }

  @Test func marksShareTheParameters() {
    var state = state(on: "rt")
    state.marks = [reference(1), reference(3)]
    #expect(
      state.command("sched-rtds budget=2000").requests
        == [reference(1), reference(3)].map {
          .scheduling($0, SchedulingChange(.rtds, [.budget: 2000000]))
        })
  }

  @Test(arguments: [
    ("rt", "sched-rtds", "at least one of period=, budget=, extratime="),
    ("rt", "sched-rtds vcpu=1", "at least one of period="),
    ("rt", "sched-rtds perod=3", "'perod=3' is none of period=, budget="),
    ("rt", "sched-rtds period=1 period=2", "'period' stands there twice"),
    ("rt", "sched-rtds period=5", "a period of 5 µs is out of range; it must be 10 to"),
    ("rt", "sched-rtds budget=20000", "the budget of 20000 µs must not exceed the period of 10000 µs"),
    ("rt", "sched-rtds extratime=maybe", "'maybe' is not a valid extratime; it must be on or off"),
    ("rt", "sched-rtds vcpu=7 budget=100", "rt has no vCPU 7; it has 0 to 1"),
    ("rt", "sched-rtds period=99999999999999999999", "is not a valid period; it must be 10 to 2147483647 µs"),
    ("db", "sched-rtds period=100", "'db' is in cpupool 'sedf', which sedf schedules"),
    ("rt", "sched-sedf slice=1", "'rt' is in cpupool 'rt', which rtds schedules"),
    ("db", "sched-sedf slice=200", "the slice of 200 ms must not exceed the period of 100 ms"),
    ("db", "sched-sedf extra=0", "with neither a slice nor extra time the domain would never run"),
    ("db", "sched-sedf slice=x", "'x' is not a valid slice; it must be 0 (nothing is reserved) or 0.005 to 10000 ms"),
    ("db", "sched-sedf weight=0", "a weight of 0 is out of range; it must be 1 to 65535"),
    ("db", "sched-parameters tslice=2000", "a time slice of 2000 ms is out of range; it must be 1 to 1000 ms"),
    ("db", "sched-parameters ratelimit=50", "it must be 0 (off) or 100 to 500000 µs"),
    ("db", "sched-parameters pool=rt", "at least one of tslice=, ratelimit=, migration-delay="),
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
        [0, 1].map { .scheduling(reference(3), SchedulingChange(.rtds, vcpu: VCPUID($0), [.budget: 4000000])) }
      ),
      (
        "db", "sched-sedf period=20",
        [.scheduling(reference(2), SchedulingChange(.sedf, [.sedfPeriod: 100000000]))]
      ),
      (
        "web1", "sched-parameters pool=Pool-0 tslice=5",
        [.pools(.setParameters(pool: "Pool-0", change: PoolChange([.timeSlice: 30000000])))]
      ),
      ("web1", "sched-arinc653 -p arinc db=5", []),
      ("web1", "cpupool-create name=batch cpus=6", [.pools(.destroy(pool: "batch"))]),
      ("web1", "cpupool-rename bvt warp", [.pools(.rename(pool: "warp", to: "bvt"))]),
      ("web1", "cpupool-cpu-add bvt 6", [.pools(.removePCPUs(pool: "bvt", pcpus: .of([6])))]),
      ("web1", "network-attach", []),
    ] as [(String, String, [Request])])
  func undoBringsTheValuesBack(domain: String, line: String, inverse: [Request]) {
    var state = state(on: domain)
    state.answer(state.command(line))
    #expect(Set(state.type("u").requests) == Set(inverse))
  }

  @Test func undoOfBVTBringsBackWhatWasChanged() {
    var state = state(on: "db") { sample in sample.pools[2].scheduler = .bvt }
    #expect(state.command("sched-bvt warpback=on").count == 1)
    #expect(state.type("u").requests == [.scheduling(reference(2), SchedulingChange(.bvt, [.warpback: 0]))])
  }

  @Test func theJournalHasBothValues() {
    var state = state(on: "rt")
    _ = state.command("sched-rtds budget=1000 extratime=off")
    _ = state.command("sched-parameters pool=Pool-0 ratelimit=500")
    _ = state.command("view log")
    let rows = state.screens[LogScreen.self].table.rows
    #expect(rows.map(\.name) == ["Pool-0", "rt"])
    #expect(rows.map(\.old) == ["1000 µs", "4000 µs, on"])
    #expect(rows.map(\.new) == ["500 µs", "1000 µs, off"])
  }

  // MARK: Questions

  @Test(
    arguments: [
      ("cpupool-destroy bvt", "cpupool-destroy cpupool 'bvt'?", .pools(.destroy(pool: "bvt"))),
      ("network-detach 0", "network-detach domain 'web1'?", .devices(reference(1), .detachNetwork(device: "0"))),
      ("block-detach xvda", "block-detach domain 'web1'?", .devices(reference(1), .detachDisk(device: "xvda"))),
    ] as [(String, String, Request)])
  func whatLosesSomethingIsAskedFirst(line: String, question: String, request: Request) {
    var state = state(on: "web1")
    #expect(state.command(line).isEmpty)
    #expect(state.screen.text.contains(question))
    #expect(state.type("n").isEmpty)
    _ = state.command(line)
    #expect(state.type("y").requests == [request])
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
    let request = Request.creation(.create(source: .file(file), paused: false))
    let create = state.update(.configFileRead(.success(file)))
    #expect(create.requests == [request])
    state.answer(create, .success(.created(reference(9), warnings: ["'vnc' does nothing here"])))
    #expect(state.messages.map(\.text) == ["domain created", "'vnc' does nothing here"])
    #expect(state.update(.configFileRead(.failure(.invalid("web.cfg: there is no such file")))).isEmpty)
    #expect(state.messages.last?.text == "web.cfg: there is no such file")
  }

  @Test func theHypervisorsMessagesAreReadFromTheirEnd() {
    var state = state(on: "web1")
    let dmesg = state.command("dmesg")
    let text =
      (1...40).map { "(XEN) line \($0)\n" }.joined() + "(XEN)\tlong " + String(repeating: "x", count: 90) + "\n"
    state.answer(dmesg, .success(.text(text)))
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
    let dmesg = state.command("dmesg")
    state.type(":we")
    state.answer(dmesg, .success(.text("(XEN) hello\n")))
    guard case .palette = state.mode else { return #expect(Bool(false)) }
    #expect(state.messages.last?.text == "dmesg has answered; ask again to see it")
  }

  @Test func aReadOnlyTerminalMayLook() {
    var options = UIOptions()
    options.isReadOnly = true
    var state = UIState(options: options)
    _ = state.update(.snapshot(Self.sample()))
    #expect(state.command("dmesg").requests == [.diagnostics(.dmesg)])
    for line in [
      "dmesg clear", "create x", "sched-rtds budget=1000", "cpupool-destroy rt", "restore /x", "debug-keys h",
    ] {
      #expect(state.command(line).isEmpty)
      #expect(state.mode == .command)
    }
  }
}
