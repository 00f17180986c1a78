import HypervisorModel
import Testing

@testable import Schedulers

/// Shares, caps, BOOST and slices under credit, on a virtual clock.
@Suite struct CreditTests {
  private static func policy(pcpus: Int, _ parameters: PoolParameters = PoolParameters()) -> Credit {
    Credit(pcpus: PCPUSet(0..<pcpus), parameters)
  }
  private static func machine(pcpus: Int, _ parameters: PoolParameters = PoolParameters()) -> Simulator<Credit> {
    Simulator(policy(pcpus: pcpus, parameters), pcpus: pcpus)
  }

  // MARK: Shares

  @Test func theWeightIsThatOfEachVCPU() {
    var machine = Self.machine(pcpus: 1)
    machine.add(1, [.hog, .hog, .hog, .hog])
    machine.add(2, [.hog])
    machine.run(for: .seconds(20))
    #expect(abs(machine.cpuTime(of: DomainID(1)) / machine.cpuTime(of: DomainID(2)) - 4) < 0.04)
  }

  @Test func sleepersDoNotBlurTheWeightsOfThoseWhoCompute() {
    var machine = Self.machine(pcpus: 2)
    for domain: UInt32 in 10..<30 {
      machine.add(domain, weight: 512, [.interactive(burst: .microseconds(200), sleep: .milliseconds(20))])
    }
    for (domain, weight) in [(1, 64), (2, 256), (3, 256)] { machine.add(UInt32(domain), weight: weight, [.hog]) }
    machine.run(for: .seconds(20))
    let times = (1...3).map { machine.cpuTime(of: DomainID(UInt32($0))) }
    #expect(abs(times[1] / times[0] - 4) < 0.12)
    #expect(abs(times[2] / times[0] - 4) < 0.12)
  }

  @Test func whoHasNothingLeftRunsWhereNobodyElseWantsTo() {
    var machine = Self.machine(pcpus: 1)
    machine.add(1, weight: 1, [.hog])
    machine.add(2, weight: 65535, [.interactive(burst: .milliseconds(1), sleep: .milliseconds(9))])
    machine.run(for: .seconds(10))
    #expect(machine.cpuTime(of: DomainID(1)) + machine.cpuTime(of: DomainID(2)) > 9.99)
    #expect(machine.violations == [])
  }

  // MARK: What can't be gained by timing

  @Test(arguments: [500, 1000, 2900] as [UInt64])
  func whoNapsToBeBoostedAgainAndAgainGetsNoMoreThanItsShare(computing: UInt64) {
    var machine = Self.machine(pcpus: 1)
    for domain: UInt32 in 1...3 { machine.add(domain, [.hog]) }
    machine.add(4, [.hog])
    let napper = VCPUKey(domain: DomainID(4), index: 0)
    for _ in 0..<(20_000_000 / computing) {
      machine.run(for: .microseconds(computing))
      machine.pause(napper)
      machine.unpause(napper)
    }
    #expect(machine.cpuTime(of: DomainID(4)) / 20 < 0.26)
    #expect(machine.violations == [])
  }

  @Test func whoSleptForLongDoesNotKeepTheOthersWaitingForLong() {
    var machine = Self.machine(pcpus: 1)
    machine.add(1, [.hog])
    machine.add(2, [.hog])
    machine.pause(VCPUKey(domain: DomainID(2), index: 0))
    machine.run(for: .seconds(100))
    machine.unpause(VCPUKey(domain: DomainID(2), index: 0))
    machine.run(for: .seconds(2))
    #expect(abs(machine.cpuTime(of: DomainID(2)) - 1) < 0.05)
    #expect(machine.vcpus[VCPUKey(domain: DomainID(1), index: 0)]?.longestWait ?? .never < .milliseconds(70))
  }

  // MARK: BOOST

  @Test(arguments: [1, 2, 4])
  func whoSleepsALotRunsSoonAfterWakingUp(pcpus: Int) {
    var machine = Self.machine(pcpus: pcpus)
    for domain in 1...UInt32(pcpus * 3) { machine.add(domain, [.hog]) }
    machine.run(for: .milliseconds(100))
    machine.add(100, [.interactive(burst: .microseconds(200), sleep: .milliseconds(10))])
    machine.run(for: .seconds(20))
    let vcpu = machine.vcpus[VCPUKey(domain: DomainID(100), index: 0)]
    let wakeUps = UInt64(vcpu?.wakeUps ?? 0)
    #expect(wakeUps > 1000)
    #expect((vcpu?.latency.rawValue ?? .max) / max(1, wakeUps) < 700_000)
    #expect(vcpu?.longestWait ?? .never < .milliseconds(2))
  }

  @Test func nobodyIsPreemptedBeforeTheRateLimit() {
    var machine = Self.machine(pcpus: 1)
    machine.add(1, [.hog])
    for domain: UInt32 in 2...10 {
      machine.add(domain, [.interactive(burst: .microseconds(20), sleep: .microseconds(300))])
    }
    machine.run(for: .seconds(5))
    #expect(machine.cpuTime(of: DomainID(1)) > 0.4)
    #expect(machine.violations == [])
  }

  // MARK: Slices and migration

  @Test func aShorterTimeSliceMeansShorterWaits() {
    func longestWait(timeSlice: UInt64) -> Nanoseconds {
      var machine = Self.machine(pcpus: 1, PoolParameters(timeSlice: .milliseconds(timeSlice)))
      for domain: UInt32 in 1...3 { machine.add(domain, [.hog]) }
      machine.run(for: .seconds(5))
      return machine.vcpus.values.reduce(.zero) { max($0, $1.longestWait) }
    }
    let (short, long) = (longestWait(timeSlice: 3), longestWait(timeSlice: 30))
    #expect(short < .milliseconds(7))
    #expect(long > .milliseconds(15))
  }

  @Test func whoJustRanIsNotMovedBeforeTheMigrationDelay() {
    let delay = Nanoseconds.milliseconds(50)
    var policy = Credit(pcpus: [0, 1], PoolParameters(migrationDelay: delay))
    let keys = (0..<3).map { VCPUKey(domain: DomainID(1), index: $0) }
    for key in keys { _ = policy.insert(key, VCPUParameters(), domain: DomainParameters(), now: .zero) }
    for key in keys { _ = policy.wake(key, now: .zero) }
    #expect(policy.schedule(PCPUID(0), ran: .zero, now: .zero).run == keys[0])
    #expect(policy.schedule(PCPUID(1), ran: .zero, now: .zero).run == keys[1])
    let slice = Nanoseconds.milliseconds(30)
    #expect(policy.schedule(PCPUID(0), ran: slice, now: slice).run == keys[2])
    // The first one waits now, and has used less than the second one by the time that pCPU 1 looks.
    let soon = slice + .milliseconds(20)
    #expect(policy.schedule(PCPUID(1), ran: soon, now: soon).run == keys[1])
    let later = slice + delay
    #expect(policy.schedule(PCPUID(1), ran: later - soon, now: later).run == keys[0])
  }

  // MARK: Caps

  @Test func whatACapLeavesGoesToTheOthersByWeight() {
    var machine = Self.machine(pcpus: 1)
    machine.add(1, weight: 1024, cap: 25, [.hog])
    machine.add(2, weight: 256, [.hog])
    machine.add(3, weight: 512, [.hog])
    machine.run(for: .seconds(20))
    #expect(abs(machine.cpuTime(of: DomainID(1)) - 5) < 0.1)
    #expect(abs(machine.cpuTime(of: DomainID(2)) - 5) < 0.15)
    #expect(abs(machine.cpuTime(of: DomainID(3)) - 10) < 0.15)
  }
}
