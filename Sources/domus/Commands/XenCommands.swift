import ArgumentParser
import HypervisorModel

struct DmesgCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(commandName: "dmesg", abstract: "Print the hypervisor's messages.")

  @Flag(name: .shortAndLong, help: "Empty the buffer afterwards.")
  var clear = false

  @OptionGroup var host: HostOptions

  func run() async throws { try await host.perform(.diagnostics(clear ? .clearDmesg : .dmesg)) }
}

struct DebugKeysCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "debug-keys", abstract: "Have the hypervisor write to its messages what the keys stand for.",
    discussion: "'h' lists the keys; 'domus dmesg' shows the result.")

  @OptionGroup var host: HostOptions

  @Argument(help: "The keys.")
  var keys: String

  func run() async throws { try await host.perform(.diagnostics(.debugKeys(keys: keys))) }
}

struct UptimeCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(commandName: "uptime", abstract: "Show for how long domains are up.")

  @Flag(name: .short, help: "Short: the time without names.")
  var short = false

  @OptionGroup var host: HostOptions

  @Argument(help: "Only these domains, by name or id.", completion: .domains)
  var domains: [String] = []

  func run() async throws {
    let snapshot = try await host.client().snapshot()
    if !short { Output.print("Name                                ID Uptime") }
    for domain in try snapshot.domains(named: domains) {
      let uptime = domain.createdAt.map { Self.text(snapshot.wallClock - $0) } ?? "-"
      Output.print(
        short
          ? " \(uptime)" : TextTable.left(domain.name, 33) + TextTable.right(domain.reference.id, 5) + " " + uptime)
    }
  }

  /// `2 days, 3:04:05`.
  private static func text(_ seconds: Double) -> String {
    guard seconds < 1e12 else { return "-" }
    let total = Int(max(seconds, 0))
    func two(_ number: Int) -> String { (number < 10 ? "0" : "") + String(number) }
    let clock = "\(two(total / 3600 % 24)):\(two(total / 60 % 60)):\(two(total % 60))"
    let days = total / 86_400
    return days == 0 ? clock : "\(days) day\(days == 1 ? "" : "s"), \(clock)"
  }
}
