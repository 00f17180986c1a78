import HypervisorModel
import Testing

@testable import Schedulers

/// Shares, waits and affinity under credit2, on a virtual clock.
@Suite struct Credit2Tests {
  typealias Machine = Simulator<Credit2>

  static func machine(pcpus: Int) -> Machine { Machine(Credit2(pcpus: PCPUSet(0..<pcpus)), pcpus: pcpus) }

  @Test func theWeightIsThatOfEachVCPU() {
    var machine = Self.machine(pcpus: 1)
    machine.add(1, [.hog, .hog, .hog, .hog])
    machine.add(2, [.hog])
    machine.run(for: .seconds(20))
    #expect(abs(machine.cpuTime(of: DomainID(1)) / machine.cpuTime(of: DomainID(2)) - 4) < 0.04)
  }

  @Test func aVCPUWithMoreThanAWholePCPUsShareLeavesTheRestToTheOthersAlike() {
    var machine = Self.machine(pcpus: 2)
    machine.add(1, weight: 10_000, [.hog])
    for domain: UInt32 in 2...4 { machine.add(domain, weight: 100, [.hog]) }
    machine.run(for: .seconds(30))
    #expect(abs(machine.cpuTime(of: DomainID(1)) - 30) < 0.3)
    for domain: UInt32 in 2...4 { #expect(abs(machine.cpuTime(of: DomainID(domain)) - 10) < 0.3) }
  }

  @Test func whoRanBesideAGiantDoesNotWaitLongAfterItHasGone() {
    var machine = Self.machine(pcpus: 1)
    machine.add(1, weight: 1, [.hog])
    machine.run(for: .milliseconds(100))
    machine.add(2, weight: 65535, [.hog])
    machine.run(for: .seconds(5))
    machine.remove(DomainID(2))
    machine.add(3, weight: 1, [.hog])
    let before = machine.cpuTime(of: DomainID(1))
    machine.run(for: .seconds(2))
    #expect(abs(machine.cpuTime(of: DomainID(1)) - before - 1) < 0.05)
  }

  @Test func whoRanAloneWithASmallWeightHasNoPrecedenceForLongWithALargeOne() {
    var machine = Self.machine(pcpus: 2)
    machine.add(1, weight: 65535, [.hog])
    machine.add(2, weight: 1, [.hog])
    machine.run(for: .seconds(60))
    machine.add(3, weight: 65535, [.hog])
    machine.setParameters(of: DomainID(2), weight: 65535, cap: 0)
    let before = (1...3).map { machine.cpuTime(of: DomainID(UInt32($0))) }
    machine.run(for: .seconds(3))
    for domain in 1...3 { #expect(abs(machine.cpuTime(of: DomainID(UInt32(domain))) - before[domain - 1] - 2) < 0.15) }
    machine.remove(DomainID(1))
    machine.setParameters(of: DomainID(2), weight: 1, cap: 0)
    machine.setParameters(of: DomainID(3), weight: 1, cap: 0)
    machine.add(4, weight: 1, [.hog])
    machine.run(for: .seconds(3))
    #expect(abs(machine.cpuTime(of: DomainID(4)) - 2) < 0.15)
  }

  @Test(arguments: [1, 2, 4])
  func whoSleepsALotRunsSoonAfterWakingUp(pcpus: Int) {
    var machine = Self.machine(pcpus: pcpus)
    for domain in 1...UInt32(pcpus * 3) { machine.add(domain, [.hog]) }
    machine.add(100, [.interactive(burst: .microseconds(200), sleep: .milliseconds(10))])
    machine.run(for: .seconds(20))
    let vcpu = machine.vcpus[VCPUKey(domain: DomainID(100), index: 0)]
    let wakeUps = UInt64(vcpu?.wakeUps ?? 0)
    #expect(wakeUps > 1000)
    #expect((vcpu?.latency.rawValue ?? .max) / max(1, wakeUps) < 700_000)
    #expect(vcpu?.longestWait ?? .never < .milliseconds(5))
  }

  @Test func aPeriodicVCPUWithinItsShareGetsAllItNeeds() {
    var machine = Self.machine(pcpus: 1)
    machine.add(1, [.hog])
    machine.add(2, [.periodic(burst: .milliseconds(4), period: .milliseconds(20))])
    machine.run(for: .seconds(20))
    #expect(abs(machine.cpuTime(of: DomainID(2)) - 4) < 0.04)
    #expect(abs(machine.cpuTime(of: DomainID(1)) - 16) < 0.05)
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

  @Test func anIdlePoolSetsNoTimerAndPokesNobody() {
    var policy = Credit2(pcpus: [0, 1])
    let key = VCPUKey(domain: DomainID(1), index: 0)
    let parameters = DomainParameters(cap: Cap(clamping: 20))
    #expect(policy.insert(key, VCPUParameters(), domain: parameters, now: .zero).isEmpty)
    let pokes = policy.wake(key, now: .seconds(1))
    #expect(pokes == [0])
    #expect(policy.schedule(PCPUID(0), ran: .zero, now: .seconds(1)).run == key)
    _ = policy.sleep(key, now: .seconds(1))
    let decision = policy.schedule(PCPUID(0), ran: .microseconds(10), now: .seconds(1))
    #expect(decision == Decision(run: nil, until: .never, poke: .none))
    #expect(policy.nextTimer == .never)
  }

  @Test func eachWakeUpPokesExactlyOneIdlePCPUWhereItLastRanIfPossible() {
    var policy = Credit2(pcpus: [0, 1, 2])
    let keys = (0..<3).map { VCPUKey(domain: DomainID(1), index: $0) }
    for key in keys { _ = policy.insert(key, VCPUParameters(), domain: DomainParameters(), now: .zero) }
    #expect(keys.map { policy.wake($0, now: .zero) } == [[0], [1], [2]])
    #expect((0..<3).map { policy.schedule(PCPUID($0), ran: .zero, now: .zero).run } == keys)
    _ = policy.sleep(keys[2], now: .zero)
    #expect(policy.schedule(PCPUID(2), ran: .zero, now: .zero).run == nil)
    _ = policy.sleep(keys[1], now: .zero)
    #expect(policy.schedule(PCPUID(1), ran: .zero, now: .zero).run == nil)
    #expect(policy.wake(keys[2], now: .zero) == [2])
  }
}
