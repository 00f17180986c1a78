import HypervisorModel
import Testing

@testable import Schedulers

/// Caps, under every policy that has them.
@Suite struct CapTests {
  struct Case: Sendable, CustomTestStringConvertible {
    let pcpus: Int
    /// In per cent of a pCPU.
    let cap: Int
    let workloads: [Workload]
    let competitors: Int

    init(seed: UInt64) {
      var generator = SimulatorGenerator(seed: seed)
      pcpus = .random(in: 1...4, using: &generator)
      let range = [1...20, 20...99, 100...400].randomElement(using: &generator) ?? 1...400
      cap = .random(in: range, using: &generator)
      let count = Int.random(in: 1...8, using: &generator)
      let mixed = Workload.interactive(burst: .microseconds(700), sleep: .microseconds(900))
      workloads = (0..<count).map { _ in [.hog, .hog, mixed].randomElement(using: &generator) ?? .hog }
      competitors = [0, 0, 1, 5].randomElement(using: &generator) ?? 0
    }

    /// What its vCPUs would get together without the cap, in pCPUs; nil if they don't want all that they can get.
    var entitled: Double? {
      guard workloads.allSatisfy({ $0 == .hog }) else { return nil }
      let all = Double(workloads.count + competitors)
      return Double(workloads.count) * min(1, Double(pcpus) / all)
    }

    var testDescription: String { "cap \(cap) for \(workloads) on \(pcpus) pCPUs, \(competitors) competitors" }
  }

  @Test(arguments: Scheduler.capped)
  func aBudgetIsFilledUpOnceInThePoolsPeriod(scheduler: Scheduler) {
    var machine = Simulator(scheduler, pcpus: 1, seed: 1)
    machine.setParameters(PoolParameters(capPeriod: .milliseconds(100)))
    machine.add(1, cap: 50, [.hog])
    for _ in 0..<3 {
      let before = machine.cpuTime(of: DomainID(1))
      machine.run(for: .milliseconds(50))
      #expect((machine.cpuTime(of: DomainID(1)) - before) > 0.049, "all of it at once")
      machine.run(for: .milliseconds(50))
      #expect((machine.cpuTime(of: DomainID(1)) - before) < 0.051, "and no more")
    }
    machine.setParameters(PoolParameters(capPeriod: .milliseconds(10)))
    machine.run(for: .milliseconds(100))
    let before = machine.cpuTime(of: DomainID(1))
    machine.run(for: .milliseconds(50))
    let got = machine.cpuTime(of: DomainID(1)) - before
    #expect(got > 0.02 && got < 0.03)
    #expect(machine.violations == [])
  }

  /// In no second more than 1 % too much. What the cap allows is reached where only the cap is in the way.
  @Test(arguments: Scheduler.capped, Seeds.range(usually: 60))
  func aCapIsReachedAndNotExceededInAnySecond(scheduler: Scheduler, seed: UInt64) {
    let circumstances = Case(seed: seed)
    var machine = Simulator(scheduler, pcpus: circumstances.pcpus, seed: seed)
    // Every second host is late, so that budgets are overdrawn all the time: the debts have to be paid.
    let latency = Nanoseconds.microseconds(seed.isMultiple(of: 2) ? 0 : 200)
    (machine.pokeLatency, machine.timerLatency) = (latency, latency)
    machine.add(1, cap: circumstances.cap, circumstances.workloads)
    for index in 0..<circumstances.competitors { machine.add(UInt32(2 + index), [.hog]) }
    machine.run(for: .milliseconds(seed * 37 % 200))
    let seconds = (0..<10).map { _ in
      let before = machine.cpuTime(of: DomainID(1))
      machine.run(for: .seconds(1))
      return machine.cpuTime(of: DomainID(1)) - before
    }
    let cap = Double(circumstances.cap) / 100
    let overdraft = latency.seconds * Double(min(circumstances.pcpus, circumstances.workloads.count))
    #expect(seconds.max() ?? 0 <= cap * 1.01 + overdraft + 1e-9, "\(circumstances.testDescription)")
    if let entitled = circumstances.entitled, entitled >= cap * 1.2 || circumstances.competitors == 0 {
      #expect(seconds.reduce(0, +) / 10 >= min(cap, entitled) * 0.99, "\(circumstances.testDescription)")
    }
    #expect(machine.violations == [])
  }
}

extension Scheduler {
  /// Those that keep a domain below its cap.
  static let capped: [Scheduler] = [.credit2, .credit]
}
