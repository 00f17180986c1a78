import HypervisorModel
import Testing

@testable import Schedulers

/// Nobody gains by sleeping at the right moments.
@Suite struct TickDodgerTests {
  @Test(
    arguments: Scheduler.weighted, [1, 5, 10, 30])
  func aTickDodgerGetsNoMoreThanItWouldGetAsAHog(scheduler: Scheduler, tick: UInt64) {
    for (pcpus, hogs) in [(1, 1), (1, 3), (1, 9), (2, 2), (2, 3), (4, 7)] {
      for asleep: UInt64 in [5, 500] {
        let dodger = Workload.tickDodger(tick: .milliseconds(tick), asleep: .microseconds(asleep))
        let gain = share(of: dodger, scheduler, pcpus, hogs) - share(of: .hog, scheduler, pcpus, hogs)
        #expect(gain <= 0.01, "\(dodger) beside \(hogs) hogs on \(pcpus) pCPUs")
      }
    }
  }

  private func share(of workload: Workload, _ scheduler: Scheduler, _ pcpus: Int, _ hogs: Int) -> Double {
    var machine = Simulator(scheduler, pcpus: pcpus)
    machine.add(1, [workload])
    for index in 0..<hogs { machine.add(UInt32(2 + index), [.hog]) }
    machine.run(for: .seconds(5))
    #expect(machine.violations == [])
    return machine.cpuTime(of: DomainID(1)) / 5
  }
}
