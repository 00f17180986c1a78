import HypervisorModel

/// Network interfaces and disks.
extension PaletteCommand {
  static let deviceCommands: [PaletteCommand] = [
    PaletteCommand(
      "network-attach", "[KEY=VALUE]...", "add a network interface, such as bridge=xenbr0",
      complete: { _, _ in ["bridge=", "mac=", "model=", "script=", "type="] }
    ) { state, words throws(PaletteFault) in
      let network = try checked { () throws(HypervisorError) in try NetworkSpec(xl: words.joined(separator: ",")) }
      return state.request { .devices($0.reference, .attachNetwork(network: network)) }
    },
    PaletteCommand(
      "network-detach", "DEVICE", "take a network interface away, by number or MAC",
      complete: { state, words in
        words.isEmpty ? state.selectedRow?.snapshot.networks.flatMap { ["\($0.id)", $0.mac] } ?? [] : []
      }
    ) { state, words throws(PaletteFault) in
      let device = try word(words, "the interface's number or MAC address")
      return state.request { .devices($0.reference, .detachNetwork(device: device)) }
    },
    PaletteCommand("block-attach", "DISK", "add a disk, such as /srv/data.img,raw,xvdb,rw") {
      state, words throws(PaletteFault) in
      guard !words.isEmpty else { throw PaletteFault("the disk is needed, such as /srv/data.img,raw,xvdb,rw") }
      let disk = try checked { () throws(HypervisorError) in try DiskSpec(xl: words.joined(separator: ",")) }
      return state.request { .devices($0.reference, .attachDisk(disk: disk)) }
    },
    PaletteCommand(
      "block-detach", "DEVICE", "take a disk away, by name or number",
      complete: { state, words in words.isEmpty ? state.selectedRow?.snapshot.disks.map(\.name) ?? [] : [] }
    ) { state, words throws(PaletteFault) in
      let device = try word(words, "the disk's name, such as xvdb, or its number")
      return state.request { .devices($0.reference, .detachDisk(device: device)) }
    },
  ]
}
