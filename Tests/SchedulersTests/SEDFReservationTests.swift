import HypervisorModel
import Testing

@testable import Schedulers

/// Slices and periods under sedf, on a virtual clock.
@Suite struct SEDFReservationTests {
  /// In milliseconds.
  private static func reservation(
    _ slice: UInt64, of period: UInt64, extratime: Bool = false, weight: Int = 256
  ) -> DomainParameters {
    let sedf = SEDFParameters(period: .milliseconds(period), slice: .milliseconds(slice), extratime: extratime)
    return DomainParameters(weight: Weight(clamping: weight), sedf: sedf)
  }

  /// Nothing is late but what a test makes late.
  private static func machine(pcpus: Int) -> SEDFTests.Machine {
    var machine = SEDFTests.machine(pcpus: pcpus)
    machine.pokeLatency = .zero
    return machine
  }

  // MARK: What is reserved

  @Test(arguments: [1, 2])
  func reservationsAreMetInEveryPeriodUnderHogs(pcpus: Int) {
    var machine = Self.machine(pcpus: pcpus)
    machine.add(1, Self.reservation(20, of: 100), [.hog])
    machine.add(2, Self.reservation(3, of: 10), [.hog])
    machine.add(3, Self.reservation(5, of: 20), [.periodic(burst: .milliseconds(5), period: .milliseconds(20))])
    for domain: UInt32 in 4...9 { machine.add(domain, weight: 65535, [.hog]) }
    for _ in 0..<100 {
      let gains = SEDFTests.gains(&machine, 3, during: .milliseconds(100))
      for (gain, fair) in zip(gains, [0.02, 0.03, 0.025]) { #expect(abs(gain - fair) < 1e-9) }
    }
    #expect(machine.missedDeadlines(of: SEDFTests.key(3)) == 0)
    #expect(machine.violations == [])
  }

  @Test(arguments: [1, 2, 4], [40, 400] as [UInt64])
  func beyondItsSliceSomebodyHasItsPartOfTheExtraTime(pcpus: Int, slice: UInt64) {
    var machine = Self.machine(pcpus: pcpus)
    machine.add(1, Self.reservation(slice, of: 10 * slice / 4, extratime: true), [.hog])
    for domain in 2...UInt32(2 * pcpus) { machine.add(domain, [.hog]) }
    machine.add(99, Self.reservation(1, of: 10), [.hog])
    machine.run(for: .seconds(20))
    let extra = (Double(pcpus) - 0.5) / Double(2 * pcpus)
    #expect(abs(machine.cpuTime(of: DomainID(1)) / 20 - 0.4 - extra) < 0.005)
    for domain in 2...UInt32(2 * pcpus) { #expect(abs(machine.cpuTime(of: DomainID(domain)) / 20 - extra) < 0.005) }
    #expect(abs(machine.cpuTime(of: DomainID(99)) / 20 - 0.1) < 0.001)
    #expect(machine.violations == [])
  }

  @Test func reservationsAreMetWhenCPUTimeIsStolenAndClocksAreLate() {
    var machine = SEDFTests.machine(pcpus: 1)
    machine.leastSpeed = 0.5
    machine.timerLatency = .microseconds(50)
    machine.add(1, Self.reservation(20, of: 100), [.hog])
    machine.add(2, Self.reservation(3, of: 20), [.hog])
    machine.add(3, [.hog])
    machine.run(for: .seconds(20))
    #expect(abs(machine.cpuTime(of: DomainID(1)) - 4) < 0.02)
    #expect(abs(machine.cpuTime(of: DomainID(2)) - 3) < 0.03)
    #expect(machine.violations == [])
  }

  @Test func nobodyGetsMoreThanItsReservationBySleeping() {
    var machine = Self.machine(pcpus: 1)
    for (domain, sleep) in [(1, 1), (2, 10), (3, 40)] as [(UInt32, UInt64)] {
      let workload = Workload.interactive(burst: .milliseconds(30), sleep: .milliseconds(sleep))
      machine.add(domain, Self.reservation(10, of: 50), [workload])
    }
    machine.add(4, Self.reservation(20, of: 50), [.periodic(burst: .milliseconds(20), period: .milliseconds(50))])
    machine.run(for: .seconds(20))
    for domain: UInt32 in 1...3 { #expect(machine.cpuTime(of: DomainID(domain)) < 4.01) }
    #expect(machine.missedDeadlines(of: SEDFTests.key(4)) == 0)
    #expect(machine.violations == [])
  }

  // MARK: Overload

  struct Overload: Sendable {
    let pcpus: Int
    let reservations: [(slice: UInt64, period: UInt64)]

    static let all = [
      Overload(pcpus: 1, reservations: [(10, 10), (10, 100)]),
      Overload(pcpus: 1, reservations: [(10, 10), (90, 100), (90, 100)]),
      Overload(pcpus: 1, reservations: [(1, 10), (5, 10), (50, 100), (100, 200)]),
      Overload(pcpus: 1, reservations: [(8, 10), (5, 7), (900, 1000)]),
      Overload(pcpus: 2, reservations: [(10, 10), (10, 10), (40, 100), (60, 100)]),
    ]
  }

  @Test(arguments: Overload.all, [false, true])
  func whereMoreIsReservedThanThereIsAllGetTheSamePartOfIt(overload: Overload, extratime: Bool) {
    var machine = Self.machine(pcpus: overload.pcpus)
    for (index, reservation) in overload.reservations.enumerated() {
      let parameters = Self.reservation(reservation.slice, of: reservation.period, extratime: extratime)
      machine.add(UInt32(index + 1), parameters, [.hog])
    }
    let shares = overload.reservations.map { Double($0.slice) / Double($0.period) }
    let part = Double(overload.pcpus) / shares.reduce(0, +)
    let gains = SEDFTests.gains(&machine, shares.count, during: .seconds(40))
    for (gain, share) in zip(gains, shares) { #expect(abs(gain / 40 - share * part) < 0.05 * share) }
    #expect(machine.violations == [])
  }

  @Test func whereAllPCPUsAreReservedEverybodyGetsItsShareInTheLongRun() {
    var machine = Self.machine(pcpus: 2)
    for domain: UInt32 in 1...3 { machine.add(domain, Self.reservation(10, of: 15), [.hog]) }
    machine.run(for: .seconds(15))
    for domain: UInt32 in 1...3 { #expect(abs(machine.cpuTime(of: DomainID(domain)) - 10) < 0.02) }
    #expect(machine.violations == [])
  }

  @Test func anOverloadIsSoonForgottenWhenItIsOver() {
    var machine = Self.machine(pcpus: 1)
    for domain: UInt32 in 1...3 { machine.add(domain, Self.reservation(50, of: 100), [.hog]) }
    machine.add(4, [.hog])
    machine.run(for: .seconds(60))
    machine.remove(DomainID(3))
    machine.setParameters(of: DomainID(2), Self.reservation(20, of: 100))
    machine.run(for: .milliseconds(500))
    let gains = SEDFTests.gains(&machine, 4, during: .seconds(1))
    for (gain, fair) in zip(gains, [0.5, 0.2, 0, 0.3]) { #expect(abs(gain - fair) < 0.05) }
    #expect(machine.violations == [])
  }

  // MARK: Time and parameters

  @Test func onlyWhoWaitsForItsNextSliceHasATimer() {
    var policy = SEDF(pcpus: [0])
    let key = SEDFTests.key(1)
    _ = policy.insert(key, VCPUParameters(), domain: Self.reservation(4, of: 10), now: .zero)
    #expect(policy.wake(key, now: .milliseconds(3)) == [0])
    #expect(policy.schedule(PCPUID(0), ran: .zero, now: .milliseconds(3)).until == .milliseconds(7))
    #expect(policy.nextTimer == .never)
    let held = policy.schedule(PCPUID(0), ran: .milliseconds(4), now: .milliseconds(7))
    #expect(held == Decision(run: nil, until: .never, poke: .none, isHeldBack: true))
    #expect(policy.isHeldBack(key))
    #expect(policy.nextTimer == .milliseconds(13))
    _ = policy.sleep(key, now: .milliseconds(8))
    #expect(policy.nextTimer == .never)
    #expect(policy.wake(key, now: .milliseconds(9)).isEmpty)
    #expect(policy.nextTimer == .milliseconds(13))
    #expect(policy.expireTimers(now: .milliseconds(13)) == [0])
    #expect(policy.nextTimer == .never)
    let next = policy.schedule(PCPUID(0), ran: .zero, now: .milliseconds(13))
    #expect(next.run == key && next.until == .milliseconds(17))
  }

  @Test func newParametersActAtOnce() {
    var machine = Self.machine(pcpus: 1)
    machine.add(1, [.hog])
    machine.add(2, [.hog])
    for (slice, period, extratime) in [
      (900, 1000, false), (2, 10, false), (0, 100, true), (30, 100, false), (6, 10, true),
    ]
      as [(UInt64, UInt64, Bool)]
    {
      machine.setParameters(of: DomainID(1), Self.reservation(slice, of: period, extratime: extratime))
      machine.run(for: .milliseconds(10))
      let gains = SEDFTests.gains(&machine, 2, during: .seconds(1))
      let reserved = Double(slice) / Double(period)
      #expect(abs(gains[0] - (extratime ? (1 + reserved) / 2 : reserved)) < 0.012)
      #expect(abs(gains[0] + gains[1] - 1) < 1e-6)
    }
    #expect(machine.violations == [])
  }

  @Test func parametersOutOfRangeAreBroughtIntoIt() {
    var machine = Self.machine(pcpus: 1)
    for (domain, period, slice) in [(1, 0, 0), (2, 0, .max), (3, .max, .max), (4, 10_000, 1)]
      as [(UInt32, UInt64, UInt64)]
    {
      let sedf = SEDFParameters(period: Nanoseconds(period), slice: Nanoseconds(slice), extratime: true)
      machine.add(domain, DomainParameters(sedf: sedf), [.hog])
    }
    machine.run(for: .milliseconds(100))
    #expect(machine.violations == [])
  }
}
