import HypervisorModel
import Testing

@testable import Schedulers

/// Shares, warping and the context-switch allowance under bvt, on a virtual clock.
@Suite struct BVTTests {
  private static func policy(pcpus: Int, allowance: Nanoseconds = .milliseconds(5)) -> BVT {
    BVT(pcpus: PCPUSet(0..<pcpus), PoolParameters(switchAllowance: allowance))
  }
  private static func machine(pcpus: Int, allowance: Nanoseconds = .milliseconds(5)) -> Simulator<BVT> {
    Simulator(policy(pcpus: pcpus, allowance: allowance), pcpus: pcpus)
  }
  private static func key(_ domain: UInt32) -> VCPUKey { VCPUKey(domain: DomainID(domain), index: 0) }

  // MARK: Shares

  @Test func anAdvanceTakesTheWeightsPlace() {
    var machine = Self.machine(pcpus: 1)
    machine.add(1, DomainParameters(weight: Weight(clamping: 5000), bvt: BVTParameters(advance: 30)), [.hog])
    machine.add(2, DomainParameters(bvt: BVTParameters(advance: 10)), [.hog])
    machine.add(3, [.hog])
    machine.run(for: .seconds(20))
    let times = (1...3).map { machine.cpuTime(of: DomainID(UInt32($0))) }
    #expect(abs(times[1] / times[0] - 3) < 0.05)
    #expect(abs(times[2] / times[0] - 3) < 0.05)
  }

  @Test func weightsThatNoWholeAdvanceStandsForAreExact() {
    var machine = Self.machine(pcpus: 1)
    machine.add(1, weight: 60_000, [.hog])
    machine.add(2, weight: 59_000, [.hog])
    machine.run(for: .seconds(60))
    let ratio = machine.cpuTime(of: DomainID(1)) / machine.cpuTime(of: DomainID(2))
    #expect(abs(ratio - 60.0 / 59.0) < 0.001)
  }

  @Test(arguments: [1, 2])
  func whoSleptForLongIsBroughtUpToTheOthers(pcpus: Int) {
    var machine = Self.machine(pcpus: pcpus)
    for domain in 1...UInt32(pcpus + 1) { machine.add(domain, [.hog]) }
    machine.pause(Self.key(1))
    machine.run(for: .seconds(100))
    machine.unpause(Self.key(1))
    machine.run(for: .seconds(2))
    let fair = 2 * Double(pcpus) / Double(pcpus + 1)
    #expect(abs(machine.cpuTime(of: DomainID(1)) - fair) < 0.05)
  }

  @Test func whoRanAloneDoesNotWaitForTheOthersToCatchUp() {
    var machine = Self.machine(pcpus: 2)
    machine.add(1, weight: 1, [.hog], affinity: VCPUParameters(hardAffinity: [0]))
    machine.add(2, weight: 1024, [.hog, .hog], affinity: VCPUParameters(hardAffinity: [1]))
    machine.run(for: .seconds(60))
    machine.setParameters(of: DomainID(1), weight: 1024, cap: 0)
    machine.setParameters(of: Self.key(1), VCPUParameters(hardAffinity: [1]))
    let before = machine.cpuTime(of: DomainID(1))
    machine.run(for: .seconds(3))
    #expect(abs(machine.cpuTime(of: DomainID(1)) - before - 1) < 0.1)
    #expect(machine.violations == [])
  }

  // MARK: Warping

  private static func warped(
    by value: Nanoseconds, limit: Nanoseconds = .zero, unwarp: Nanoseconds = .milliseconds(1000)
  ) -> DomainParameters {
    DomainParameters(bvt: BVTParameters(isWarped: true, warpValue: value, warpLimit: limit, unwarpTime: unwarp))
  }

  @Test func whoWarpsRunsSoonAfterWakingUp() {
    func meanLatency(_ parameters: DomainParameters) -> UInt64 {
      var machine = Self.machine(pcpus: 1)
      for domain: UInt32 in 1...3 { machine.add(domain, [.hog]) }
      machine.add(4, parameters, [.interactive(burst: .microseconds(200), sleep: .milliseconds(10))])
      machine.run(for: .seconds(20))
      let vcpu = machine.vcpus[Self.key(4)]
      return (vcpu?.latency.rawValue ?? .max) / UInt64(max(1, vcpu?.wakeUps ?? 1))
    }
    #expect(meanLatency(Self.warped(by: .milliseconds(50))) < 50_000)
    #expect(meanLatency(DomainParameters()) > 1_000_000)
  }

  @Test func whatIsBorrowedIsPaidBack() {
    var machine = Self.machine(pcpus: 1)
    machine.add(1, [.hog])
    machine.add(2, Self.warped(by: .milliseconds(500)), [.hog])
    machine.run(for: .milliseconds(500))
    #expect(machine.cpuTime(of: DomainID(2)) > 0.48)
    machine.run(for: .milliseconds(19_500))
    #expect(abs(machine.cpuTime(of: DomainID(2)) - 10.25) < 0.1)
  }

  @Test func nobodyEscapesFromItsDebtByNaps() {
    var machine = Self.machine(pcpus: 1)
    machine.add(1, [.hog])
    machine.add(2, Self.warped(by: .milliseconds(500)), [.hog])
    for _ in 0..<4000 {
      machine.run(for: .microseconds(4990))
      machine.pause(Self.key(2))
      machine.run(for: .microseconds(10))
      machine.unpause(Self.key(2))
    }
    #expect(machine.cpuTime(of: DomainID(2)) < 10.4)
  }

  @Test func whoHasWarpedToTheLimitGoesUnwarpedForAWhile() {
    var machine = Self.machine(pcpus: 1)
    machine.add(1, [.hog])
    machine.add(2, Self.warped(by: .seconds(5), limit: .milliseconds(100), unwarp: .milliseconds(400)), [.hog])
    machine.run(for: .milliseconds(100))
    #expect(machine.cpuTime(of: DomainID(2)) > 0.08)
    // It is 100 ms ahead of the other now, and has to wait for as long.
    machine.run(for: .milliseconds(400))
    #expect(abs(machine.cpuTime(of: DomainID(2)) - 0.25) < 0.02)
    machine.run(for: .milliseconds(100))
    #expect(abs(machine.cpuTime(of: DomainID(2)) - 0.35) < 0.02)
    #expect(machine.violations == [])
  }

  @Test func warpingCanBeSwitchedOnAndOffWhileAGuestRuns() {
    var machine = Self.machine(pcpus: 1)
    machine.add(1, [.hog])
    machine.add(2, [.hog])
    machine.run(for: .seconds(1))
    machine.setParameters(of: DomainID(2), Self.warped(by: .seconds(1)))
    let before = machine.cpuTime(of: DomainID(2))
    machine.run(for: .milliseconds(500))
    #expect(machine.cpuTime(of: DomainID(2)) - before > 0.47)
    machine.setParameters(of: DomainID(2), DomainParameters())
    machine.run(for: .milliseconds(450))
    #expect(machine.cpuTime(of: DomainID(2)) - before < 0.53)
    #expect(machine.violations == [])
  }

  // MARK: Slices

  @Test func aTurnLastsAsLongAsTheSwitchAllowance() {
    func slices(allowance: UInt64) -> Int {
      var machine = Self.machine(pcpus: 1, allowance: .milliseconds(allowance))
      for domain: UInt32 in 1...3 { machine.add(domain, [.hog]) }
      machine.run(for: .seconds(6))
      return machine.vcpus.values.reduce(0) { $0 + $1.slices }
    }
    #expect(slices(allowance: 1) > 3000)
    #expect(slices(allowance: 5) < 1250)
  }

  @Test func virtualTimeGoesOnForYearsAtTheFastestAdvance() {
    var policy = Self.policy(pcpus: 1)
    let parameters = DomainParameters(bvt: BVTParameters(advance: 65535))
    let key = Self.key(1)
    _ = policy.insert(key, VCPUParameters(), domain: parameters, now: .zero)
    _ = policy.wake(key, now: .zero)
    var now = Nanoseconds.zero
    for _ in 0..<20_000 {
      let hours = Nanoseconds.seconds(10 * 3600)
      now += hours
      #expect(policy.schedule(PCPUID(0), ran: hours, now: now).run == key)
    }
  }
}
