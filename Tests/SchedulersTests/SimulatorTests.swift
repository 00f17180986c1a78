import HypervisorModel
import Testing

@testable import Schedulers

/// The machine that the policies are tried on.
@Suite struct SimulatorTests {
  private let key = VCPUKey(domain: DomainID(1), index: 0)

  @Test func aPeriodicVCPUMissesDeadlinesOnlyWhereTimeIsShort() {
    for (hogs, misses) in [(0, 0...0), (1, 400...900)] {
      var machine = Simulator(.credit2, pcpus: 1)
      machine.pokeLatency = .zero
      machine.add(1, [.periodic(burst: .milliseconds(8), period: .milliseconds(10))])
      for index in 0..<hogs { machine.add(UInt32(2 + index), [.hog]) }
      machine.run(for: .seconds(10))
      #expect(misses.contains(machine.missedDeadlines(of: key)))
    }
  }

  @Test func aDeadlineIsMetIfTheJobEndsAtIt() {
    var machine = Simulator(.credit2, pcpus: 1)
    machine.pokeLatency = .zero
    machine.add(1, [.periodic(burst: .milliseconds(10), period: .milliseconds(10))])
    machine.run(for: .seconds(1))
    #expect(machine.missedDeadlines(of: key) == 0)
    #expect(machine.cpuTime(of: key) == 1)
  }

  @Test func aTickDodgerSleepsAroundEachTick() {
    var machine = Simulator(.credit2, pcpus: 1)
    machine.pokeLatency = .zero
    machine.add(1, [.tickDodger(tick: .milliseconds(10), asleep: .milliseconds(1))])
    machine.run(for: .seconds(1))
    #expect(abs(machine.cpuTime(of: key) - 0.8) < 0.002)
    #expect(machine.vcpu(key)?.wakeUps ?? 0 >= 100)
  }

  @Test func stolenTimeIsNobodys() {
    var machine = Simulator(.credit2, pcpus: 2)
    machine.leastSpeed = 0.5
    machine.add(1, [.hog, .hog, .hog])
    machine.run(for: .seconds(10))
    #expect((14...16).contains(machine.cpuTime(of: DomainID(1))))
  }

  @Test func whatRunsGoesOnOnTheOtherPCPUsWhenSomeGo() {
    var machine = Simulator(.credit2, pcpus: 4)
    machine.pokeLatency = .zero
    machine.add(1, [.hog, .hog, .hog, .hog])
    machine.run(for: .seconds(1))
    for (pool, seconds) in [([1, 2] as PCPUSet, 2.0), ([0, 1, 2, 3, 4, 5], 4)] {
      let before = machine.cpuTime(of: DomainID(1))
      machine.exchange(pcpus: pool, for: AnyPolicy(.credit2, pcpus: pool))
      machine.run(for: .seconds(1))
      #expect(abs(machine.cpuTime(of: DomainID(1)) - before - seconds) < 1e-6)
    }
    #expect(machine.violations == [])
  }

  @Test func whoIsOfflineOrPausedDoesNotRunUntilItIsNeither() {
    var machine = Simulator(.credit2, pcpus: 1)
    machine.pokeLatency = .zero
    machine.add(1, [.hog])
    machine.offline(key)
    machine.pause(key)
    machine.run(for: .seconds(1))
    machine.unpause(key)
    machine.run(for: .seconds(1))
    #expect(machine.cpuTime(of: key) == 0)
    machine.online(key)
    machine.run(for: .seconds(1))
    #expect(machine.cpuTime(of: key) == 1)
  }
}
