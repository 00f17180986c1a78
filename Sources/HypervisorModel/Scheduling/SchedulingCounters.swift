/// What a vCPU met with under its scheduler.
public struct SchedulingCounters: Hashable, Codable, Sendable {
  /// How often it left a pCPU, to another vCPU or to none.
  public var switches: UInt64
  /// How often it came to another pCPU than the one that it ran on last.
  public var migrations: UInt64
  /// From waking up to running, over the last few thousand times. Nil where it has not been woken yet.
  public var wakeLatency: Percentiles?
  /// Why it left its pCPU last.
  public var lastSwitch: SwitchReason?
  /// It wants to run, but a cap, a budget, its window or a fixed assignment holds it back.
  public var isHeldBack: Bool
  /// CPU time per wall time over the last second or so. Nil where it is younger.
  public var share: Double?
  /// Part of the last second or so in which it could have run but had no pCPU. Nil where it is younger.
  public var waiting: Double?

  public struct Percentiles: Hashable, Codable, Sendable {
    public var p50: Nanoseconds
    public var p99: Nanoseconds

    public init(p50: Nanoseconds, p99: Nanoseconds) {
      self.p50 = p50
      self.p99 = p99
    }
  }

  public init(
    switches: UInt64, migrations: UInt64, wakeLatency: Percentiles?, lastSwitch: SwitchReason?, isHeldBack: Bool,
    share: Double? = nil, waiting: Double? = nil
  ) {
    self.switches = switches
    self.migrations = migrations
    self.wakeLatency = wakeLatency
    self.lastSwitch = lastSwitch
    self.isHeldBack = isHeldBack
    self.share = share
    self.waiting = waiting
  }
}

extension VCPUSnapshot {
  /// Why it left its pCPU last or, where it wants to run and may not, that. Nil where the engine does not tell.
  public var whyOff: SwitchReason? { scheduling.flatMap { $0.isHeldBack ? .heldBack : $0.lastSwitch } }
}

/// All vCPUs together.
extension DomainSnapshot {
  /// CPU time per wall time over the last second or so; 1 is one pCPU. Nil where the engine does not tell.
  public var share: Double? { sum(\.share) }

  /// vCPUs that could have run but had no pCPU over the last second or so, on average. Nil where the engine does not tell.
  public var waiting: Double? { sum(\.waiting) }

  /// The longest of its vCPUs' latencies. Nil where the engine does not tell.
  public var wakeLatency: SchedulingCounters.Percentiles? {
    vcpus.compactMap { $0.scheduling?.wakeLatency }.max { $0.p99 < $1.p99 }
  }

  private func sum(_ figure: (SchedulingCounters) -> Double?) -> Double? {
    let figures = vcpus.compactMap { $0.scheduling.flatMap(figure) }
    return figures.isEmpty ? nil : figures.reduce(0, +)
  }
}

/// Why a vCPU left its pCPU.
public enum SwitchReason: String, Hashable, Codable, Sendable, CaseIterable {
  /// It waits for an event.
  case blocked
  /// The guest took it out of service, or ended.
  case offline
  case paused
  /// Its slice was over, and somebody else's turn had come.
  case slice
  /// Somebody more urgent came.
  case preempted
  /// A cap, a budget or the end of its window.
  case heldBack = "held-back"
  /// It may not run there any more.
  case affinity
  /// The pool got another scheduler or other pCPUs, or the domain went to another pool.
  case exchange
  /// What a newer host has a word for, and this program has not.
  case other
}

/// A piece of a pool's past, as its host kept it.
public struct SchedulingTrace: Hashable, Codable, Sendable {
  /// In order of their ends.
  public var events: [SchedulingEvent]
  /// What to ask with for the events that follow.
  public var next: UInt64
  /// How many events came between the one asked for and the first here, and were overwritten.
  public var lost: UInt64
  /// The host's monotonic clock.
  public var time: Nanoseconds

  public init(events: [SchedulingEvent], next: UInt64, lost: UInt64, time: Nanoseconds) {
    self.events = events
    self.next = next
    self.lost = lost
    self.time = time
  }
}

/// A vCPU's stay on a pCPU. Times are of the host's monotonic clock.
public struct SchedulingEvent: Hashable, Codable, Sendable {
  public var domain: DomainID
  public var vcpu: VCPUID
  public var pcpu: PCPUID
  public var from: Nanoseconds
  public var to: Nanoseconds
  /// How long it had wanted to run before.
  public var waited: Nanoseconds
  public var why: SwitchReason

  public init(
    domain: DomainID, vcpu: VCPUID, pcpu: PCPUID, from: Nanoseconds, to: Nanoseconds, waited: Nanoseconds,
    why: SwitchReason
  ) {
    self.domain = domain
    self.vcpu = vcpu
    self.pcpu = pcpu
    self.from = from
    self.to = to
    self.waited = waited
    self.why = why
  }
}
