import HypervisorModel

/// Parameters of the schedulers but weight and cap; keys and units are those of the commands of the same names.
extension PaletteCommand {
  static let schedulerCommands: [PaletteCommand] = [
    PaletteCommand(
      "scheduler", "NAME [POOL]", "exchange the scheduler of a running pool", aliases: ["sched-switch"],
      complete: { state, words in words.isEmpty ? schedulers : words.count == 1 ? state.poolNames : [] }
    ) { state, words throws(PaletteFault) in
      let scheduler = try word(Array(words.prefix(1)), "the scheduler's name")
      return try state.submitChecked(
        .switchScheduler(pool: words.dropFirst().first ?? state.presentPool, to: scheduler))
    },
    realTime, sedf, bvt, pool, frame,
  ]

  static let schedulers = ["credit", "credit2", "rtds", "null", "arinc653", "sedf", "bvt"]

  // MARK: Domains

  private static let realTime = PaletteCommand(
    "sched-rtds", "KEY=VALUE...", "real-time parameters of its vCPUs", settings: realTimeSettings
  ) { state, words throws(PaletteFault) in
    let values = try PaletteValues(words, realTimeSettings)
    let vcpu = try values.vcpu("vcpu")
    let period = try values.microseconds("period")
    let budget = try values.microseconds("budget")
    let extratime = try values.flag("extratime")
    guard period != nil || budget != nil || extratime != nil else {
      throw PaletteFault("at least one is needed of period=, budget=, extratime=")
    }
    return try state.requestChecked {
      .setRTDS($0.reference, vcpu, period: period, budget: budget, extratime: extratime)
    }
  }

  private static let realTimeSettings = [
    PaletteSetting("period", "µs, 10 or more") { state, before in
      state.realTime(of: before["vcpu"]).map { ["\($0.period.rawValue / 1000)"] } ?? []
    },
    PaletteSetting("budget", "µs in each period") { state, before in
      state.realTime(of: before["vcpu"]).map { ["\($0.budget.rawValue / 1000)"] } ?? []
    },
    PaletteSetting("extratime", "whether it also gets what others leave") { state, before in
      switchValues(state.realTime(of: before["vcpu"])?.extratime)
    },
    PaletteSetting("vcpu", "one vCPU's number; without it all") { state, _ in
      ["all"] + (state.selectedRow?.snapshot.vcpus.map { "\($0.id.rawValue)" } ?? [])
    },
  ]

  private static let sedf = PaletteCommand(
    "sched-sedf", "KEY=VALUE...", "parameters of the sedf scheduler", settings: sedfSettings
  ) { state, words throws(PaletteFault) in
    let values = try PaletteValues(words, sedfSettings)
    let weight = try values.number("weight", Weight.range).map { Weight(clamping: $0) }
    let period = try values.milliseconds("period")
    let slice = try values.milliseconds("slice")
    let extra = try values.flag("extra")
    return try state.requestChecked {
      .setSEDF($0.reference, weight: weight, period: period, slice: slice, extratime: extra)
    }
  }

  private static let sedfSettings = [
    PaletteSetting("period", "ms, 0.01 to 10000") { state, _ in state.sedf.map { [$0.period.milliseconds] } ?? [] },
    PaletteSetting("slice", "ms in each period; 0: nothing is reserved") { state, _ in
      state.sedf.map { [$0.slice.milliseconds] } ?? []
    },
    PaletteSetting("extra", "whether it also gets what others leave") { state, _ in switchValues(state.sedf?.extratime)
    },
    PaletteSetting("weight", "for what others leave, 1 to 65535") { state, _ in
      state.selectedRow?.weight.map { ["\($0.rawValue)"] } ?? []
    },
  ]

  private static let bvt = PaletteCommand(
    "sched-bvt", "KEY=VALUE...", "parameters of the bvt scheduler", settings: bvtSettings
  ) { state, words throws(PaletteFault) in
    let values = try PaletteValues(words, bvtSettings)
    let advance = try values.number("mcuadv", BVTParameters.advances)
    let isWarped = try values.flag("warpback")
    let value = try values.milliseconds("warpvalue")
    let limit = try values.milliseconds("warpl")
    let unwarp = try values.milliseconds("warpu")
    return try state.requestChecked { row in
      // The request sets all of them; what is not named stays.
      let old = row.snapshot.bvt ?? BVTParameters()
      return .setBVT(
        row.reference,
        BVTParameters(
          advance: advance ?? old.advance, isWarped: isWarped ?? old.isWarped, warpValue: value ?? old.warpValue,
          warpLimit: limit ?? old.warpLimit, unwarpTime: unwarp ?? old.unwarpTime))
    }
  }

  private static let bvtSettings = [
    PaletteSetting("mcuadv", "how fast its virtual time goes, 1 to 65535") { state, _ in
      state.bvt?.advance.map { ["\($0)"] } ?? ["\(BVTParameters.standardAdvance)"]
    },
    PaletteSetting("warpback", "whether it may warp") { state, _ in switchValues(state.bvt?.isWarped) },
    PaletteSetting("warpvalue", "ms of virtual time that it warps back") { state, _ in
      state.bvt.map { [$0.warpValue.milliseconds] } ?? []
    },
    PaletteSetting("warpl", "ms that it may run warped; 0 is no limit") { state, _ in
      state.bvt.map { [$0.warpLimit.milliseconds] } ?? []
    },
    PaletteSetting("warpu", "ms that it then does without") { state, _ in
      state.bvt.map { [$0.unwarpTime.milliseconds] } ?? []
    },
  ]

  // MARK: Pools

  private static let pool = PaletteCommand(
    "sched-parameters", "KEY=VALUE...", "what holds for a whole pool", settings: poolSettings
  ) { state, words throws(PaletteFault) in
    let values = try PaletteValues(words, poolSettings)
    let change = PoolChange(
      timeSlice: try values.milliseconds("tslice"), rateLimit: try values.microseconds("ratelimit"),
      migrationDelay: try values.microseconds("migration-delay"),
      switchAllowance: try values.milliseconds("switch-allowance"))
    guard change != PoolChange() else { throw PaletteFault("what shall hold for the pool is missing") }
    return try state.submitChecked(.setPoolParameters(pool: values["pool"] ?? state.presentPool, change))
  }

  private static let poolSettings = [
    PaletteSetting("tslice", "credit's time slice, 1 to 1000 ms") { state, before in
      state.pool(named: before["pool"])?.timeSlice.map { [$0.milliseconds] } ?? []
    },
    PaletteSetting("ratelimit", "the least time for a vCPU: 0, or 100 to 500000 µs") { state, before in
      state.pool(named: before["pool"])?.rateLimit.map { ["\($0.rawValue / 1000)"] } ?? []
    },
    PaletteSetting("migration-delay", "how long a vCPU stays at its pCPU, 0 to 100000 µs") { state, before in
      state.pool(named: before["pool"])?.migrationDelay.map { ["\($0.rawValue / 1000)"] } ?? []
    },
    PaletteSetting("switch-allowance", "bvt's context switch allowance, 0 to 100 ms") { state, before in
      state.pool(named: before["pool"])?.switchAllowance.map { [$0.milliseconds] } ?? []
    },
    PaletteSetting("pool", "without it the selected domain's") { state, _ in state.poolNames },
  ]

  /// `sched-arinc653`'s words, options included: a domain may be called anything.
  private static let frame = PaletteCommand(
    "sched-arinc653", "[-p POOL] [-f MS] DOMAIN[/VCPU]=MS...", "the table of a pool",
    complete: { state, words in
      if words.last == "-p" { return state.poolNames }
      if words.last == "-f" { return state.pool(named: nil)?.frame.map { [$0.majorFrame.milliseconds] } ?? [] }
      return state.allDomains.map { $0.name + "=" } + (words.isEmpty ? ["-f", "-p"] : [])
    }
  ) { state, words throws(PaletteFault) in
    var slots = words[...]
    var options: [String: String] = [:]
    while let option = slots.first, ["-p", "-f"].contains(option) {
      guard let value = slots.dropFirst().first else { throw PaletteFault("a word is missing after \(option)") }
      options[option] = value
      slots = slots.dropFirst(2)
    }
    let frame = try options["-f"].map { text throws(PaletteFault) in
      guard let time = Double(text), time >= 0 else { throw PaletteFault("-f is a number of ms, not '\(text)'") }
      return Nanoseconds(milliseconds: time)
    }
    guard !slots.isEmpty else { throw PaletteFault("slots are needed, such as web=40 or db/0=20") }
    return try state.setFrame(Array(slots), frame, pool: options["-p"] ?? state.presentPool)
  }

  /// On and off, what it is now first.
  private static func switchValues(_ now: Bool?) -> [String] { now == false ? ["off", "on"] : ["on", "off"] }
}

extension UIState {
  /// Of a vCPU of the selected domain; of its first one where no number is given.
  fileprivate func realTime(of vcpu: String?) -> RealTimeParameters? {
    let vcpus = selectedRow?.snapshot.vcpus
    return (vcpus?.first { "\($0.id.rawValue)" == vcpu } ?? vcpus?.first)?.realTime
  }
  fileprivate var sedf: SEDFParameters? { selectedRow?.snapshot.sedf }
  fileprivate var bvt: BVTParameters? { selectedRow?.snapshot.bvt }

  fileprivate mutating func setFrame(
    _ slots: [String], _ frame: Nanoseconds?, pool: String
  ) throws(PaletteFault) -> [UIEffect] {
    guard let snapshot = host.snapshot else { throw PaletteFault("the host has not told of its domains yet") }
    let table: FrameTable
    do throws(HypervisorError) {
      table = try FrameTable(words: slots, majorFrame: frame, on: snapshot)
    } catch {
      throw PaletteFault(error.description)
    }
    return try submitChecked(.setPoolParameters(pool: pool, PoolChange(frame: table)))
  }
}
