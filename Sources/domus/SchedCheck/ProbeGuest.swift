import DomusEngine
import FoundationEssentials
import HypervisorModel
import Synchronization

/// A built-in guest that makes load, asked through its console how far it has got.
final class ProbeGuest: Sendable {
  /// Two figures that were read at about the same moment.
  struct Reading: Sendable {
    /// The host's clock.
    var time: Nanoseconds
    /// What the engine says that the guest got.
    var cpuTime: Nanoseconds
    /// Rounds of work by the guest's own count.
    var progress: UInt64
    /// By vCPU; with one vCPU none.
    var vcpus: [UInt64]
  }

  let name: String
  let reference: DomainReference
  private let hypervisor: EmbeddedHypervisor
  private let console: ConsoleStream
  private let output = Mutex<[UInt8]>([])
  private let reader: Task<Void, Never>?

  private init(
    _ name: String, _ reference: DomainReference, _ hypervisor: EmbeddedHypervisor, _ console: ConsoleStream,
    _ output: AsyncStream<[UInt8]>
  ) {
    self.name = name
    self.reference = reference
    self.hypervisor = hypervisor
    self.console = console
    let sink = WeakSink()
    reader = Task { for await bytes in output { sink.guest?.take(bytes) } }
    sink.guest = self
  }

  /// So that the reading task does not keep the guest alive. Set once, before the first use.
  private final class WeakSink: @unchecked Sendable {
    weak var guest: ProbeGuest?
  }

  /// Starts a guest that burns `percent` of every vCPU's time.
  static func start(
    on hypervisor: EmbeddedHypervisor, _ name: String, weight: Int = 256, cap: Int = 0, vcpus: Int = 1,
    percent: Int = 100
  ) async throws -> ProbeGuest {
    let config = DomainConfig(
      name: name, kernel: .builtin, commandLine: "smp burn=\(percent)", memory: .mebibytes(32), vcpus: vcpus,
      weight: Weight(clamping: weight), cap: Cap(clamping: cap))
    guard
      case .created(let reference, _) = try await hypervisor.perform(
        .creation(.create(source: .config(config), paused: false)))
    else {
      throw HypervisorError.failed("the engine made no guest")
    }
    let console = try await hypervisor.openConsole(of: reference)
    let guest = ProbeGuest(name, reference, hypervisor, console, console.output)
    try await guest.prompt()
    return guest
  }

  deinit {
    reader?.cancel()
    console.close()
  }

  private func take(_ bytes: [UInt8]) { output.withLock { $0 += bytes } }

  func read() async throws -> Reading {
    output.withLock { $0 = [] }
    try await console.send(Array("count\n".utf8))
    let text = try await prompt()
    let snapshot = try await hypervisor.snapshot()
    let numbers = text.split(whereSeparator: \.isNewline).last { $0.first?.isNumber == true }?
      .split(separator: " ").compactMap { UInt64($0) }
    guard let numbers, let sum = numbers.first,
      let domain = snapshot.domains.first(where: { $0.reference == reference })
    else { throw HypervisorError.failed("the guest '\(name)' gave no count") }
    return Reading(
      time: snapshot.time, cpuTime: domain.cpuTime, progress: sum, vcpus: Array(numbers.dropFirst()))
  }

  /// What the guest printed until it waits for a command. A guest that doesn't get there in half a minute has lost its vCPU.
  @discardableResult
  private func prompt() async throws -> String {
    for _ in 0..<15_000 {
      let text = output.withLock { String(decoding: $0, as: UTF8.self) }
      if text.hasSuffix("guest> ") { return text }
      try await Task.sleep(for: .milliseconds(2))
    }
    throw HypervisorError.failed("the guest '\(name)' does not answer any more")
  }
}
