import DomusEngine
import Figures
import FoundationEssentials
import HypervisorModel
import Logging
import TerminalUI

/// The fairness suite: real guests on an engine of its own, entitled against measured.
///
/// Every share is measured twice, by the engine's accounts and by the guests' own counts of work done, and the two must agree.
struct FairnessCheck {
  /// One line of the report.
  struct Finding: Sendable {
    var what: String
    var who: String
    var entitled: String
    var accounted: String
    var progress: String
    var fault: String?
  }

  struct Tolerance {
    /// Of a share against what it is entitled to.
    var share = 0.03
    /// Of the engine's account against the guests' counts.
    var agreement = 0.02
    /// CPU time by which the slices at both ends of a measurement may be off.
    var edges = Nanoseconds.milliseconds(10)
    /// Of waking up, under hogs. Under bvt and sedf those who run may be ahead by their allowance first.
    var latency = [Scheduler.credit2: Nanoseconds.milliseconds(10), .credit: .milliseconds(10)]
    var otherLatency = Nanoseconds.milliseconds(30)
  }

  var builtinGuest: String
  /// How long a share is measured.
  var duration: Nanoseconds
  var tolerance = Tolerance()

  /// Measures on an engine that is gone afterwards, threads and all.
  private func onEngine(
    pcpus: Int, _ scheduler: Scheduler, _ measure: (EmbeddedHypervisor) async throws -> [Finding]
  ) async throws -> [Finding] {
    let engine = try EmbeddedHypervisor(
      options: .init(pcpus: pcpus, builtinGuest: builtinGuest),
      logger: Logger(label: "domus.check") { _ in SwiftLogNoOpLogHandler() })
    let result: Result<[Finding], any Error>
    do {
      try await switchScheduler(of: engine, to: scheduler)
      result = .success(try await measure(engine))
    } catch {
      result = .failure(error)
    }
    await engine.shutdown()
    return try result.get()
  }

  /// Two domains of busy vCPUs, one for each pCPU.
  func weights(_ weights: [Int], pcpus: Int, _ scheduler: Scheduler) async throws -> [Finding] {
    try await onEngine(pcpus: pcpus, scheduler) { engine in
      var guests: [ProbeGuest] = []
      for (index, weight) in weights.enumerated() {
        guests.append(try await ProbeGuest.start(on: engine, "probe\(index + 1)", weight: weight, vcpus: pcpus))
      }
      let title = Self.title(scheduler, pcpus) + "weights "
      return try await shares(of: guests, on: engine, title + weights.map { "\($0)" }.joined(separator: ":"))
    }
  }

  /// A capped domain beside one that takes the rest.
  func cap(_ cap: Int, _ scheduler: Scheduler) async throws -> [Finding] {
    try await onEngine(pcpus: 1, scheduler) { engine in
      let guests = [
        try await ProbeGuest.start(on: engine, "capped", cap: cap), try await ProbeGuest.start(on: engine, "rest"),
      ]
      return try await shares(of: guests, on: engine, Self.title(scheduler, 1) + "cap \(cap) %")
    }
  }

  private func shares(
    of guests: [ProbeGuest], on engine: EmbeddedHypervisor, _ what: String
  ) async throws -> [Finding] {
    // What went on while the guests booted is over by then.
    try await Task.sleep(for: .milliseconds(200))
    let before = try await readings(guests)
    try await Task.sleep(for: .nanoseconds(Int64(duration.rawValue)))
    let after = try await readings(guests)
    let snapshot = try await engine.snapshot()
    let rates = zip(before, after).map { first, last in
      let wall = (last.time - first.time).seconds
      return (
        accounted: (last.cpuTime - first.cpuTime).seconds / wall, work: Double(last.progress - first.progress) / wall
      )
    }
    let total = rates.reduce(0) { $0 + $1.accounted }
    let work = rates.reduce(0) { $0 + $1.work }
    let entitled = Self.entitled(guests, snapshot, to: total)
    return zip(guests, zip(entitled, rates)).map { guest, figures in
      let (entitled, accounted) = (figures.0, figures.1.accounted)
      let progress = figures.1.work / work * total
      return Finding(
        what: what, who: guest.name, entitled: Self.percent(entitled), accounted: Self.percent(accounted),
        progress: Self.percent(progress), fault: fault(entitled, accounted, progress))
    }
  }

  /// Of the CPU that the pool really got: what other programs of this machine took is nobody's fault here. A cap is of a whole
  /// pCPU all the same, as long as there is that much; who has none gets the rest.
  private static func entitled(_ guests: [ProbeGuest], _ snapshot: HostSnapshot, to total: Double) -> [Double] {
    let uncapped = guests.reduce(snapshot) { $0.with(cap: Cap.none, for: $1.reference) }
    let (granted, fair) = (Entitlement(snapshot), Entitlement(uncapped))
    let shares = guests.map { fair[$0.reference] ?? 0 }
    let sum = shares.reduce(0, +)
    let capped = zip(guests, shares).map { guest, share -> Double? in
      let grant = granted[guest.reference] ?? 0
      return grant < share ? min(grant, share / sum * total) : nil
    }
    let rest = total - capped.compactMap { $0 }.reduce(0, +)
    let others = zip(capped, shares).reduce(0) { $0 + ($1.0 == nil ? $1.1 : 0) }
    return zip(capped, shares).map { $0 ?? rest * $1 / others }
  }

  private func readings(_ guests: [ProbeGuest]) async throws -> [ProbeGuest.Reading] {
    var readings: [ProbeGuest.Reading] = []
    for guest in guests { readings.append(try await guest.read()) }
    return readings
  }

  private func fault(_ entitled: Double, _ accounted: Double, _ progress: Double) -> String? {
    if abs(accounted - entitled) > max(entitled * tolerance.share, tolerance.edges.seconds / duration.seconds) {
      return "off by more than \(Self.percent(tolerance.share))"
    }
    if abs(progress - accounted) > max(accounted * tolerance.agreement, tolerance.edges.seconds / duration.seconds) {
      return "the guest's count says otherwise"
    }
    return nil
  }

  /// A guest that sleeps most of the time beside twice as many hogs as there are pCPUs.
  func latency(pcpus: Int, _ scheduler: Scheduler) async throws -> [Finding] {
    try await onEngine(pcpus: pcpus, scheduler) { engine in
      for index in 1...2 { _ = try await ProbeGuest.start(on: engine, "hog\(index)", vcpus: pcpus) }
      let guest = try await ProbeGuest.start(on: engine, "waker", percent: 5)
      try await Task.sleep(for: .nanoseconds(Int64(duration.rawValue)))
      let domain = try await engine.snapshot().domains.first { $0.reference == guest.reference }
      guard let latency = domain?.vcpus.first?.scheduling?.wakeLatency else {
        throw HypervisorError.failed("the guest '\(guest.name)' was never woken")
      }
      let limit = tolerance.latency[scheduler] ?? tolerance.otherLatency
      return [
        Finding(
          what: Self.title(scheduler, pcpus) + "wake-up under hogs", who: guest.name,
          entitled: "p99 ≤ \(Format.duration(limit))", accounted: "p50 \(Format.duration(latency.p50))",
          progress: "p99 \(Format.duration(latency.p99))",
          fault: latency.p99 > limit ? "the wake-ups take too long" : nil)
      ]
    }
  }

  /// Another scheduler every 200 ms, under load; then every vCPU must go on.
  func exchange(for time: Nanoseconds, pcpus: Int) async throws -> [Finding] {
    try await onEngine(pcpus: pcpus, .credit2) { engine in
      var guests: [ProbeGuest] = []
      for index in 1...3 {
        guests.append(
          try await ProbeGuest.start(on: engine, "probe\(index)", vcpus: 2, percent: index == 3 ? 20 : 100))
      }
      let schedulers: [Scheduler] = [.credit, .rtds, .sedf, .bvt, .null, .arinc653, .credit2]
      let rounds = Int(time.rawValue / 200_000_000)
      for round in 0..<rounds {
        try await switchScheduler(of: engine, to: schedulers[round % schedulers.count])
        try await Task.sleep(for: .milliseconds(200))
      }
      try await switchScheduler(of: engine, to: .credit2)
      let before = try await readings(guests)
      try await Task.sleep(for: .milliseconds(500))
      let vcpus = zip(before, try await readings(guests)).flatMap { zip($0.vcpus, $1.vcpus) }
      let lost = vcpus.count { $0 >= $1 } + (2 * guests.count - vcpus.count)
      return [
        Finding(
          what: "\(rounds) exchanges in \(Int(time.seconds)) s, \(pcpus) pCPUs", who: "6 vCPUs", entitled: "0 lost",
          accounted: "\(lost) lost", progress: "\(vcpus.count) counted",
          fault: lost > 0 ? "a vCPU does not go on" : nil)
      ]
    }
  }

  private func switchScheduler(of engine: EmbeddedHypervisor, to scheduler: Scheduler) async throws {
    _ = try await engine.perform(.pools(.switchScheduler(pool: PoolSnapshot.standardName, to: scheduler)))
  }

  private static func title(_ scheduler: Scheduler, _ pcpus: Int) -> String {
    "\(scheduler.rawValue), \(pcpus) pCPU\(pcpus == 1 ? "" : "s"), "
  }

  private static func percent(_ part: Double) -> String { Format.fixed(part * 100, decimals: 1) + " %" }
}
