import ArgumentParser
import CursesTerminal
import Dispatch
import DomusEngine
import FoundationEssentials
import Glibc
import HypervisorModel
import Logging
import Remote
import XenBackend

struct HostCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "host", abstract: "The host process that owns the engine and the guests.",
    subcommands: [Status.self, Stop.self, Log.self, Run.self])

  struct Status: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Show whether the host process runs.", discussion: "Exit status 1 if it does not. Never starts it.")

    @OptionGroup var local: LocalHostOptions

    func run() async throws {
      let directory = try local.directory()
      guard let client = try await HostProcess.connectIfRunning(directory, client: .domus) else {
        Output.print("not running (\(directory.socketPath))")
        for loss in HostProcess.losses(directory) { Output.notify("\(loss)") }
        throw ExitCode(1)
      }
      let status = try await client.hostStatus()
      let domains = try await client.snapshot().domains.count
      let lines: [(String, String)] = [
        ("pid", String(status.pid)),
        ("version", status.version),
        ("uptime_s", String(Int64(max(0, min(status.uptime, 1e15))))),
        ("clients", String(status.clients)),
        ("domains", String(domains)),
        ("socket", directory.socketPath),
        ("log", directory.logPath),
      ]
      for (name, value) in lines { Output.print(TextTable.left(name, 10) + ": " + value) }
    }
  }

  struct Stop: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Stop the host process.")

    @Flag(name: .shortAndLong, help: "Even if domains are there: they are destroyed.")
    var force = false

    @OptionGroup var local: LocalHostOptions

    func run() async throws {
      guard let client = try await HostProcess.connectIfRunning(try local.directory(), client: .domus) else { return }
      // Forced, it asks for nothing that an overloaded host would have to work out.
      if !force { try await refuseLoss(client) }
      let pid = try await client.hostStatus().pid
      try await client.stopHost()
      try await HostProcess.waitUntilGone(pid: pid)
    }

    /// Throws where domains would be destroyed.
    private func refuseLoss(_ client: HostClient) async throws {
      let guests = try await client.snapshot().domains.filter { $0.reference.id != .domain0 }
      guard !guests.isEmpty, try await !client.describe().domainsOutliveHost else { return }
      let names = guests.map(\.name).joined(separator: ", ")
      throw HypervisorError.invalid(
        "domains are there: \(names); shut them down first, or destroy them with 'domus host stop --force'")
    }
  }

  struct Log: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Show the host process's log.")

    @OptionGroup var local: LocalHostOptions

    func run() throws {
      Output.printLines(try HostProcess.log(try local.directory()))
    }
  }

  struct Run: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Be the host process, in the foreground.",
      discussion: "Other commands start it in the background when they need it.")

    @Option(help: "For the engine: physical CPUs that guests may use. Default: all that the machine has.")
    var pcpus: Int?

    @OptionGroup var local: LocalHostOptions

    func validate() throws {
      if let pcpus, !(1...64).contains(pcpus) { throw ValidationError("--pcpus must be 1 to 64.") }
    }

    func run() async throws {
      let handler = HostLogHandler()
      let logger = Logger(label: "domus.host") { _ in handler }
      let endpoint = try local.endpoint()
      let lock = try HostLock(directory: try local.directory())
      try HostProcess.prepare(lock)
      if endpoint == .xen {
        let xen = try await XenHypervisor(libraries: Executable.xenLibraries, version: Domus.version, logger: logger)
        try await serve(xen, lock, logger)
        await xen.shutdown()
      } else {
        let (settings, mistakes) = ConfigFiles(option: nil, environment: ProcessInfo.processInfo.environment)
          .settings(.init())
        for mistake in mistakes { logger.warning("\(mistake)") }
        let engine = try EmbeddedHypervisor(
          options: .init(
            hostID: try lock.hostID(), pcpus: pcpus, builtinGuest: Executable.builtinGuest,
            memoryLimit: settings.memoryLimit.value, overcommit: settings.overcommit.value, version: Domus.version),
          logger: logger)
        try await serve(engine, lock, logger)
        await engine.shutdown()
      }
    }

    private func serve(_ hypervisor: any Hypervisor, _ lock: HostLock, _ logger: Logger) async throws {
      let server = HostServer(hypervisor: hypervisor, lock: lock, version: Domus.version, logger: logger)
      HostProcess.reportCrashes(lock.directory)
      let ends = [(SIGTERM, "SIGTERM"), (SIGINT, "SIGINT")].map { number, name in
        Self.watch(number) {
          logger.info("\(name) ends the host process")
          server.stop()
        }
      }
      let hangup = Self.watch(SIGHUP) { logger.info("SIGHUP: the host process goes on; SIGTERM would end it") }
      try await server.run()
      withExtendedLifetime((ends, hangup)) {}
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

/// For commands about this machine's host process itself.
struct LocalHostOptions: ParsableArguments {
  @Option(help: "Which one: xen: or embedded:. Also DOMUS_CONNECT. Default: Xen's in its Domain-0, else the engine's.")
  var connect: String?

  func endpoint() throws(HypervisorError) -> Endpoint { try .chosen(connect) }

  func directory() throws(HypervisorError) -> HostDirectory {
    guard let directory = try endpoint().directory() else {
      throw .invalid("this is about a host process of this machine; give xen: or embedded:")
    }
    return directory
  }
}
