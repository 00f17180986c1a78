import Dispatch
import FoundationEssentials
import HypervisorModel
import Synchronization

/// A hypervisor that runs nothing: it notes what it is asked and answers as the tests need it.
final class TestHypervisor: Hypervisor {
  static let domain = DomainReference(host: HostID(rawValue: "test"), uuid: UUID(), id: DomainID(7))
  /// `perform` of a pause of this domain goes on while `holdsWork`, cancelled or not.
  static let stubborn = DomainReference(host: HostID(rawValue: "test"), uuid: UUID(), id: DomainID(9))
  /// `perform` of a pause of this domain waits until it is cancelled.
  static let endless = DomainReference(host: HostID(rawValue: "test"), uuid: UUID(), id: DomainID(8))

  struct State {
    var performed: [Request] = []
    var cancelled = 0
    var typed: [UInt8] = []
    var consoles: [AsyncStream<[UInt8]>.Continuation] = []
    var openConsoles = 0
    var listeners: [AsyncStream<HypervisorEvent>.Continuation] = []
    var openListeners = 0
    var domains = 3
    /// Typing into a console does not return while this is so.
    var blocksInput = false
    /// What is stubborn does not return while this is so, nor is a trace found.
    var holdsWork = false
    var traces = 0
    var domainsOutliveHost = true
  }
  let state = Mutex(State())

  func describe() async throws(HypervisorError) -> HostDescription {
    HostDescription(
      host: HostID(rawValue: "test"), hostname: "testhost", engine: "Test", version: "1", scheduler: .credit2,
      pcpus: 2, memory: .mebibytes(4096), startedAt: 1, capabilities: "none",
      domainsOutliveHost: state.withLock(\.domainsOutliveHost),
      commandLine: "loglvl=all", details: [.init("machine", "x86_64")],
      operations: [.create: .available, .pause: .unavailable(reason: "not today")])
  }

  func snapshot() async throws(HypervisorError) -> HostSnapshot { Self.snapshot(domains: state.withLock(\.domains)) }

  static func snapshot(domains: Int) -> HostSnapshot {
    HostSnapshot(
      time: .seconds(5), wallClock: 1.5, memory: .mebibytes(4096), freeMemory: .mebibytes(1),
      pcpus: [PCPUSnapshot(id: PCPUID(0), busy: .seconds(1), stolen: .zero)],
      domains: (0..<domains).map { number in
        DomainSnapshot(
          reference: DomainReference(host: HostID(rawValue: "test"), uuid: .zero, id: DomainID(UInt32(number))),
          name: "domain-\(number) \"ü\"", state: number == 1 ? .shutdown(.crash) : .running, cpuTime: Nanoseconds(.max),
          vcpus: [VCPUSnapshot(id: VCPUID(0), state: .blocked, pcpu: nil, cpuTime: .zero, waitTime: nil)],
          memory: .mebibytes(64), maxMemory: nil, weight: .default, cap: Cap.none, createdAt: 2.5)
      })
  }

  func perform(_ request: Request, id _: RequestID) async throws(HypervisorError) -> Reply {
    state.withLock { $0.performed.append(request) }
    switch request {
    case .creation(.create): return .created(Self.domain, warnings: ["odd"])
    case .diagnostics(.dmesg): return .text("(XEN) text\n")
    case .life(Self.endless, .pause):
      while !Task.isCancelled { try? await Task.sleep(for: .seconds(3600)) }
      state.withLock { $0.cancelled += 1 }
      throw .failed("cancelled")
    case .life(Self.stubborn, .pause): await waitUntilReleased()
    case .diagnostics(.trace):
      state.withLock { $0.traces += 1 }
      await waitUntilReleased()
      return .trace(SchedulingTrace(events: [], next: 0, lost: 0, time: .zero))
    case .life(_, .destroy): throw .wrongState(operation: .destroy, domain: "d", state: "dying")
    default: break
    }
    return .done
  }

  private func waitUntilReleased() async {
    while state.withLock(\.holdsWork) {
      // A cancelled task does not sleep.
      await withCheckedContinuation { continuation in
        DispatchQueue.global().asyncAfter(deadline: .now() + .milliseconds(2)) { continuation.resume() }
      }
    }
  }

  func openConsole(of domain: DomainReference) async throws(HypervisorError) -> ConsoleStream {
    guard domain == Self.domain else { throw .noSuchDomain("\(domain.id)") }
    let (output, continuation) = AsyncStream<[UInt8]>.makeStream()
    let closed = Mutex(false)
    state.withLock {
      $0.consoles.append(continuation)
      $0.openConsoles += 1
    }
    return ConsoleStream(
      output: output,
      send: { bytes throws(HypervisorError) in
        while self.state.withLock(\.blocksInput), !Task.isCancelled { try? await Task.sleep(for: .milliseconds(1)) }
        self.state.withLock { $0.typed += bytes }
        continuation.yield(bytes)
      },
      close: {
        continuation.finish()
        let first = closed.withLock { closed in
          defer { closed = true }
          return !closed
        }
        if first { self.state.withLock { $0.openConsoles -= 1 } }
      })
  }

  func events() async throws(HypervisorError) -> AsyncStream<HypervisorEvent> {
    let (events, continuation) = AsyncStream<HypervisorEvent>.makeStream()
    continuation.onTermination = { _ in self.state.withLock { $0.openListeners -= 1 } }
    state.withLock {
      $0.listeners.append(continuation)
      $0.openListeners += 1
    }
    return events
  }

  func history() async throws(HypervisorError) -> [UsageSample] {
    [UsageSample(time: .seconds(1), cpu: 0.5, usedMemory: .mebibytes(3), domains: [])]
  }

  func print(_ bytes: [UInt8], console: Int = 0) { _ = state.withLock { $0.consoles[console] }.yield(bytes) }
}
