import HypervisorModel
import Testing

@testable import Schedulers

/// How soon a new weight acts.
@Suite struct WeightChangeTests {
  @Test(arguments: Scheduler.weighted, [1, 2])
  func aNewWeightActsWithinThirtyMillisecondsAndUnderCreditWithinTwoAccountingPeriods(scheduler: Scheduler, pcpus: Int)
  {
    var machine = Simulator(scheduler, pcpus: pcpus)
    for domain: UInt32 in 1...UInt32(2 * pcpus) { machine.add(domain, [.hog]) }
    let delay = Nanoseconds.milliseconds(scheduler == .credit ? 60 : 30)
    let window = Nanoseconds.milliseconds(150)
    var favoured = 0.0
    let rounds = 100
    for round in 0..<rounds {
      // The heavy ones become the light ones, at a moment that is different in each round.
      for domain: UInt32 in 1...UInt32(2 * pcpus) {
        let isHeavy = (Int(domain) + round).isMultiple(of: 2)
        machine.setParameters(of: DomainID(domain), weight: isHeavy ? 1024 : 256, cap: 0)
      }
      machine.run(for: delay)
      let before = heavy(machine, round, pcpus)
      machine.run(for: window)
      favoured += heavy(machine, round, pcpus) - before
      machine.run(for: .microseconds(UInt64(997 * round % 30_000)))
    }
    let share = favoured / (window.seconds * Double(rounds * pcpus))
    #expect(abs(share - 0.8) < 0.02)
  }

  private func heavy(_ machine: Simulator<AnyPolicy>, _ round: Int, _ pcpus: Int) -> Double {
    (1...UInt32(2 * pcpus)).reduce(0) {
      $0 + ((Int($1) + round).isMultiple(of: 2) ? machine.cpuTime(of: DomainID($1)) : 0)
    }
  }
}
