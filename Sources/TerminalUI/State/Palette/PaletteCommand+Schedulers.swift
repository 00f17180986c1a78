import HypervisorModel

/// Parameters of the schedulers; keys, units and ranges are those of the parameters themselves.
extension PaletteCommand {
  static let schedulerCommands: [PaletteCommand] =
    [
      PaletteCommand(
        "scheduler", "NAME [POOL]", "exchange the scheduler of a running pool", aliases: ["sched-switch"],
        complete: { state, words in
          words.isEmpty ? Scheduler.allCases.map(\.rawValue) : words.count == 1 ? state.poolNames : []
        }
      ) { state, words throws(PaletteFault) in
        let scheduler = try scheduler(try word(Array(words.prefix(1)), "the scheduler's name"))
        return try state.submitChecked(
          .pools(.switchScheduler(pool: words.dropFirst().first ?? state.presentPool, to: scheduler)))
      },
      poolParameters, frame,
    ] + Scheduler.allCases.filter { !$0.hasCap }.compactMap(domainParameters)

  // MARK: Domains

  /// The command for a scheduler's parameters of a domain. credit's and credit2's are `weight` and `cap`.
  private static func domainParameters(of scheduler: Scheduler) -> PaletteCommand? {
    guard let operation = scheduler.operation else { return nil }
    let settings = scheduler.parameters.map { parameter in
      PaletteSetting(parameter) { state, before in state.value(of: parameter, vcpu: before["vcpu"]) }
    }
    let all = settings + (scheduler.isPerVCPU ? [vcpuSetting] : [])
    return PaletteCommand(
      operation.rawValue, "KEY=VALUE...", "parameters of the \(scheduler.rawValue) scheduler", settings: all
    ) { state, words throws(PaletteFault) in
      let values = try PaletteValues(words, all)
      let change = SchedulingChange(
        scheduler, vcpu: try values.vcpu("vcpu"), try values.parameters(scheduler.parameters))
      guard !change.values.isEmpty else { throw .missing(scheduler.parameters) }
      return try state.requestChecked { .scheduling($0.reference, change) }
    }
  }

  private static let vcpuSetting = PaletteSetting("vcpu", "one vCPU's number; without it all") { state, _ in
    ["all"] + (state.selectedRow?.snapshot.vcpus.map { "\($0.id.rawValue)" } ?? [])
  }

  // MARK: Pools

  private static let poolParameters = PaletteCommand(
    "sched-parameters", "KEY=VALUE...", "what holds for a whole pool", settings: poolSettings
  ) { state, words throws(PaletteFault) in
    let values = try PaletteValues(words, poolSettings)
    let change = PoolChange(try values.parameters(SchedulerParameter.ofPools))
    guard !change.isEmpty else { throw .missing(SchedulerParameter.ofPools) }
    return try state.submitChecked(
      .pools(.setParameters(pool: values["pool"] ?? state.presentPool, change: change)))
  }

  private static let poolSettings =
    SchedulerParameter.ofPools.map { parameter in
      PaletteSetting(parameter) { state, before in state.pool(named: before["pool"])?.parameters[parameter] }
    } + [PaletteSetting("pool", "without it the selected domain's") { state, _ in state.poolNames }]

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
}

extension PaletteFault {
  fileprivate static func missing(_ parameters: [SchedulerParameter]) -> PaletteFault {
    PaletteFault("at least one of \(parameters.map { $0.name + "=" }.joined(separator: ", ")) is needed")
  }
}

extension PaletteSetting {
  /// One that sets a parameter; `now` is the value that it has.
  fileprivate init(_ parameter: SchedulerParameter, now: @escaping @Sendable (UIState, [String: String]) -> Int64?) {
    self.init(parameter.name, parameter.usage) { state, before in
      let value = now(state, before)
      // Of a switch both, what it is now first.
      if parameter.unit == .flag { return value == 0 ? ["off", "on"] : ["on", "off"] }
      return value.map { [parameter.text($0)] } ?? []
    }
  }
}

extension UIState {
  /// Of the selected domain, and of its first vCPU where none is named.
  fileprivate func value(of parameter: SchedulerParameter, vcpu: String?) -> Int64? {
    guard let domain = selectedRow?.snapshot else { return nil }
    return parameter.value(of: domain, vcpu: domain.vcpus.first { "\($0.id.rawValue)" == vcpu } ?? domain.vcpus.first)
  }

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
    return try submitChecked(.pools(.setParameters(pool: pool, change: PoolChange(frame: table))))
  }
}
