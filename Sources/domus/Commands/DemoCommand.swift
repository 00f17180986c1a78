import ArgumentParser
import Glibc
import GuestImages
import HypervisorModel

struct DemoCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "demo", abstract: "Start four guests with different loads and weights, and open the terminal UI.",
    discussion: """
      Linux guests where 'domus guest fetch' has brought a kernel, else the small guest that is built with Domus. \
      Guests of a demo that runs already are left as they are.
      """)

  @Flag(help: "Use the small built-in guest even if a Linux kernel is here.")
  var builtin = false

  @Flag(help: "Only start the guests; don't open the terminal UI.")
  var noUI = false

  @OptionGroup var terminal: TerminalOptions
  @OptionGroup var host: HostOptions

  /// What one guest of the demo is like.
  private struct Guest {
    var name: String
    var load: Int
    var weight: Int
    var fill: Int
  }

  private static let guests = [
    Guest(name: "web", load: 80, weight: 512, fill: 24),
    Guest(name: "db", load: 60, weight: 256, fill: 32),
    Guest(name: "batch", load: 100, weight: 128, fill: 16),
    Guest(name: "mail", load: 5, weight: 256, fill: 8),
  ]

  func run() async throws {
    // The demo's guests are for the embedded engine, also on a Xen host.
    var host = host
    host.connect = host.connect ?? "embedded:"
    let client = try await host.client()
    let image = builtin ? nil : try? GuestCatalog().image(named: GuestFetcher.imageName)
    let present = Set(try await client.snapshot().domains.map(\.name))
    for guest in Self.guests where !present.contains(guest.name) {
      let config = image.map { linux(guest, $0) } ?? builtinConfig(guest)
      _ = try await client.perform(.creation(.create(source: .config(config), paused: false)))
    }
    if noUI || isatty(STDOUT_FILENO) == 0 { return }
    try await TerminalInterface.run(client, of: host, options: terminal)
  }

  private func linux(_ guest: Guest, _ image: GuestImage) -> DomainConfig {
    DomainConfig(
      name: guest.name, kernel: .path(image.kernelPath), ramdisk: image.initrdPath,
      commandLine: "console=ttyS0 quiet domus.name=\(guest.name) domus.load=\(guest.load) domus.fill=\(guest.fill)",
      memory: .mebibytes(160), weight: Weight(clamping: guest.weight))
  }

  private func builtinConfig(_ guest: Guest) -> DomainConfig {
    DomainConfig(
      name: guest.name, kernel: .builtin, commandLine: "burn=\(guest.load) fill=\(guest.fill)",
      memory: .mebibytes(64), weight: Weight(clamping: guest.weight))
  }
}
