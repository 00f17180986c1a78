import HypervisorModel

/// Cpupools.
extension PaletteCommand {
  static let poolCommands: [PaletteCommand] = [
    PaletteCommand(
      "pool", "NAME", "move it to another cpupool", aliases: ["cpupool-migrate"],
      complete: { state, words in words.isEmpty ? state.poolNames : [] }
    ) { state, words throws(PaletteFault) in
      let pool = try word(words, "the pool's name")
      return state.request { .pools(.move(domain: $0.reference, pool: pool)) }
    },
    PaletteCommand(
      "cpupool-create", "name=POOL cpus=CPUS [sched=NAME]", "make a cpupool of free pCPUs", settings: createSettings
    ) {
      state, words throws(PaletteFault) in
      try state.submitChecked(try newPool(words))
    },
    PaletteCommand(
      "cpupool-destroy", "POOL", "take a cpupool without domains away",
      complete: { state, words in words.isEmpty ? state.poolNames.filter { $0 != PoolSnapshot.standardName } : [] }
    ) { state, words throws(PaletteFault) in
      try state.submitChecked(.pools(.destroy(pool: try word(words, "the pool's name"))))
    },
    PaletteCommand(
      "cpupool-rename", "POOL NAME", "give a cpupool another name",
      complete: { state, words in words.isEmpty ? state.poolNames : [] }
    ) { state, words throws(PaletteFault) in
      let (pool, name) = try two(words, "the pool's name", "the new one")
      return try state.submitChecked(.pools(.rename(pool: pool, to: name)))
    },
    PaletteCommand(
      "cpupool-cpu-add", "POOL CPUS", "give a cpupool free pCPUs",
      complete: { state, words in
        words.isEmpty ? state.poolNames : words.count == 1 ? state.words(for: state.host.snapshot?.freePCPUs) : []
      }
    ) { state, words throws(PaletteFault) in
      let (pool, cpus) = try two(words, "the pool's name", "pCPUs as in 2-3")
      return try state.submitChecked(.pools(.addPCPUs(pool: pool, pcpus: try pcpus(cpus))))
    },
    PaletteCommand(
      "cpupool-cpu-remove", "POOL CPUS", "take pCPUs out of a cpupool",
      complete: { state, words in
        words.isEmpty ? state.poolNames : words.count == 1 ? state.words(for: state.pool(named: words[0])?.pcpus) : []
      }
    ) { state, words throws(PaletteFault) in
      let (pool, cpus) = try two(words, "the pool's name", "pCPUs as in 2-3")
      return try state.submitChecked(.pools(.removePCPUs(pool: pool, pcpus: try pcpus(cpus))))
    },
  ]

  private static func newPool(_ words: [String]) throws(PaletteFault) -> Request {
    let needed = "name=POOL cpus=0-1 [sched=credit2]"
    if let word = words.first(where: { !$0.contains("=") }) {
      throw PaletteFault("'\(word)' is no setting: \(needed) is needed")
    }
    guard !words.isEmpty else { throw PaletteFault("\(needed) is needed") }
    let values = try PaletteValues(words, createSettings)
    guard let name = values["name"], !name.isEmpty, let cpus = values["cpus"], values["sched"] != "" else {
      throw PaletteFault("\(needed) is needed")
    }
    let scheduler = try values["sched"].map { word throws(PaletteFault) in try Self.scheduler(word) }
    return .pools(.create(pool: name, scheduler: scheduler, pcpus: try pcpus(cpus)))
  }

  /// Those of xlcpupool.cfg(5).
  private static let createSettings = [
    PaletteSetting("name", "the pool's name"),
    PaletteSetting("cpus", "pCPUs that are free") { state, _ in state.words(for: state.host.snapshot?.freePCPUs) },
    PaletteSetting("sched", "its scheduler; without it the host's") { _, _ in Scheduler.allCases.map(\.rawValue) },
  ]
}

extension UIState {
  /// The whole set, and each pCPU by itself.
  fileprivate func words(for pcpus: CPUSet?) -> [String] {
    guard let pcpus, !pcpus.numbers.isEmpty else { return [] }
    let each = pcpus.numbers.map { "\($0)" }
    return each.count == 1 ? each : [pcpus.description] + each
  }
}
