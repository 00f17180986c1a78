import ArgumentParser
import Glibc
import HypervisorModel

struct InfoCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(commandName: "info", abstract: "Show what the host is and has.")

  @OptionGroup var host: HostOptions

  func run() async throws {
    let client = try await host.connect()
    let description = try await client.describe()
    let snapshot = try await client.snapshot()
    var system = utsname()
    uname(&system)

    let lines: [(String, String)] = [
      ("host", description.hostname),
      ("release", Self.text(&system.release)),
      ("version", Self.text(&system.version)),
      ("machine", Self.text(&system.machine)),
      ("nr_cpus", String(description.pcpus)),
      ("total_memory", String(description.memory.mebibytes)),
      ("free_memory", String(snapshot.freeMemory.mebibytes)),
      ("nr_domains", String(snapshot.domains.count)),
      ("engine", description.engine),
      ("engine_version", description.version),
      ("engine_caps", description.capabilities),
      ("engine_scheduler", description.scheduler),
    ]
    for (name, value) in lines { print(TextTable.left(name, 23) + ": " + value) }
    for (operation, availability) in description.operations.sorted(by: { $0.key.rawValue < $1.key.rawValue }) {
      guard case .unavailable(let reason) = availability else { continue }
      print(TextTable.left("not_available", 23) + ": \(operation.rawValue): \(reason)")
    }
  }

  /// A C string in a fixed array.
  private static func text<Tuple>(_ field: inout Tuple) -> String {
    withUnsafeBytes(of: &field) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
  }
}
