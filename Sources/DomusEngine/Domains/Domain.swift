import FoundationEssentials
import HypervisorModel
import Schedulers
import Synchronization

/// One domain of the embedded hypervisor. All methods may be called from any thread.
final class Domain: Sendable {
  /// What a domain is doing, with what lives just as long.
  enum State: Sendable {
    /// Its memory is being filled.
    case building
    case live(Machine, paused: Bool)
    /// Ended and kept, with the counters that it ended with. `memory` is kept so that it can be examined.
    case shutdown(ShutdownReason, memory: GuestMemory, vcpus: [VCPUSnapshot])
    /// Being taken away.
    case dying(vcpus: [VCPUSnapshot])

    /// For refusals.
    var word: String {
      switch self {
      case .building: "being built"
      case .live(_, paused: false): "running"
      case .live(_, paused: true): "paused"
      case .shutdown(.crash, _, _): "crashed"
      case .shutdown: "shut down"
      case .dying: "dying"
      }
    }
  }

  let reference: DomainReference
  let config: DomainConfig
  let console: Console
  /// Seconds since 1970.
  let createdAt: Double
  /// The host's monotonic clock.
  let createdTime: Nanoseconds
  private let state = Mutex<State>(.building)
  private let currentPool: Mutex<CPUPool>
  private let currentSettings: Mutex<SchedulingSettings>

  init(
    reference: DomainReference, config: DomainConfig, console: Console, pool: CPUPool, settings: SchedulingSettings
  ) {
    self.reference = reference
    self.config = config
    self.console = console
    createdAt = HostClock.wallClock()
    createdTime = HostClock.now()
    currentPool = Mutex(pool)
    currentSettings = Mutex(settings)
  }

  var currentState: State { state.withLock { $0 } }

  /// Changes the state in one step; `change` throws to leave it as it is.
  func transition<Result: Sendable>(
    _ change: (inout State) throws(HypervisorError) -> Result
  ) throws(HypervisorError) -> Result {
    try state.withLock { state throws(HypervisorError) in try change(&state) }
  }

  /// The machine of a domain that lives; else the refusal of `operation`.
  func machine(for operation: Operation) throws(HypervisorError) -> Machine {
    let state = currentState
    guard case .live(let machine, _) = state else { throw refusal(of: operation, in: state) }
    return machine
  }

  func refusal(of operation: Operation, in state: State) -> HypervisorError {
    .wrongState(operation: operation, domain: config.name, state: state.word)
  }

  /// The cpupool that it is in.
  var pool: CPUPool {
    get { currentPool.withLock { $0 } }
    set { currentPool.withLock { $0 = newValue } }
  }

  var settings: SchedulingSettings {
    get { currentSettings.withLock { $0 } }
    set { currentSettings.withLock { $0 = newValue } }
  }
}
