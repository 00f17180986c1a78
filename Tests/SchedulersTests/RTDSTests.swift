import HypervisorModel
import Testing

@testable import Schedulers

/// Budgets, periods and extra time under rtds, on a virtual clock.
@Suite struct RTDSTests {
  typealias Machine = Simulator<RTDS>

  /// Nothing is late but what a test makes late.
  static func machine(pcpus: Int) -> Machine {
    var machine = Machine(RTDS(pcpus: PCPUSet(0..<pcpus)), pcpus: pcpus)
    machine.pokeLatency = .zero
    return machine
  }

  /// In milliseconds.
  static func server(
    _ budget: UInt64, of period: UInt64, extratime: Bool = false, hard: PCPUSet = .all, soft: PCPUSet = .all
  ) -> VCPUParameters {
    let realTime = RealTimeParameters(
      period: .milliseconds(period), budget: .milliseconds(budget), extratime: extratime)
    return VCPUParameters(hardAffinity: hard, softAffinity: soft, realTime: realTime)
  }

  private static func key(_ domain: UInt32) -> VCPUKey { VCPUKey(domain: DomainID(domain), index: 0) }

  /// CPU time in nanoseconds of a domain with one vCPU.
  private func time(_ machine: Machine, _ domain: UInt32) -> UInt64 {
    machine.vcpu(Self.key(domain))?.cpuTime.rawValue ?? 0
  }

  // MARK: Budgets

  @Test func aHogGetsExactlyItsBudgetInEveryPeriod() {
    var machine = Self.machine(pcpus: 1)
    machine.add(1, [.hog], affinity: Self.server(4, of: 10))
    machine.add(2, [.hog], affinity: Self.server(10, of: 25))
    for period: UInt64 in 1...200 {
      machine.run(for: .milliseconds(50))
      #expect(time(machine, 1) == period * 20_000_000)
      #expect(time(machine, 2) == period * 20_000_000)
    }
    #expect(machine.violations == [])
  }

  @Test func aBudgetIsOfCPUTimeThatAVCPUReallyGot() {
    var machine = Self.machine(pcpus: 1)
    machine.leastSpeed = 0.4
    machine.add(1, [.hog], affinity: Self.server(3, of: 10))
    machine.run(for: .seconds(10))
    #expect(abs(machine.cpuTime(of: DomainID(1)) - 3) < 1e-6)
    #expect(machine.violations == [])
  }

  @Test func whatSomebodyGotTooMuchBecauseAClockWasLateHePaysBack() {
    var machine = Self.machine(pcpus: 2)
    machine.pokeLatency = .microseconds(100)
    machine.timerLatency = .microseconds(100)
    machine.add(1, [.hog], affinity: Self.server(4, of: 10))
    machine.add(2, [.hog], affinity: Self.server(1, of: 2))
    machine.add(3, [.interactive(burst: .microseconds(300), sleep: .milliseconds(1))], affinity: Self.server(1, of: 5))
    machine.run(for: .seconds(10))
    #expect(abs(machine.cpuTime(of: DomainID(1)) - 4) < 0.001)
    #expect(machine.cpuTime(of: DomainID(2)) < 5.001)
    #expect(machine.cpuTime(of: DomainID(2)) > 4.75)
    #expect(machine.violations == [])
  }

  @Test func whoSleptPastItsPeriodBeginsOneWhenItWakes() {
    var policy = RTDS(pcpus: [0])
    let key = Self.key(1)
    _ = policy.insert(key, Self.server(4, of: 10), domain: DomainParameters(), now: .zero)
    #expect(policy.wake(key, now: .milliseconds(3)) == [0])
    #expect(policy.schedule(PCPUID(0), ran: .zero, now: .milliseconds(3)).until == .milliseconds(7))
    _ = policy.sleep(key, now: .milliseconds(4))
    _ = policy.schedule(PCPUID(0), ran: .milliseconds(1), now: .milliseconds(4))
    // Within the period it goes on with what is left, until the period ends.
    _ = policy.wake(key, now: .milliseconds(11))
    #expect(policy.schedule(PCPUID(0), ran: .zero, now: .milliseconds(11)).until == .milliseconds(13))
    let next = policy.schedule(PCPUID(0), ran: .milliseconds(2), now: .milliseconds(13))
    #expect(next.run == key && next.until == .milliseconds(17))
    _ = policy.sleep(key, now: .milliseconds(14))
    _ = policy.schedule(PCPUID(0), ran: .milliseconds(1), now: .milliseconds(14))
    _ = policy.wake(key, now: .milliseconds(28))
    #expect(policy.schedule(PCPUID(0), ran: .zero, now: .milliseconds(28)).until == .milliseconds(32))
    let held = policy.schedule(PCPUID(0), ran: .milliseconds(4), now: .milliseconds(32))
    #expect(held == Decision(run: nil, until: .never, poke: .none, isHeldBack: true))
    #expect(policy.nextTimer == .milliseconds(38))
    #expect(policy.expireTimers(now: .milliseconds(38)) == [0])
    #expect(policy.schedule(PCPUID(0), ran: .zero, now: .milliseconds(38)).run == key)
  }

  @Test func onlyWhoIsAwakeAndWaitsHasATimer() {
    var policy = RTDS(pcpus: [0])
    let key = Self.key(1)
    _ = policy.insert(key, Self.server(4, of: 10), domain: DomainParameters(), now: .zero)
    #expect(policy.nextTimer == .never)
    _ = policy.wake(key, now: .zero)
    #expect(policy.schedule(PCPUID(0), ran: .zero, now: .zero).run == key)
    #expect(policy.nextTimer == .never)
    #expect(policy.schedule(PCPUID(0), ran: .milliseconds(4), now: .milliseconds(4)).isHeldBack)
    #expect(policy.isHeldBack(key))
    #expect(policy.nextTimer == .milliseconds(10))
    _ = policy.sleep(key, now: .milliseconds(5))
    #expect(policy.nextTimer == .never)
    #expect(policy.wake(key, now: .milliseconds(6)).isEmpty)
    #expect(policy.isHeldBack(key))
    #expect(policy.nextTimer == .milliseconds(10))
  }

  // MARK: Extra time

  @Test func extraTimeUsesWhatIsLeftAndCostsNobodyItsBudget() {
    var machine = Self.machine(pcpus: 1)
    machine.add(1, [.hog], affinity: Self.server(2, of: 10, extratime: true))
    machine.add(2, [.hog], affinity: Self.server(3, of: 10))
    machine.add(3, [.periodic(burst: .milliseconds(3), period: .milliseconds(10))], affinity: Self.server(3, of: 10))
    machine.run(for: .seconds(10))
    #expect(abs(machine.cpuTime(of: DomainID(1)) - 4) < 1e-6)
    #expect(abs(machine.cpuTime(of: DomainID(2)) - 3) < 1e-6)
    #expect(abs(machine.cpuTime(of: DomainID(3)) - 3) < 1e-6)
    #expect(machine.missedDeadlines(of: Self.key(3)) == 0)
    #expect(machine.violations == [])
  }

  @Test func aSmallExtraBudgetDoesNotChopUpThePCPU() {
    var machine = Self.machine(pcpus: 1)
    let tiny = RealTimeParameters(period: .milliseconds(10), budget: .microseconds(10), extratime: true)
    for domain: UInt32 in 1...2 { machine.add(domain, [.hog], affinity: VCPUParameters(realTime: tiny)) }
    machine.run(for: .seconds(1))
    #expect(machine.cpuTime(of: DomainID(1)) + machine.cpuTime(of: DomainID(2)) > 0.998)
    #expect(machine.vcpus.values.reduce(0) { $0 + $1.slices } < 3000)
    #expect(machine.violations == [])
  }

  @Test(arguments: [1, 2, 3])
  func whereTheBudgetsAreTooManyThoseOfTheSamePeriodTakeTurns(pcpus: Int) {
    var machine = Self.machine(pcpus: pcpus)
    for domain: UInt32 in 1...10 { machine.add(domain, [.hog], affinity: Self.server(4, of: 10, extratime: true)) }
    machine.run(for: .seconds(10))
    for domain: UInt32 in 1...10 { #expect(abs(machine.cpuTime(of: DomainID(domain)) - Double(pcpus)) < 0.2) }
    #expect(machine.violations == [])
  }

  // MARK: What the operator does

  @Test func newParametersBeginANewPeriodAtOnce() {
    var machine = Self.machine(pcpus: 1)
    machine.add(1, [.hog], affinity: Self.server(1, of: 1000, extratime: true))
    machine.run(for: .milliseconds(500))
    var before = time(machine, 1)
    for (budget, period) in [(2, 10), (900, 1000), (5, 10), (1, 100)] as [(UInt64, UInt64)] {
      machine.setParameters(of: Self.key(1), Self.server(budget, of: period))
      // The pCPU looks before the clock goes on.
      machine.run(for: .zero)
      before = time(machine, 1)
      machine.run(for: .seconds(1))
      #expect(time(machine, 1) - before == 1_000_000_000 * budget / period)
    }
    #expect(machine.violations == [])
  }

  @Test func parametersOutOfRangeAreBroughtIntoIt() {
    var machine = Self.machine(pcpus: 1)
    for (domain, period, budget) in [(1, UInt64.zero, .zero), (2, .max, .max), (3, 10_000, .max)]
      as [(UInt32, UInt64, UInt64)]
    {
      let realTime = RealTimeParameters(period: Nanoseconds(period), budget: Nanoseconds(budget), extratime: true)
      machine.add(domain, [.hog], affinity: VCPUParameters(realTime: realTime))
    }
    machine.run(for: .milliseconds(100))
    #expect(machine.violations == [])
  }
}
