import HypervisorModel

/// CPU time, memory and vCPUs of domains.
extension PaletteCommand {
  static let resourceCommands: [PaletteCommand] = [
    PaletteCommand(
      "weight", "1-65535", "set the weight under the scheduler", aliases: ["sched-credit", "sched-credit2"],
      complete: present { $0.weight.map { "\($0.rawValue)" } }
    ) {
      state, words throws(PaletteFault) in
      let number = try integer(words, Weight.range, "a weight")
      return state.setWeight(Weight(clamping: number))
    },
    PaletteCommand(
      "cap", "PERCENT", "set the cap, in per cent of a pCPU; 0 is none", aliases: ["sched-credit", "sched-credit2"],
      complete: present { $0.cap.map { "\($0.rawValue)" } }
    ) { state, words throws(PaletteFault) in
      state.setCap(Cap(clamping: try integer(words, Cap.range, "a cap")))
    },
    PaletteCommand(
      "mem-set", "MIB", "ask the guest to shrink or grow to so much memory",
      complete: present { "\($0.snapshot.guestMemory.mebibytes)" }
    ) { state, words throws(PaletteFault) in
      let memory = try memory(words)
      return state.request { .resources($0.reference, .setMemory(memory: memory)) }
    },
    PaletteCommand(
      "mem-max", "MIB", "set the most memory that it may have",
      complete: present { $0.snapshot.maxMemory.map { "\($0.mebibytes)" } }
    ) { state, words throws(PaletteFault) in
      let memory = try memory(words)
      return state.request { .resources($0.reference, .setMaxMemory(memory: memory)) }
    },
    PaletteCommand(
      "vcpu-set", "COUNT", "set the number of vCPUs that are online",
      complete: present { row in "\(row.snapshot.vcpus.filter { $0.state != .offline }.count)" }
    ) { state, words throws(PaletteFault) in
      let count = try integer(words, 1...1024, "a number of vCPUs")
      return state.request { .resources($0.reference, .setVCPUs(count: count)) }
    },
    PaletteCommand(
      "pin", "CPUS [VCPU]", "let its vCPUs run on these pCPUs only: all, 0-3,5", aliases: ["vcpu-pin"],
      complete: { state, words in words.isEmpty ? state.affinityWords(\.hardAffinity) : [] }
    ) { state, words throws(PaletteFault) in
      let (cpus, vcpu) = try affinity(words)
      return state.request { .resources($0.reference, .pinVCPU(vcpu: vcpu, hard: cpus, soft: nil)) }
    },
    PaletteCommand(
      "pin-soft", "CPUS [VCPU]", "let its vCPUs, or one, prefer these pCPUs", aliases: ["vcpu-pin"],
      complete: { state, words in words.isEmpty ? state.affinityWords(\.softAffinity) : [] }
    ) { state, words throws(PaletteFault) in
      let (cpus, vcpu) = try affinity(words)
      return state.request { .resources($0.reference, .pinVCPU(vcpu: vcpu, hard: nil, soft: cpus)) }
    },
  ]

  /// Suggests what the selected domain has now.
  private static func present(
    _ value: @escaping @Sendable (DomainRow) -> String?
  ) -> @Sendable (UIState, [String]) -> [String] {
    { state, words in words.isEmpty ? state.selectedRow.flatMap(value).map { [$0] } ?? [] : [] }
  }
}

extension UIState {
  /// All, what it is now, and the pCPUs of the selected domain's pool.
  fileprivate func affinityWords(_ affinity: (VCPUSnapshot) -> CPUSet) -> [String] {
    let now = selectedRow?.snapshot.vcpus.first.map { affinity($0).description }
    var words: [String] = []
    for word in ["all", now, pool(named: nil)?.pcpus.description].compactMap({ $0 }) where !words.contains(word) {
      words.append(word)
    }
    return words
  }
}
