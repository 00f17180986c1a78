import HypervisorModel
import Synchronization

/// Keeps what every second looked like.
final class UsageRecorder: Sendable {
  private struct State {
    var history = UsageHistory()
    var task: Task<Void, Never>?
  }

  private let state = Mutex(State())

  /// Oldest first.
  var samples: [UsageSample] { state.withLock { $0.history.samples } }

  /// Calls `sample` once a second; it hands the snapshot that it took to `record`.
  func start(_ sample: @escaping @Sendable () async -> Void) {
    let task = Task.detached {
      while !Task.isCancelled {
        await sample()
        try? await Task.sleep(for: .seconds(1), tolerance: .milliseconds(100))
      }
    }
    state.withLock { $0.task = task }
  }

  func stop() {
    state.withLock { state in
      state.task?.cancel()
      state.task = nil
    }
  }

  /// Takes a snapshot into the history if the last one in it is old enough, and adds what the history knows.
  func record(_ snapshot: inout HostSnapshot) {
    state.withLock { state in
      state.history.addShares(to: &snapshot)
      state.history.record(snapshot)
    }
  }
}
