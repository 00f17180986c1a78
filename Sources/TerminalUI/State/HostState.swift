import Figures
import HypervisorModel

/// What is known of a host, now and from before, and what the operator has asked of it.
struct HostState {
  var description: HostDescription?
  private(set) var snapshot: HostSnapshot?
  /// The snapshot that the next rates count from. Snapshots between two samples (after a request, say) don't move it, so
  /// that a key press never turns CPU % into noise.
  private var baseline: HostSnapshot?
  private(set) var rates: Rates?
  private(set) var domainRates: [DomainReference: DomainRates] = [:]
  /// Local clock at the newest snapshot.
  private(set) var updatedAt: Nanoseconds?
  var disconnection: String?

  /// CPU time of all domains per wall time; 1 is one pCPU.
  private(set) var cpuHistory = Series(limit: Self.samples)
  /// Bytes in use.
  private(set) var memoryHistory = Series(limit: Self.samples)
  private(set) var domainHistory: [DomainReference: DomainHistory] = [:]

  /// All domains; the tables have those that the filter lets pass.
  var domains: [DomainRow] = []
  /// Long work that is under way.
  var progress: Progress?
  var requested: [DomainReference: RequestedShare] = [:]
  /// Weights and caps that are tried out in the scheduler's screen, and not asked for yet.
  var plan: [DomainReference: ShareEdit] = [:]
  /// What everybody is entitled to with what was asked for. Nil before the first snapshot.
  var entitlement: Entitlement?
  var journal = Journal()

  private static let samples = 1024
  /// Two snapshots may overtake each other on their way by so much. Further back it is another host process, whose clock
  /// and counters are its own.
  private static let overtaking = Nanoseconds.seconds(1)

  var pcpus: Int { max(snapshot?.pcpus.count ?? description?.pcpus ?? 1, 1) }

  /// Receives a snapshot that came at `now` on the local clock. False if a newer one was here before.
  mutating func receive(_ new: HostSnapshot, at now: Nanoseconds, interval: Nanoseconds) -> Bool {
    if let snapshot, new.time < snapshot.time {
      guard disconnection != nil || snapshot.time - new.time > Self.overtaking else { return false }
      forgetCounters()
    }
    disconnection = nil
    snapshot = new
    updatedAt = now
    sample(new, interval)
    return true
  }

  private mutating func forgetCounters() {
    baseline = nil
    rates = nil
    domainRates = [:]
    cpuHistory = Series(limit: Self.samples)
    memoryHistory = Series(limit: Self.samples)
    domainHistory = [:]
  }

  /// Computes rates and history when a whole interval has passed; a little less counts, timers are not exact.
  private mutating func sample(_ new: HostSnapshot, _ interval: Nanoseconds) {
    guard let before = baseline else {
      baseline = new
      return
    }
    let passed = (new.time - before.time).rawValue
    guard passed >= interval.rawValue / 4 &* 3, let rates = Rates(from: before, to: new) else { return }
    baseline = new
    self.rates = rates
    domainRates = DomainRates.all(from: before, to: new)
    cpuHistory.append(rates.totalCPU, at: new.time)
    memoryHistory.append(Double((new.memory - new.freeMemory).rawValue), at: new.time)
    for domain in new.domains {
      guard let cpu = rates.cpu[domain.reference] else { continue }
      domainHistory[domain.reference, default: DomainHistory()]
        .append(cpu: cpu, memory: domain.memory, domainRates[domain.reference], at: new.time)
    }
    let present = Set(new.domains.map(\.reference))
    for gone in domainHistory.keys.filter({ !present.contains($0) }) { domainHistory[gone] = nil }
  }

  /// What the host kept goes before what was sampled since the start.
  mutating func receive(_ samples: [UsageSample]) {
    cpuHistory.prepend(samples.map { Series.Point(time: $0.time, value: $0.cpu) })
    memoryHistory.prepend(samples.map { Series.Point(time: $0.time, value: Double($0.usedMemory.rawValue)) })
    var cpu: [DomainReference: [Series.Point]] = [:]
    var memory: [DomainReference: [Series.Point]] = [:]
    for sample in samples.suffix(DomainHistory.samples) {
      for domain in sample.domains {
        cpu[domain.reference, default: []].append(Series.Point(time: sample.time, value: domain.cpu))
        memory[domain.reference, default: []]
          .append(Series.Point(time: sample.time, value: Double(domain.memory.rawValue)))
      }
    }
    for (domain, points) in cpu {
      domainHistory[domain, default: DomainHistory()].cpu.prepend(points)
      domainHistory[domain]?.memory.prepend(memory[domain] ?? [])
    }
  }
}
