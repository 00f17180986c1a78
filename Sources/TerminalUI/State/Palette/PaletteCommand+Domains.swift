import HypervisorModel

/// The life of domains.
extension PaletteCommand {
  static let domainCommands: [PaletteCommand] = [
    PaletteCommand(
      "unpause", "[DOMAIN]...", "let paused domains go on", complete: { $0.guestNames(but: $1) }
    ) { state, words throws(PaletteFault) in
      state.request(on: try state.rows(named: words)) { $0.state == .paused ? .life($0.reference, .unpause) : nil }
    },
    PaletteCommand("create", "FILE [KEY=VALUE]...", "make a domain from your config file", takesPath: true) {
      state, words throws(PaletteFault) in
      guard let path = words.first else { throw PaletteFault("the config file is needed") }
      return state.readConfigFile(path, settings: Array(words.dropFirst()))
    },
    PaletteCommand("rename", "NAME", "give the selected domain another name") { state, words throws(PaletteFault) in
      let name = try word(words, "the new name")
      guard state.targetRows.count == 1 else { throw PaletteFault("only one domain can have that name") }
      return state.request { .life($0.reference, .rename(to: name)) }
    },
    PaletteCommand("save", "PATH", "write its state to a file on the host, and take it away") {
      state, words throws(PaletteFault) in
      let path = try path(words)
      guard state.targetRows.count == 1 else { throw PaletteFault("one file holds one domain: mark only one") }
      return state.request { .life($0.reference, .save(path: path, then: .destroy)) }
    },
    PaletteCommand("restore", "PATH", "make a domain from a file on the host that save wrote") {
      state, words throws(PaletteFault) in
      try state.submitChecked(.creation(.restore(path: try path(words), paused: false)))
    },
    PaletteCommand("dump-core", "PATH", "write its memory to a file on the host, for a debugger") {
      state, words throws(PaletteFault) in
      let path = try path(words)
      guard state.targetRows.count == 1 else { throw PaletteFault("one file holds one domain: mark only one") }
      return state.request { .life($0.reference, .dumpCore(path: path)) }
    },
    PaletteCommand("snapshot", "NAME", "keep its memory and disks as they are now") {
      state, words throws(PaletteFault) in
      let name = try word(words, "the snapshot's name")
      return state.request { .life($0.reference, .snapshot(name: name)) }
    },
    PaletteCommand("migrate", "HOST", "move it to another host while it runs") { state, words throws(PaletteFault) in
      let host = try word(words, "a host, as ssh names it")
      return state.request { .life($0.reference, .migrate(host: host)) }
    },
    PaletteCommand("sysrq", "KEY", "send its kernel a magic SysRq key") { state, words throws(PaletteFault) in
      let key = try word(words, "one letter or digit")
      return state.request { .guest($0.reference, .sysrq(key: key)) }
    },
    PaletteCommand(
      "trigger", "EVENT [VCPU]", "send it a hardware event",
      complete: { _, words in words.isEmpty ? Trigger.allCases.map(\.rawValue) : [] }
    ) { state, words throws(PaletteFault) in
      guard let trigger = words.first.flatMap(Trigger.init) else {
        throw PaletteFault("an event is one of " + Trigger.allCases.map(\.rawValue).joined(separator: ", "))
      }
      let vcpu = try vcpu(words, at: 1)
      return state.request { .guest($0.reference, .trigger(trigger: trigger, vcpu: vcpu)) }
    },
  ]
}
