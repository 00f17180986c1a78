import HypervisorModel
import Testing

@testable import Schedulers

/// Extra time by weight under sedf, on a virtual clock.
@Suite struct SEDFTests {
  typealias Machine = Simulator<SEDF>

  static func machine(pcpus: Int) -> Machine { Machine(SEDF(pcpus: PCPUSet(0..<pcpus)), pcpus: pcpus) }

  static func key(_ domain: UInt32) -> VCPUKey { VCPUKey(domain: DomainID(domain), index: 0) }

  /// CPU time in seconds that each of the domains 1 to `count` gets while the machine runs.
  static func gains(_ machine: inout Machine, _ count: Int, during time: Nanoseconds) -> [Double] {
    let times = { (machine: Machine) in (1...count).map { machine.cpuTime(of: DomainID(UInt32($0))) } }
    let before = times(machine)
    machine.run(for: time)
    return zip(times(machine), before).map { $0 - $1 }
  }

  // MARK: Shares

  @Test func whatAGiantCannotUseTheOthersShareAndAnEqualOfItIsServedAtOnce() {
    var machine = Self.machine(pcpus: 2)
    machine.add(1, weight: 10_000, [.hog])
    for (domain, weight) in [(2, 1), (3, 1), (4, 2)] as [(UInt32, Int)] { machine.add(domain, weight: weight, [.hog]) }
    let alone = Self.gains(&machine, 4, during: .seconds(30))
    for (gain, fair) in zip(alone, [30, 7.5, 7.5, 15]) { #expect(abs(gain - fair) < 0.01 * fair) }
    machine.add(5, weight: 10_000, [.hog])
    let together = Self.gains(&machine, 5, during: .seconds(1))
    #expect(together[0] > 0.97 && together[4] > 0.97)
    #expect(machine.violations == [])
  }

  @Test func aNewWeightActsWithinThirtyMillisecondsHoweverLargeTheChangeIs() {
    var machine = Self.machine(pcpus: 1)
    for domain: UInt32 in 1...2 { machine.add(domain, weight: domain == 1 ? 1 : 256, [.hog]) }
    for round in 0..<50 {
      machine.run(for: .microseconds(UInt64(700 * round)))
      for domain: UInt32 in 1...2 {
        let isHeavy = (Int(domain) + round).isMultiple(of: 2)
        machine.setParameters(of: DomainID(domain), weight: isHeavy ? 256 : 1, cap: 0)
      }
      machine.run(for: .milliseconds(30))
      let gains = Self.gains(&machine, 2, during: .milliseconds(257))
      #expect(gains[1 - round % 2] > 0.253)
    }
    #expect(machine.violations == [])
  }

  @Test(arguments: [256, 2560, 26], [50, 500] as [UInt64])
  func whoSleepsAtEachTickNeitherGainsNorLosesByIt(weight: Int, asleep: UInt64) {
    for hogs in [1, 9] {
      var machine = Self.machine(pcpus: 1)
      machine.add(1, weight: weight, [.tickDodger(tick: .milliseconds(10), asleep: .microseconds(asleep))])
      for domain in 2...UInt32(hogs + 1) { machine.add(domain, weight: 256, [.hog]) }
      machine.run(for: .seconds(20))
      let share = min(Double(weight) / Double(weight + 256 * hogs), 1 - 2 * Double(asleep) / 10_000)
      #expect(abs(machine.cpuTime(of: DomainID(1)) / 20 - share) < 0.01)
    }
  }

  @Test func whoSleepsALotRunsSoonAfterWakingUp() {
    var machine = Self.machine(pcpus: 2)
    for domain: UInt32 in 1...6 { machine.add(domain, weight: 1024, [.hog]) }
    machine.run(for: .seconds(1))
    machine.add(7, weight: 64, [.interactive(burst: .microseconds(200), sleep: .milliseconds(10))])
    machine.run(for: .seconds(20))
    let vcpu = machine.vcpu(Self.key(7))
    #expect((vcpu?.latency.rawValue ?? .max) / UInt64(max(1, vcpu?.wakeUps ?? 0)) < 100_000)
    #expect(vcpu?.longestWait ?? .never < .milliseconds(5))
  }

  // MARK: Affinity

  @Test func weightsHoldOnEachSideOfAPoolThatAffinitySplits() {
    var machine = Self.machine(pcpus: 2)
    for domain: UInt32 in 1...12 {
      let side: PCPUSet = domain < 3 ? [0] : [1]
      machine.add(domain, weight: 256 * Int(domain), [.hog], affinity: VCPUParameters(hardAffinity: side))
    }
    machine.run(for: .seconds(60))
    let gains = Self.gains(&machine, 12, during: .seconds(20))
    #expect(abs(gains[1] / gains[0] - 2) < 0.02)
    for domain in 3...12 { #expect(abs(gains[domain - 1] - 20 * Double(domain) / 75) < 0.02) }
    // Who goes over to the crowd has its share there soon, and one who may run anywhere gets the larger one.
    machine.setParameters(of: Self.key(1), VCPUParameters(hardAffinity: [1]))
    machine.add(13, weight: 512, [.hog])
    machine.run(for: .seconds(2))
    let moved = Self.gains(&machine, 13, during: .seconds(20))
    #expect(abs(moved[0] - 20 / 76.0) < 0.02)
    #expect(abs(moved[1] - 10) < 0.05 && abs(moved[12] - 10) < 0.05)
    #expect(machine.violations == [])
  }
}
