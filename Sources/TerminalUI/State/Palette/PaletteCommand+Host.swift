import HypervisorModel

/// The hypervisor itself.
extension PaletteCommand {
  static let hostCommands: [PaletteCommand] = [
    PaletteCommand(
      "dmesg", "[clear]", "show the hypervisor's messages; clear empties them",
      complete: { _, words in words.isEmpty ? ["clear"] : [] }
    ) { state, words throws(PaletteFault) in
      guard words.isEmpty || words == ["clear"] else { throw PaletteFault("after dmesg only 'clear' may stand") }
      return try state.submitChecked(.diagnostics(words.isEmpty ? .dmesg : .clearDmesg))
    },
    PaletteCommand("debug-keys", "KEYS", "have the hypervisor write to its messages; h lists them") {
      state, words throws(PaletteFault) in
      try state.submitChecked(.diagnostics(.debugKeys(keys: try word(words, "the keys"))))
    },
  ]
}
