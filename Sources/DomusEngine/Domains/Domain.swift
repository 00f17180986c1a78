import Dispatch
import FoundationEssentials
import HypervisorModel
import Schedulers
import Synchronization

/// One domain of the embedded hypervisor, from the moment that it has an id. It is the one owner of its state.
///
/// Its state may be read on any thread. It is changed on the domain's queue alone, by `become`; the one exception is
/// `cancelBuilding`, for whoever can't wait there until the domain is built.
final class Domain: Sendable {
  /// What a domain is doing, with what lives just as long.
  enum State: Sendable {
    /// Its memory is being filled.
    case building
    case live(Machine, paused: Bool)
    /// Ended and kept, with the counters that it ended with. `memory` is kept so that it can be examined.
    case shutdown(ShutdownReason, memory: GuestMemory, resident: Bytes, vcpus: [VCPUSnapshot])
    /// Ended; its successor is about to be built.
    case restarting(ShutdownReason, vcpus: [VCPUSnapshot])
    /// Being taken away, or gone.
    case dying(vcpus: [VCPUSnapshot])

    /// For refusals.
    var word: String {
      switch self {
      case .building: "being built"
      case .live(_, paused: false): "running"
      case .live(_, paused: true): "paused"
      case .shutdown(.crash, _, _, _): "crashed"
      case .shutdown: "shut down"
      case .restarting: "about to restart"
      case .dying: "dying"
      }
    }

    /// What its vCPUs had got when it ended; none while it hasn't.
    var lastVCPUs: [VCPUSnapshot] {
      switch self {
      case .building, .live: []
      case .shutdown(_, _, _, let vcpus), .restarting(_, let vcpus), .dying(let vcpus): vcpus
      }
    }
  }

  let reference: DomainReference
  let config: DomainConfig
  let console: Console
  /// When it was made, on the host's monotonic clock.
  let createdTime = HostClock.now()
  /// Where all that changes the state is done, one thing after the other. Work here may block and may wait for the
  /// hypervisor's scheduling queue, never the other way round.
  let queue: DispatchQueue
  private let state = Mutex<State>(.building)
  private let currentPool: Mutex<CPUPool>
  private let currentSettings: Mutex<SchedulingSettings>

  init(
    reference: DomainReference, config: DomainConfig, console: Console, pool: CPUPool, settings: SchedulingSettings
  ) {
    self.reference = reference
    self.config = config
    self.console = console
    queue = DispatchQueue(label: "domus.domain.\(reference.id)")
    currentPool = Mutex(pool)
    currentSettings = Mutex(settings)
  }

  var currentState: State { state.withLock { $0 } }

  /// On the domain's queue.
  func become(_ new: State) { state.withLock { $0 = new } }

  // MARK: Building

  /// Has a domain that is being built die instead of going live. False if it isn't being built. Any thread.
  func cancelBuilding() -> Bool {
    state.withLock { state in
      guard case .building = state else { return false }
      state = .dying(vcpus: [])
      return true
    }
  }

  /// Throws if somebody has destroyed the domain that is being built.
  func checkIsWanted() throws(HypervisorError) {
    guard case .building = currentState else { throw unwanted }
  }

  /// What was built becomes alive. Throws if somebody has destroyed it meanwhile. On the domain's queue.
  func goLive(_ machine: Machine, paused: Bool) throws(HypervisorError) {
    let isWanted = state.withLock { state in
      guard case .building = state else { return false }
      state = .live(machine, paused: paused)
      return true
    }
    guard isWanted else { throw unwanted }
  }

  private var unwanted: HypervisorError { .failed("domain '\(config.name)' was destroyed while it was being built") }

  // MARK: Asking

  /// The machine of a domain that lives; else the refusal of `operation`.
  func machine(for operation: Operation) throws(HypervisorError) -> Machine {
    let state = currentState
    guard case .live(let machine, _) = state else { throw refusal(of: operation, in: state) }
    return machine
  }

  /// Nil where it doesn't live.
  var liveMachine: Machine? {
    guard case .live(let machine, _) = currentState else { return nil }
    return machine
  }

  func refusal(of operation: Operation, in state: State) -> HypervisorError {
    .wrongState(operation: operation, domain: config.name, state: state.word)
  }

  /// The cpupool that it is in. Changed on the hypervisor's scheduling queue.
  var pool: CPUPool {
    get { currentPool.withLock { $0 } }
    set { currentPool.withLock { $0 = newValue } }
  }

  var settings: SchedulingSettings {
    get { currentSettings.withLock { $0 } }
    set { currentSettings.withLock { $0 = newValue } }
  }
}
