import HypervisorModel

/// What is wrong with a command line, for the operator.
struct PaletteFault: Error {
  let text: String

  init(_ text: String) { self.text = text }
}

/// A command of the palette.
struct PaletteCommand: Sendable {
  let name: String
  /// As the help shows them; those in brackets may be left out.
  let arguments: String
  let help: String
  /// What has a key.
  let command: Command?
  /// Enter takes the suggestion for its argument, as Tab does.
  let takesSuggestion: Bool
  /// What the argument of that number could be.
  let complete: @Sendable (UIState, Int) -> [String]
  let run: @Sendable (inout UIState, [String]) throws(PaletteFault) -> [UIEffect]

  init(
    _ name: String, _ arguments: String = "", _ help: String, command: Command? = nil, takesSuggestion: Bool = false,
    complete: @escaping @Sendable (UIState, Int) -> [String] = { _, _ in [] },
    run: @escaping @Sendable (inout UIState, [String]) throws(PaletteFault) -> [UIEffect]
  ) {
    self.name = name
    self.arguments = arguments
    self.help = help
    self.command = command
    self.takesSuggestion = takesSuggestion
    self.complete = complete
    self.run = run
  }

  var needsArguments: Bool { !arguments.isEmpty && arguments.first != "[" }

  /// All that has a key, then what needs words.
  static let all: [PaletteCommand] = (keyed + domainCommands + screenCommands + settingsCommands).sorted {
    $0.name < $1.name
  }

  private static let byName: [String: PaletteCommand] = {
    var commands: [String: PaletteCommand] = [:]
    for command in all { commands[command.name] = command }
    return commands
  }()

  static func named(_ name: String) -> PaletteCommand? { byName[name] }

  private static let keyed: [PaletteCommand] = KeyBinding.all.compactMap { binding in
    guard let name = binding.name, binding.isInPalette else { return nil }
    return PaletteCommand(name, help: binding.help, command: binding.command)
  }

  private init(_ name: String, help: String, command: Command) {
    self.init(name, "", help, command: command) { state, _ in state.run(command) }
  }

  // MARK: Domains

  private static let domainCommands: [PaletteCommand] = [
    PaletteCommand("weight", "1-65535", "set the weight under the scheduler") {
      state, words throws(PaletteFault) in
      let number = try integer(words, Weight.range, "a weight")
      return state.setWeight(Weight(clamping: number))
    },
    PaletteCommand("cap", "PERCENT", "set the cap, in per cent of a pCPU; 0 is none") {
      state, words throws(PaletteFault) in
      state.setCap(Cap(clamping: try integer(words, Cap.range, "a cap")))
    },
    PaletteCommand("mem-set", "MIB", "ask the guest to shrink or grow to so much memory") {
      state, words throws(PaletteFault) in
      let memory = try memory(words)
      return state.request { .setMemory($0.reference, memory) }
    },
    PaletteCommand("mem-max", "MIB", "set the most memory that it may have") { state, words throws(PaletteFault) in
      let memory = try memory(words)
      return state.request { .setMaxMemory($0.reference, memory) }
    },
    PaletteCommand("vcpu-set", "COUNT", "set the number of vCPUs that are online") {
      state, words throws(PaletteFault) in
      let count = try integer(words, 1...1024, "a number of vCPUs")
      return state.request { .setVCPUs($0.reference, count: count) }
    },
    PaletteCommand(
      "pin", "CPUS [VCPU]", "let its vCPUs, or one, run on these pCPUs only: all, 0-3,5", complete: { _, _ in ["all"] }
    ) { state, words throws(PaletteFault) in
      let (cpus, vcpu) = try affinity(words)
      return state.request { .pinVCPU($0.reference, vcpu, hard: cpus, soft: nil) }
    },
    PaletteCommand(
      "pin-soft", "CPUS [VCPU]", "let its vCPUs, or one, prefer these pCPUs", complete: { _, _ in ["all"] }
    ) { state, words throws(PaletteFault) in
      let (cpus, vcpu) = try affinity(words)
      return state.request { .pinVCPU($0.reference, vcpu, hard: nil, soft: cpus) }
    },
    PaletteCommand("rename", "NAME", "give the selected domain another name") { state, words throws(PaletteFault) in
      let name = try word(words, "the new name")
      guard state.targetRows.count == 1 else { throw PaletteFault("only one domain can have that name") }
      return state.request { .rename($0.reference, to: name) }
    },
    PaletteCommand("pool", "NAME", "move it to another cpupool", complete: { state, _ in state.poolNames }) {
      state, words throws(PaletteFault) in
      let pool = try word(words, "the pool's name")
      return state.request { .moveToPool($0.reference, pool) }
    },
    PaletteCommand("save", "PATH", "write its state to a file on the host, and take it away") {
      state, words throws(PaletteFault) in
      let path = try word(words, "an absolute path on the host")
      guard state.targetRows.count == 1 else { throw PaletteFault("one file holds one domain: mark only one") }
      return state.request { .save($0.reference, path: path, then: .destroy) }
    },
    PaletteCommand("snapshot", "NAME", "keep its memory and disks as they are now") {
      state, words throws(PaletteFault) in
      let name = try word(words, "the snapshot's name")
      return state.request { .snapshot($0.reference, name: name) }
    },
    PaletteCommand("migrate", "HOST", "move it to another host while it runs") { state, words throws(PaletteFault) in
      let host = try word(words, "a host, as ssh names it")
      return state.request { .migrate($0.reference, to: host) }
    },
    PaletteCommand("sysrq", "KEY", "send its kernel a magic SysRq key") { state, words throws(PaletteFault) in
      let key = try word(words, "one letter or digit")
      return state.request { .sysrq($0.reference, key: key) }
    },
    PaletteCommand(
      "trigger", "EVENT [VCPU]", "send it a hardware event",
      complete: { _, place in place == 0 ? Trigger.allCases.map(\.rawValue) : [] }
    ) { state, words throws(PaletteFault) in
      guard let trigger = words.first.flatMap(Trigger.init) else {
        throw PaletteFault("an event is one of " + Trigger.allCases.map(\.rawValue).joined(separator: ", "))
      }
      let vcpu = try vcpu(words, at: 1)
      return state.request { .trigger($0.reference, trigger, vcpu: vcpu) }
    },
    PaletteCommand(
      "scheduler", "NAME [POOL]", "exchange the scheduler of a running pool",
      complete: { state, place in place == 0 ? schedulers : state.poolNames }
    ) { state, words throws(PaletteFault) in
      let scheduler = try word(Array(words.prefix(1)), "the scheduler's name")
      let pool = words.dropFirst().first ?? state.selectedRow?.snapshot.pool ?? PoolSnapshot.standardName
      return state.submit([.switchScheduler(pool: pool, to: scheduler)])
    },
  ]

  private static let schedulers = ["credit", "credit2", "rtds", "null", "arinc653", "sedf", "bvt"]

  // MARK: The screen

  private static let screenCommands: [PaletteCommand] = [
    PaletteCommand(
      "delay", "SECONDS", "set the time between two samples, 0.1 s or more",
      complete: { _, _ in ["0.1", "0.5", "1", "2", "5"] }
    ) { state, words throws(PaletteFault) in
      guard let seconds = words.first.flatMap(Double.init), (0.1...3600).contains(seconds) else {
        throw PaletteFault("a delay is 0.1 to 3600 seconds")
      }
      return state.setInterval(Nanoseconds(UInt64(seconds * 1e9)))
    },
    PaletteCommand("filter", "[WORDS]", "show only some domains; without words: all") { state, words in
      state.apply(filter: words.joined(separator: " "))
      if let fault = state.filterFault { state.show(.failure, fault) }
      return []
    },
    PaletteCommand(
      "sort", "COLUMN [up|down]", "sort this view's table",
      complete: { state, place in
        place == 0 ? state.specs.filter(\.isSortable).map(\.column.rawValue) : ["up", "down"]
      }
    ) { state, words throws(PaletteFault) in
      guard let spec = state.specs.first(where: { $0.column.rawValue == words.first && $0.isSortable }) else {
        throw PaletteFault("there is no column '\(words.first ?? "")' to sort by")
      }
      let order = words.dropFirst().first.map { SortOrder(column: spec.column, isDescending: $0 == "down") }
      state.order(order ?? spec.naturalOrder)
      return []
    },
    PaletteCommand(
      "columns", "NAMES", "show these columns; or xentop's, or the standard ones",
      complete: { state, _ in ["standard", "xentop", "all"] + state.specs.map(\.column.rawValue) }
    ) { state, words throws(PaletteFault) in
      try state.chooseColumns(named: words)
      return []
    },
    PaletteCommand("export", "FILE", "write this view's table into a new file, as CSV") {
      state, words throws(PaletteFault) in
      state.export(to: try word(words, "the file's name"))
    },
    PaletteCommand(
      "view", "NAME", "go to a view", complete: { _, _ in View.allCases.map(\.rawValue) }
    ) { state, words throws(PaletteFault) in
      guard let view = words.first.flatMap(View.init) else {
        throw PaletteFault("a view is one of " + View.allCases.map(\.rawValue).joined(separator: ", "))
      }
      state.show(view)
      return []
    },
    PaletteCommand(
      "select", "NAME", "go to a domain", complete: { state, _ in state.allDomains.map(\.name) }
    ) { state, words throws(PaletteFault) in
      let name = words.joined(separator: " ")
      guard let row = state.tables.domains.rows.first(where: { $0.name == name }) else {
        throw PaletteFault("no domain '\(name)' is shown")
      }
      state.go(to: row.reference)
      return []
    },
  ]

  // MARK: Words

  static func word(_ words: [String], _ what: String) throws(PaletteFault) -> String {
    guard let word = words.first, words.count == 1 else { throw PaletteFault("one word is needed: \(what)") }
    return word
  }

  private static func integer(
    _ words: [String], _ range: ClosedRange<Int>, _ what: String
  ) throws(PaletteFault) -> Int {
    guard words.count == 1, let number = Int(words[0]), range.contains(number) else {
      throw PaletteFault("\(what) is a number from \(range.lowerBound) to \(range.upperBound)")
    }
    return number
  }

  /// MiB, or with a unit: `512`, `2G`.
  private static func memory(_ words: [String]) throws(PaletteFault) -> Bytes {
    let units: [Character: UInt64] = ["k": 1 << 10, "m": 1 << 20, "g": 1 << 30, "t": 1 << 40]
    guard words.count == 1, var digits = words.first?.lowercased() else {
      throw PaletteFault("memory is a number of MiB, or one with k, m, g or t")
    }
    let unit = digits.last.flatMap { units[$0] }
    if unit != nil { digits.removeLast() }
    guard let number = UInt64(digits), number > 0 else {
      throw PaletteFault("'\(words[0])' is no amount of memory: a number of MiB, or one with k, m, g or t")
    }
    let (bytes, overflow) = number.multipliedReportingOverflow(by: unit ?? 1 << 20)
    guard !overflow else { throw PaletteFault("'\(words[0])' is more than any machine has") }
    return Bytes(bytes)
  }

  private static func affinity(_ words: [String]) throws(PaletteFault) -> (CPUSet, VCPUID?) {
    guard let cpus = words.first.flatMap({ CPUSet($0) }) else {
      throw PaletteFault("pCPUs are all, or numbers and ranges as in 0-3,5")
    }
    return (cpus, try vcpu(words, at: 1))
  }

  private static func vcpu(_ words: [String], at place: Int) throws(PaletteFault) -> VCPUID? {
    guard words.indices.contains(place) else { return nil }
    guard let number = Int(words[place]), number >= 0 else {
      throw PaletteFault("'\(words[place])' is no vCPU's number")
    }
    return VCPUID(number)
  }
}

extension UIState {
  var poolNames: [String] { host.snapshot?.pools.map(\.name) ?? [] }

  mutating func setInterval(_ interval: Nanoseconds) -> [UIEffect] {
    self.interval = interval
    show(.info, "a sample every \(Format.fixed(interval.seconds)) s")
    return [.setInterval(interval)]
  }

  /// To this domain, in whichever view.
  mutating func go(to domain: DomainReference) {
    let visible = visibleRows
    tables.domains.select(domain, visible: visible)
    tables.vcpus.select(domain, visible: visible)
    tables.disks.select(domain, visible: visible)
    tables.networks.select(domain, visible: visible)
    tables.scheduler.select(domain, visible: visible)
    detailScroll = 0
  }

  fileprivate mutating func chooseColumns(named names: [String]) throws(PaletteFault) {
    let isOfDomains = view == .overview || view == .scheduler
    switch names.first {
    case "standard" where view == .scheduler: choose(DomainRow.schedulerColumns)
    case let name? where isOfDomains && Column.ofDomains(name) != nil: choose(Column.ofDomains(name) ?? [])
    case "all", "standard": choose(specs.map(\.column))
    default:
      let all = Set(specs.map(\.column))
      let columns = names.map { Column($0) }
      if let unknown = columns.first(where: { !all.contains($0) }) {
        throw PaletteFault("this view has no column '\(unknown.rawValue)'")
      }
      guard !columns.isEmpty, Set(columns).count == columns.count else {
        throw PaletteFault("one column at least, and each once")
      }
      choose(columns)
    }
  }
}
