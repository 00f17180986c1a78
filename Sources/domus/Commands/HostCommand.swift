import ArgumentParser
import Dispatch
import DomusEngine
import FoundationEssentials
import Glibc
import HypervisorModel
import Logging
import Remote

struct HostCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "host", abstract: "The host process that owns the engine and the guests.",
    subcommands: [Status.self, Stop.self, Log.self, Run.self])

  struct Status: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Show whether the host process runs.", discussion: "Exit status 1 if it does not. Never starts it.")

    func run() async throws {
      let directory = try HostDirectory.standard()
      guard let client = try await HostClient.connectIfListening(directory.socketPath, client: .domus) else {
        print("not running (\(directory.socketPath))")
        throw ExitCode(1)
      }
      let status = try await client.hostStatus()
      let domains = try await client.snapshot().domains.count
      let lines: [(String, String)] = [
        ("pid", String(status.pid)),
        ("version", status.version),
        ("uptime_s", String(Int(status.uptime))),
        ("clients", String(status.clients)),
        ("domains", String(domains)),
        ("socket", directory.socketPath),
        ("log", directory.logPath),
      ]
      for (name, value) in lines { print(TextTable.left(name, 10) + ": " + value) }
    }
  }

  struct Stop: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Stop the host process.")

    @Flag(name: .shortAndLong, help: "Even if domains are there: they are destroyed.")
    var force = false

    func run() async throws {
      let directory = try HostDirectory.standard()
      guard let client = try await HostClient.connectIfListening(directory.socketPath, client: .domus) else { return }
      let guests = try await client.snapshot().domains.filter { $0.reference.id != .domain0 }
      if !guests.isEmpty, !force {
        let names = guests.map(\.name).joined(separator: ", ")
        throw HypervisorError.invalid(
          "domains are there: \(names); shut them down first, or destroy them with 'domus host stop --force'")
      }
      let pid = try await client.hostStatus().pid
      try await client.stopHost()
      try await HostProcess.waitUntilGone(pid: pid)
    }
  }

  struct Log: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Show the host process's log.")

    func run() throws {
      let path = try HostDirectory.standard().logPath
      guard let data = try? Data(contentsOf: URL(filePath: path)) else {
        throw HypervisorError.failed("no log at \(path): no host process has run there")
      }
      print(String(decoding: data, as: UTF8.self), terminator: "")
    }
  }

  struct Run: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Be the host process, in the foreground.",
      discussion: "Other commands start it in the background when they need it.")

    @Option(help: "Physical CPUs that guests may use. Default: all that the machine has.")
    var pcpus: Int?

    func validate() throws {
      if let pcpus, !(1...64).contains(pcpus) { throw ValidationError("--pcpus must be 1 to 64.") }
    }

    func run() async throws {
      let logger = Logger(label: "domus.host", factory: { StreamLogHandler.standardError(label: $0) })
      let lock = try HostLock(directory: try .standard())
      HostProcess.prepare(lock)
      let engine = try EmbeddedHypervisor(
        options: .init(pcpus: pcpus, builtinGuest: Executable.builtinGuest, version: Domus.version), logger: logger)
      let server = HostServer(hypervisor: engine, lock: lock, version: Domus.version, logger: logger)
      let signals = [SIGTERM, SIGINT].map { Self.watch($0) { server.stop() } }
      try await server.run()
      await engine.shutdown()
      withExtendedLifetime(signals) {}
    }

    /// Calls `action` instead of what the signal does by default, for as long as the result lives.
    private static func watch(_ number: Int32, _ action: @escaping @Sendable () -> Void) -> any DispatchSourceSignal {
      signal(number, SIG_IGN)
      let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
      source.setEventHandler(handler: action)
      source.resume()
      return source
    }
  }
}
