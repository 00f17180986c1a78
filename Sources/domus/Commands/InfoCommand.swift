import ArgumentParser
import HypervisorModel

struct InfoCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(commandName: "info", abstract: "Show what the host is and has.")

  @OptionGroup var host: HostOptions

  func run() async throws {
    let client = try await host.client()
    let description = try await client.describe()
    let snapshot = try await client.snapshot()

    // xl's names where it has them, and its order.
    var lines: [(String, String)] = [("host", description.hostname)]
    lines += description.details.map { ($0.name, $0.value) }
    lines += [
      ("nr_cpus", String(description.pcpus)),
      ("total_memory", String(description.memory.mebibytes)),
      ("free_memory", String(snapshot.freeMemory.mebibytes)),
      ("nr_domains", String(snapshot.domains.count)),
      ("engine", description.engine),
      ("engine_version", description.version),
      ("engine_caps", description.capabilities),
      ("engine_scheduler", description.scheduler?.rawValue ?? "unknown"),
    ]
    if let commandLine = description.commandLine { lines.append(("engine_commandline", commandLine)) }
    for (name, value) in lines { Output.print(TextTable.left(name, 23) + ": " + value) }
    for (operation, availability) in description.operations.sorted(by: { $0.key.rawValue < $1.key.rawValue }) {
      guard case .unavailable(let reason) = availability else { continue }
      Output.print(TextTable.left("not_available", 23) + ": \(operation.rawValue): \(reason)")
    }
  }
}
