import HypervisorModel
import Synchronization

/// Keeps what every second looked like, so that a new terminal opens with its graphs filled.
final class UsageRecorder: Sendable {
  private static let capacity = 120
  private static let interval = Nanoseconds.seconds(1)

  private struct State {
    var last: HostSnapshot?
    var samples: [UsageSample] = []
    var task: Task<Void, Never>?
  }

  private let state = Mutex(State())

  /// Oldest first.
  var samples: [UsageSample] { state.withLock { $0.samples } }

  /// Calls `sample` once a second; it hands the snapshot that it took to `record`.
  func start(_ sample: @escaping @Sendable () -> Void) {
    let task = Task.detached {
      while !Task.isCancelled {
        sample()
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

  /// Takes a snapshot into the history if the last one in it is old enough.
  func record(_ snapshot: HostSnapshot) {
    state.withLock { state in
      guard let last = state.last else {
        state.last = snapshot
        return
      }
      // A little less than the interval, or a sleep that is a little short would halve the samples.
      guard snapshot.time - last.time >= Nanoseconds(Self.interval.rawValue / 10 * 8),
        let rates = Rates(from: last, to: snapshot)
      else { return }
      state.last = snapshot
      if state.samples.count == Self.capacity { state.samples.removeFirst() }
      state.samples.append(
        UsageSample(
          time: snapshot.time, cpu: rates.totalCPU, usedMemory: snapshot.memory - snapshot.freeMemory,
          domains: snapshot.domains.map {
            .init(reference: $0.reference, cpu: rates.cpu[$0.reference] ?? 0, memory: $0.memory)
          }))
    }
  }
}
