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

    var testDescription: String { "cap \(cap) for \(workloads) on \(pcpus) pCPUs, \(competitors) competitors" }
  }

  @Test(arguments: Scheduler.capped.filter(Scheduler.all.contains), Seeds.range(usually: 40))
  func aCapIsNotExceededInAnySecondAndReachedWithoutCompetitors(scheduler: Scheduler, seed: UInt64) {
    let circumstances = Case(seed: seed)
    var machine = Simulator(scheduler, pcpus: circumstances.pcpus, seed: seed)
    machine.pokeLatency = .zero
    machine.add(1, cap: circumstances.cap, circumstances.workloads)
    for index in 0..<circumstances.competitors { machine.add(UInt32(2 + index), [.hog]) }
    machine.run(for: .milliseconds(seed * 37 % 200))
    var most = 0.0
    var sum = 0.0
    let allowed = Double(circumstances.cap) / 100
    for _ in 0..<10 {
      let before = machine.cpuTime(of: DomainID(1))
      machine.run(for: .seconds(1))
      let used = machine.cpuTime(of: DomainID(1)) - before
      most = max(most, used)
      sum += used
    }
    let reachable = min(allowed, Double(min(circumstances.pcpus, circumstances.workloads.count)))
    #expect(most <= allowed * 1.01 + 1e-9, "\(circumstances.testDescription)")
    if circumstances.competitors == 0, circumstances.workloads.allSatisfy({ $0 == .hog }) {
      #expect(sum / 10 >= reachable * 0.99, "\(circumstances.testDescription)")
    }
    #expect(machine.violations == [])
  }
}

extension Scheduler {
  /// Those that keep a domain below its cap.
  static let capped: [Scheduler] = [.credit2, .credit]
}
