import HypervisorModel
import Synchronization

/// A host process that may go away and come back: when the connection breaks, the next call makes a new one.
///
/// What was on its way when the connection broke is not sent again: it may have been carried out. While no connection can
/// be made, calls throw the reason at once, and attempts come less and less often.
public final class LastingClient: Hypervisor {
  public typealias Connect = @Sendable () async throws(HypervisorError) -> HostClient
  private typealias Attempt = Task<Result<HostClient, HypervisorError>, Never>

  private enum Step: Sendable {
    case done(Result<HostClient, HypervisorError>)
    case wait(Attempt)
  }

  private struct State: Sendable {
    /// Nil: the connection is lost.
    var client: HostClient?
    /// The one attempt that is under way.
    var attempt: Attempt?
    var failure = HypervisorError.disconnected("the connection to the host is lost")
    var backoff = Backoff()
    /// What hosts lost of which the operator knows, or is told now.
    var losses: Set<HostLoss>
    /// What is told now, and until when.
    var news: (losses: [HostLoss], end: ContinuousClock.Instant)?
  }

  /// How long snapshots carry the news that the host before died.
  private static let newsTime = Duration.seconds(600)

  private let connect: Connect
  private let state: Mutex<State>

  /// - Parameter connect: makes a new connection without asking anybody anything.
  public init(_ client: HostClient, connect: @escaping Connect) {
    self.connect = connect
    state = Mutex(State(client: client, losses: Set(client.losses)))
  }

  public func describe() async throws(HypervisorError) -> HostDescription {
    try await call { host throws(HypervisorError) in try await host.describe() }
  }

  /// After the host has died and another one is there, its warnings say for some minutes what is lost.
  public func snapshot() async throws(HypervisorError) -> HostSnapshot {
    var snapshot = try await call { host throws(HypervisorError) in try await host.snapshot() }
    if let news = state.withLock({ $0.news }), .now < news.end {
      snapshot.warnings = news.losses.map(\.description) + snapshot.warnings
    }
    return snapshot
  }

  public func perform(_ request: Request, id: RequestID) async throws(HypervisorError) -> Reply {
    try await call { host throws(HypervisorError) in try await host.perform(request, id: id) }
  }

  public func openConsole(of domain: DomainReference) async throws(HypervisorError) -> ConsoleStream {
    try await call { host throws(HypervisorError) in try await host.openConsole(of: domain) }
  }

  public func events() async throws(HypervisorError) -> AsyncStream<HypervisorEvent> {
    try await call { host throws(HypervisorError) in try await host.events() }
  }

  public func history() async throws(HypervisorError) -> [UsageSample] {
    try await call { host throws(HypervisorError) in try await host.history() }
  }

  // MARK: Connections

  private func call<Value: Sendable>(
    _ body: (HostClient) async throws(HypervisorError) -> Value
  ) async throws(HypervisorError) -> Value {
    let client = try await connected()
    do throws(HypervisorError) {
      let value = try await body(client)
      state.withLock { $0.backoff.connectionIsGood() }
      return value
    } catch {
      if client.isOver { forget(client, error) }
      throw error
    }
  }

  private func forget(_ lost: HostClient, _ failure: HypervisorError) {
    state.withLock { state in
      guard state.client === lost else { return }
      state.client = nil
      state.failure = failure
    }
  }

  private func connected() async throws(HypervisorError) -> HostClient {
    let step = state.withLock { state -> Step in
      if let client = state.client { return .done(.success(client)) }
      if let attempt = state.attempt { return .wait(attempt) }
      guard state.backoff.begin(at: .now) else { return .done(.failure(state.failure)) }
      let attempt = Task { await self.makeAttempt() }
      state.attempt = attempt
      return .wait(attempt)
    }
    switch step {
    case .done(let result): return try result.get()
    case .wait(let attempt): return try await attempt.value.get()
    }
  }

  private func makeAttempt() async -> Result<HostClient, HypervisorError> {
    let result: Result<HostClient, HypervisorError>
    do throws(HypervisorError) {
      result = .success(try await connect())
    } catch {
      result = .failure(error)
    }
    state.withLock { state in
      state.attempt = nil
      switch result {
      case .success(let client):
        state.client = client
        let losses = client.losses.filter { state.losses.insert($0).inserted }
        if !losses.isEmpty { state.news = (losses, .now + Self.newsTime) }
      case .failure(let error): state.failure = error
      }
    }
    return result
  }
}
