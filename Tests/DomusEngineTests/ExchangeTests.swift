import HypervisorModel
import Schedulers
import Synchronization
import Testing

@testable import DomusEngine

extension Dispatcher {
  fileprivate func cpuTime(_ domain: UInt32, _ index: UInt32 = 0) -> Nanoseconds {
    statistics().vcpus[VCPUKey(domain: DomainID(domain), index: index)]?.cpuTime ?? .zero
  }

  fileprivate func counters(_ domain: UInt32) -> SchedulingCounters? {
    statistics().vcpus[VCPUKey(domain: DomainID(domain), index: 0)]?.counters
  }
}

/// Policies and pCPUs that change while vCPUs run, and what the dispatcher counts.
@Suite(.serialized) struct ExchangeTests {
  private static let sleeper: @Sendable () -> FakeVCPU = {
    FakeVCPU { .blocked(until: HostClock.now() + .microseconds(200)) }
  }

  @Test func noVCPUIsLostWhenThePolicyIsExchangedAgainAndAgain() throws {
    let dispatcher = try dispatcher(pcpus: 2)
    defer { dispatcher.shutdown() }
    let hogs = (0..<3).map { _ in FakeVCPU.hog() }
    let sleepers = (0..<3).map { _ in Self.sleeper() }
    for (index, hog) in hogs.enumerated() { dispatcher.add(UInt32(index + 1), [hog]) }
    dispatcher.add(9, sleepers)
    // These promise every vCPU a pCPU.
    let fair = Scheduler.allCases.filter { $0 != .null && $0 != .rtds }
    for round in 0..<40 {
      dispatcher.switchScheduler(to: fair[round % fair.count])
      #expect(dispatcher.scheduler == fair[round % fair.count])
      let before = (hogs + sleepers).map(\.runCount)
      let everybodyRan = eventually { zip((hogs + sleepers).map(\.runCount), before).allSatisfy { $0 > $1 } }
      #expect(everybodyRan)
      if !everybodyRan { return }
    }
    #expect(!(hogs + sleepers).contains { $0.hasRunTwiceAtOnce })
  }

  @Test func countersAndParametersOutliveAnExchange() throws {
    let dispatcher = try dispatcher(pcpus: 1)
    defer { dispatcher.shutdown() }
    dispatcher.add(1, weight: 512, [.hog()])
    dispatcher.add(2, weight: 256, [.hog()])
    #expect(eventually { dispatcher.cpuTime(1) > .milliseconds(20) && dispatcher.cpuTime(2) > .milliseconds(5) })
    let before = (dispatcher.cpuTime(1), dispatcher.cpuTime(2))
    dispatcher.switchScheduler(to: .bvt)
    #expect(dispatcher.cpuTime(1) >= before.0 && dispatcher.cpuTime(2) >= before.1)
    #expect(dispatcher.parameters(of: DomainID(1))?.weight == Weight(clamping: 512))
    dispatcher.switchScheduler(to: .credit2)
    let start = (dispatcher.cpuTime(1), dispatcher.cpuTime(2))
    #expect(eventually { dispatcher.cpuTime(2) - start.1 > .milliseconds(200) })
    let gained = (dispatcher.cpuTime(1) - start.0, dispatcher.cpuTime(2) - start.1)
    #expect(abs(gained.0.seconds / gained.1.seconds - 2) < 0.2)
  }

  @Test func aPCPUThatIsTakenAwayRunsNobodyAndOneThatComesRunsSomebody() throws {
    let (dispatcher, other) = (try dispatcher(pcpus: 2), try dispatcher(pcpus: 0))
    defer { for dispatcher in [dispatcher, other] { dispatcher.shutdown() } }
    dispatcher.add(1, [.hog(), .hog(), .hog()])
    #expect(eventually { dispatcher.statistics().pcpus.allSatisfy { $0.busy > .milliseconds(1) } })
    let pcpu = try #require(dispatcher.takePCPU(PCPUID(1)))
    #expect(dispatcher.pcpuIDs == [PCPUID(0)])
    #expect(dispatcher.takePCPU(PCPUID(0)) == nil, "the last one stays while domains are here")
    let busy = pcpu.busy
    let before = dispatcher.cpuTime(1) + dispatcher.cpuTime(1, 1) + dispatcher.cpuTime(1, 2)
    #expect(
      eventually {
        dispatcher.cpuTime(1) + dispatcher.cpuTime(1, 1) + dispatcher.cpuTime(1, 2) > before + .milliseconds(30)
      })
    #expect(pcpu.busy == busy)
    try other.add(pcpu)
    other.add(2, [.hog()])
    #expect(eventually { other.cpuTime(2) > .milliseconds(5) })
    #expect(other.statistics().pcpus.first?.busy ?? .zero > busy, "its counters go on")
    other.remove(DomainID(2))
    let third = try Dispatcher(pcpus: [#require(other.takePCPU(PCPUID(1)))], scheduler: .credit)
    third.add(3, [.hog()])
    #expect(eventually { third.cpuTime(3) > .milliseconds(5) })
    third.remove(DomainID(3))
    try dispatcher.add(#require(third.takePCPU(PCPUID(1))))
    third.shutdown()
    let again = dispatcher.statistics().pcpus[1].busy
    #expect(eventually { dispatcher.statistics().pcpus[1].busy > again })
  }

  @Test func aDomainMovesToAnotherPoolWithItsCountersAndLosesNoWakeUp() throws {
    let (first, second) = (try dispatcher(pcpus: 1), try dispatcher(pcpus: 1, .credit))
    defer { for dispatcher in [first, second] { dispatcher.shutdown() } }
    let (hog, sleeper) = (FakeVCPU.hog(), Self.sleeper())
    first.add(1, [hog, sleeper])
    var (here, there) = (first, second)
    for _ in 0..<50 {
      let time = here.cpuTime(1)
      let moving = try #require(here.remove(DomainID(1)))
      there.add(DomainID(1), DomainParameters(), isPaused: moving.isPaused, vcpus: moving.vcpus)
      #expect(there.cpuTime(1) >= time)
      let before = (hog.runCount, sleeper.runCount)
      let bothRan = eventually { hog.runCount > before.0 && sleeper.runCount > before.1 }
      #expect(bothRan)
      if !bothRan { return }
      swap(&here, &there)
    }
  }

  @Test func theReasonOfTheLastSwitchIsTheRealOne() throws {
    let dispatcher = try dispatcher(pcpus: 1)
    defer { dispatcher.shutdown() }
    dispatcher.add(1, [FakeVCPU { .blocked(until: HostClock.now() + .milliseconds(2)) }])
    #expect(eventually { dispatcher.counters(1)?.lastSwitch == .blocked })
    dispatcher.remove(DomainID(1))

    dispatcher.add(2, [.hog()])
    dispatcher.add(3, [.hog()])
    #expect(eventually { dispatcher.counters(2)?.lastSwitch == .slice })
    dispatcher.pause(DomainID(2))
    dispatcher.pause(DomainID(3))
    #expect(eventually { [2, 3].contains { dispatcher.counters($0)?.lastSwitch == .paused } })
    dispatcher.remove(DomainID(3))

    dispatcher.setParameters(of: DomainID(2), DomainParameters(cap: Cap(clamping: 5)))
    dispatcher.unpause(DomainID(2))
    #expect(eventually { dispatcher.counters(2)?.lastSwitch == .heldBack })
    #expect(eventually { dispatcher.counters(2)?.isHeldBack == true })
    dispatcher.setParameters(of: DomainID(2), DomainParameters())
    #expect(eventually { dispatcher.state(2) == .running && dispatcher.counters(2)?.isHeldBack == false })
    dispatcher.switchScheduler(to: .credit2)
    #expect(eventually { dispatcher.counters(2)?.lastSwitch == .exchange })

    dispatcher.add(4, [FakeVCPU { .stopped }])
    #expect(eventually { dispatcher.counters(4)?.lastSwitch == .offline })
  }

  @Test func switchesMigrationsAndWakeLatencyAreCounted() throws {
    let dispatcher = try dispatcher(pcpus: 2)
    defer { dispatcher.shutdown() }
    dispatcher.add(1, [Self.sleeper()])
    #expect(eventually { dispatcher.counters(1).map { $0.switches > 50 && $0.wakeLatency != nil } == true })
    let key = VCPUKey(domain: DomainID(1), index: 0)
    for round in 0..<6 {
      let migrations = dispatcher.counters(1)?.migrations ?? 0
      let target = dispatcher.statistics().vcpus[key]?.pcpu == PCPUID(0) ? 1 : 0
      dispatcher.setParameters(of: key, VCPUParameters(hardAffinity: [target]))
      #expect(eventually { dispatcher.counters(1)?.migrations == migrations + 1 }, "round \(round)")
    }
    let latency = try #require(dispatcher.counters(1)?.wakeLatency)
    #expect(latency.p50 <= latency.p99 && latency.p50 > .zero)
  }

  @Test func theTraceTellsWhoRanWhereFromWhenToWhenAndWhy() throws {
    let dispatcher = try dispatcher(pcpus: 2)
    defer { dispatcher.shutdown() }
    dispatcher.add(1, [.hog(), .hog(), .hog()])
    dispatcher.add(2, [Self.sleeper()])
    #expect(eventually { dispatcher.trace(from: nil).events.count > 200 })
    let first = dispatcher.trace(from: nil)
    #expect(first.events.contains { $0.domain == DomainID(2) && $0.why == .blocked })
    #expect(first.events.contains { $0.domain == DomainID(1) && $0.why != .blocked })
    for pcpu in 0..<2 {
      let stays = first.events.filter { $0.pcpu == PCPUID(pcpu) }
      #expect(stays.allSatisfy { $0.from <= $0.to })
      #expect(zip(stays, stays.dropFirst()).allSatisfy { $0.to <= $1.from }, "one at a time, in order")
    }
    #expect(eventually { !dispatcher.trace(from: first.next).events.isEmpty })
    let second = dispatcher.trace(from: first.next)
    #expect(second.lost == 0)
    #expect(second.next == first.next + UInt64(second.events.count))
  }

  @Test func aRingThatWasOverrunSaysHowMuchIsLost() {
    var ring = TraceRing()
    func append(_ count: Int) {
      for _ in 0..<count {
        ring.append(
          SchedulingEvent(
            domain: DomainID(1), vcpu: VCPUID(0), pcpu: PCPUID(0), from: .zero, to: .zero, waited: .zero, why: .slice))
      }
    }
    append(100)
    #expect(ring.trace(from: 0, time: .zero).next == 100)
    append(TraceRing.capacity)
    let trace = ring.trace(from: 90, time: .zero)
    #expect(trace.lost == 10)
    #expect(trace.events.count == TraceRing.piece)
    #expect(trace.next == 100 + UInt64(TraceRing.piece))
    #expect(ring.trace(from: .max, time: .zero).events.isEmpty)
  }

  @Test func percentilesAreWithinAnEighthOfTheTruthAndForgetThePast() throws {
    var histogram = LatencyHistogram()
    #expect(histogram.percentiles == nil)
    for value in 1...1000 { histogram.record(.microseconds(UInt64(value))) }
    let first = try #require(histogram.percentiles)
    #expect(abs(first.p50.seconds - 500e-6) < 500e-6 / 8)
    #expect(abs(first.p99.seconds - 990e-6) < 990e-6 / 8)
    for _ in 0..<100_000 { histogram.record(.milliseconds(20)) }
    let second = try #require(histogram.percentiles)
    #expect(abs(second.p50.seconds - 0.02) < 0.02 / 8)
    histogram.record(.zero)
    histogram.record(.never)
  }
}
