import Synchronization

/// Hands a hypervisor's events to all who listen. May be used from any thread.
public final class EventHub: Sendable {
  private struct State {
    var listeners: [UInt64: AsyncStream<HypervisorEvent>.Continuation] = [:]
    var next: UInt64 = 0
  }

  /// Events that wait for a listener that is slow; then the oldest are dropped.
  private static let backlog = 1024

  private let state = Mutex(State())

  public init() {}

  /// What happens from now on.
  public func listen() -> AsyncStream<HypervisorEvent> {
    let (stream, continuation) = AsyncStream.makeStream(
      of: HypervisorEvent.self, bufferingPolicy: .bufferingNewest(Self.backlog))
    let number = state.withLock { state in
      defer { state.next += 1 }
      state.listeners[state.next] = continuation
      return state.next
    }
    continuation.onTermination = { [weak self] _ in
      self?.state.withLock { _ = $0.listeners.removeValue(forKey: number) }
    }
    return stream
  }

  public func publish(_ event: HypervisorEvent) {
    for listener in state.withLock({ Array($0.listeners.values) }) { listener.yield(event) }
  }

  /// Ends all streams.
  public func finish() {
    for listener in state.withLock({ Array($0.listeners.values) }) { listener.finish() }
  }
}
