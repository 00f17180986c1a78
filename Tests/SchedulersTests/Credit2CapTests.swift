import HypervisorModel
import Testing

@testable import Schedulers

/// Caps under credit2, on a virtual clock.
@Suite struct Credit2CapTests {
  @Test func whatACapLeavesGoesToTheOthers() {
    var machine = Credit2Tests.machine(pcpus: 1)
    machine.add(1, weight: 1024, cap: 25, [.hog, .hog])
    machine.add(2, weight: 256, [.hog])
    machine.run(for: .seconds(20))
    #expect(abs(machine.cpuTime(of: DomainID(1)) - 5) < 0.1)
    #expect(abs(machine.cpuTime(of: DomainID(2)) - 15) < 0.1)
    #expect(machine.violations == [])
  }

  @Test func vcpusOfACappedDomainShareItsBudgetFairly() {
    var machine = Credit2Tests.machine(pcpus: 2)
    machine.add(1, cap: 50, [.hog, .hog, .hog, .hog])
    machine.run(for: .seconds(40))
    for vcpu in machine.vcpus.values { #expect(abs(vcpu.cpuTime.seconds - 5) < 0.25) }
  }

  @Test func aCapHoldsWhenCPUTimeIsStolenAndPokesAreLate() {
    var machine = Credit2Tests.machine(pcpus: 2)
    machine.leastSpeed = 0.5
    machine.pokeLatency = .microseconds(200)
    machine.add(1, cap: 25, [.hog, .hog])
    machine.add(2, [.hog, .interactive(burst: .microseconds(300), sleep: .milliseconds(2))])
    machine.run(for: .seconds(40))
    #expect(abs(machine.cpuTime(of: DomainID(1)) - 10) < 0.2)
  }

  @Test func aCapCanBeSetChangedAndTakenAwayWhileAGuestRuns() {
    var machine = Credit2Tests.machine(pcpus: 1)
    machine.add(1, [.hog])
    var before = 0.0
    for (cap, share) in [(0, 1.0), (10, 0.1), (50, 0.5), (0, 1.0)] {
      machine.setParameters(of: DomainID(1), weight: 256, cap: cap)
      machine.run(for: .seconds(10))
      let used = machine.cpuTime(of: DomainID(1)) - before
      before += used
      #expect(abs(used - share * 10) < 0.1)
    }
    #expect(machine.violations == [])
  }

  @Test func whoNeedsLessThanItsCapIsNotHeldBack() {
    var machine = Credit2Tests.machine(pcpus: 1)
    machine.add(1, cap: 50, [.periodic(burst: .milliseconds(1), period: .milliseconds(5))])
    machine.run(for: .seconds(10))
    let vcpu = machine.vcpus[VCPUKey(domain: DomainID(1), index: 0)]
    #expect(abs((vcpu?.cpuTime.seconds ?? 0) - 2) < 0.02)
    #expect(vcpu?.longestWait ?? .never < .microseconds(100))
  }
}
