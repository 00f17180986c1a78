import HypervisorModel
import Synchronization

/// A host on which a domain that was made paused goes on when its console is open, so that nothing is lost of what it
/// prints, however short it lives.
final class WatchedStart: Hypervisor {
  private let hypervisor: any Hypervisor
  private let domain: DomainReference
  private let hasStarted = Atomic(false)

  init(_ hypervisor: any Hypervisor, _ domain: DomainReference) {
    self.hypervisor = hypervisor
    self.domain = domain
  }

  /// The domain goes on even where its console can't be opened.
  func openConsole(of reference: DomainReference) async throws(HypervisorError) -> ConsoleStream {
    do throws(HypervisorError) {
      let stream = try await hypervisor.openConsole(of: reference)
      if reference == domain { try await start() }
      return stream
    } catch {
      if reference == domain { try await start() }
      throw error
    }
  }

  private func start() async throws(HypervisorError) {
    guard !hasStarted.exchange(true, ordering: .relaxed) else { return }
    _ = try await hypervisor.perform(.life(domain, .unpause))
  }

  func describe() async throws(HypervisorError) -> HostDescription { try await hypervisor.describe() }
  func snapshot() async throws(HypervisorError) -> HostSnapshot { try await hypervisor.snapshot() }
  func perform(_ request: Request, id: RequestID) async throws(HypervisorError) -> Reply {
    try await hypervisor.perform(request, id: id)
  }
  func events() async throws(HypervisorError) -> AsyncStream<HypervisorEvent> { try await hypervisor.events() }
  func history() async throws(HypervisorError) -> [UsageSample] { try await hypervisor.history() }
}

/// Looks out for the end of a domain.
final class EndWatch: Sendable {
  private let domain: DomainReference
  private let events: AsyncStream<HypervisorEvent>

  /// From now on.
  init(_ hypervisor: any Hypervisor, _ domain: DomainReference) async throws(HypervisorError) {
    self.domain = domain
    events = try await hypervisor.events()
  }

  /// How the domain, which is known to have gone, has ended; nil if nobody tells within a second.
  func ending() async -> String? {
    await withTaskGroup(of: String?.self) { [events, domain] group in
      group.addTask {
        for await case .gone(domain, _, let reason) in events { return reason?.text ?? "was destroyed" }
        return nil
      }
      group.addTask {
        try? await Task.sleep(for: .seconds(1))
        return nil
      }
      defer { group.cancelAll() }
      return await group.next() ?? nil
    }
  }
}

extension ShutdownReason {
  fileprivate var text: String {
    switch self {
    case .poweroff: "powered off"
    case .reboot: "restarted"
    case .suspend: "was suspended"
    case .crash: "crashed"
    case .watchdog: "was ended by its watchdog"
    }
  }
}
