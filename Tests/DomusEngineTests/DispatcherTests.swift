import Glibc
import HypervisorModel
import Schedulers
import Synchronization
import Testing

@testable import DomusEngine

/// A vCPU that does what a closure says, again and again, until it blocks or has to stop.
///
/// The closure does a small step and answers nil to go on.
final class FakeVCPU: Schedulable {
  private let wantsAttention = Atomic<Bool>(false)
  private let isRunning = Atomic<Bool>(false)
  private let step: @Sendable () -> RunOutcome?
  private let runs = Atomic<Int>(0)
  private let ranTwiceAtOnce = Atomic<Bool>(false)

  private let deviceTime: @Sendable () -> Nanoseconds

  /// `deviceTime` is what its devices have cost since the last call.
  init(
    deviceTime: @escaping @Sendable () -> Nanoseconds = { .zero }, _ step: @escaping @Sendable () -> RunOutcome?
  ) {
    self.deviceTime = deviceTime
    self.step = step
  }

  static func hog() -> FakeVCPU { FakeVCPU { nil } }

  func run(until deadline: Nanoseconds, on pcpu: PCPUID) -> RunOutcome {
    if isRunning.exchange(true, ordering: .acquiring) { ranTwiceAtOnce.store(true, ordering: .relaxed) }
    defer { isRunning.store(false, ordering: .releasing) }
    runs.add(1, ordering: .relaxed)
    while true {
      if wantsAttention.exchange(false, ordering: .acquiring) { return .preempted }
      if let outcome = step() { return outcome }
      if HostClock.now() >= deadline { return .preempted }
    }
  }

  func attention() { wantsAttention.store(true, ordering: .releasing) }
  func collectDeviceTime() -> Nanoseconds { deviceTime() }
  var runCount: Int { runs.load(ordering: .relaxed) }
  var hasRunTwiceAtOnce: Bool { ranTwiceAtOnce.load(ordering: .relaxed) }
  var isOnPCPU: Bool { isRunning.load(ordering: .acquiring) }
}

/// Waits until something is so; false if it doesn't become so in half a minute.
func eventually(_ condition: () -> Bool) -> Bool {
  let end = HostClock.now() + .seconds(30)
  while HostClock.now() < end {
    if condition() { return true }
    usleep(200)
  }
  return false
}

func dispatcher(pcpus count: Int, _ scheduler: Scheduler = .credit2) throws -> Dispatcher {
  try Dispatcher(pcpus: (0..<count).map { PCPU(id: PCPUID($0)) }, scheduler: scheduler)
}

extension Dispatcher {
  func add(_ domain: UInt32, weight: Int = 256, isPaused: Bool = false, _ vcpus: [FakeVCPU]) {
    let parameters = DomainParameters(weight: Weight(clamping: weight))
    add(
      DomainID(domain), parameters, isPaused: isPaused, vcpus: vcpus.map { NewVCPU(vcpu: $0, isOnline: true) })
  }

  func state(_ domain: UInt32, _ index: UInt32 = 0) -> VCPUSnapshot.State? {
    statistics().vcpus[VCPUKey(domain: DomainID(domain), index: index)]?.state
  }
}

@Suite(.serialized) struct DispatcherTests {
  @Test func vcpusRunAndTheirTimeIsCounted() throws {
    let dispatcher = try dispatcher(pcpus: 2)
    defer { dispatcher.shutdown() }
    dispatcher.add(1, [.hog(), .hog(), .hog()])
    #expect(
      eventually {
        let vcpus = dispatcher.statistics().vcpus.values
        return vcpus.allSatisfy { $0.cpuTime > .milliseconds(20) && $0.waitTime > .zero && $0.pcpu != nil }
      })
    let statistics = dispatcher.statistics()
    #expect(statistics.vcpus.values.filter { $0.state == .running }.count <= 2)
    let guests = statistics.vcpus.values.reduce(Nanoseconds.zero) { $0 + $1.cpuTime }
    let busy = statistics.pcpus.reduce(Nanoseconds.zero) { $0 + $1.busy }
    #expect(guests == busy)
  }

  @Test func countersNeverRunBackwards() throws {
    let dispatcher = try dispatcher(pcpus: 2)
    defer { dispatcher.shutdown() }
    let sleeper = FakeVCPU { .blocked(until: HostClock.now() + .microseconds(100)) }
    dispatcher.add(1, [.hog(), .hog(), .hog(), sleeper])
    var last = dispatcher.statistics()
    for _ in 0..<20_000 {
      let next = dispatcher.statistics()
      for (key, vcpu) in next.vcpus {
        guard let before = last.vcpus[key] else { continue }
        #expect(vcpu.cpuTime >= before.cpuTime)
        #expect(vcpu.waitTime >= before.waitTime)
      }
      for (pcpu, before) in zip(next.pcpus, last.pcpus) {
        #expect(pcpu.busy >= before.busy)
        #expect(pcpu.stolen >= before.stolen)
      }
      last = next
    }
  }

  @Test func aBlockedVCPUWakesAtItsTimeEvenIfAllPCPUsAreBusy() throws {
    let dispatcher = try dispatcher(pcpus: 1)
    defer { dispatcher.shutdown() }
    let sleeper = FakeVCPU { .blocked(until: HostClock.now() + .milliseconds(1)) }
    dispatcher.add(1, [sleeper])
    #expect(eventually { sleeper.runCount > 20 })
    dispatcher.add(2, [.hog(), .hog()])
    let before = sleeper.runCount
    #expect(eventually { sleeper.runCount > before + 50 })
  }

  @Test func aStoppedVCPURunsOnlyAfterAWake() throws {
    let dispatcher = try dispatcher(pcpus: 1)
    defer { dispatcher.shutdown() }
    let vcpu = FakeVCPU { .stopped }
    dispatcher.add(DomainID(1), .init(), isPaused: false, vcpus: [.init(vcpu: vcpu, isOnline: false)])
    #expect(dispatcher.state(1) == .offline)
    #expect(vcpu.runCount == 0)
    for count in 1...3 {
      dispatcher.wake(VCPUKey(domain: DomainID(1), index: 0))
      #expect(eventually { vcpu.runCount == count && dispatcher.state(1) == .offline })
    }
    usleep(20_000)
    #expect(vcpu.runCount == 3)
  }

  @Test func pauseReturnsWhenNothingRunsAndUnpauseGoesOn() throws {
    let dispatcher = try dispatcher(pcpus: 2)
    defer { dispatcher.shutdown() }
    let vcpus = [FakeVCPU.hog(), .hog(), .hog()]
    dispatcher.add(1, isPaused: true, vcpus)
    #expect(dispatcher.state(1) == .paused)
    for _ in 0..<200 {
      dispatcher.unpause(DomainID(1))
      #expect(eventually { vcpus.contains { $0.isOnPCPU } })
      dispatcher.pause(DomainID(1))
      #expect(!vcpus.contains { $0.isOnPCPU })
      #expect(dispatcher.state(1, 2) == .paused)
    }
    let runs = vcpus.map { $0.runCount }
    for index in 0..<3 { dispatcher.wake(VCPUKey(domain: DomainID(1), index: UInt32(index))) }
    usleep(5000)
    #expect(vcpus.map { $0.runCount } == runs)
  }

  @Test func aWakeWhilePausedCountsAfterwards() throws {
    let dispatcher = try dispatcher(pcpus: 1)
    defer { dispatcher.shutdown() }
    let vcpu = FakeVCPU { .blocked(until: .never) }
    dispatcher.add(1, [vcpu])
    #expect(eventually { dispatcher.state(1) == .blocked })
    dispatcher.pause(DomainID(1))
    dispatcher.wake(VCPUKey(domain: DomainID(1), index: 0))
    #expect(vcpu.runCount == 1)
    dispatcher.unpause(DomainID(1))
    #expect(eventually { vcpu.runCount == 2 })
  }

  @Test func removeReturnsWhenNothingRunsAndNothingRunsAfterwards() throws {
    let dispatcher = try dispatcher(pcpus: 2)
    defer { dispatcher.shutdown() }
    dispatcher.add(100, [.hog()])
    for round in 0..<300 {
      let timer = FakeVCPU { .blocked(until: HostClock.now() + .microseconds(50)) }
      let vcpus = [FakeVCPU.hog(), .hog(), timer]
      dispatcher.add(1, isPaused: round % 7 == 0, vcpus)
      if round % 3 == 0 { _ = eventually { vcpus[0].isOnPCPU || round % 7 == 0 } }
      dispatcher.remove(DomainID(1))
      #expect(!vcpus.contains { $0.isOnPCPU })
      let runs = vcpus.map { $0.runCount }
      #expect(dispatcher.parameters(of: DomainID(1)) == nil)
      dispatcher.wake(VCPUKey(domain: DomainID(1), index: 0))
      #expect(vcpus.map { $0.runCount } == runs)
    }
    dispatcher.remove(DomainID(1))
    #expect(Array(dispatcher.statistics().vcpus.keys) == [VCPUKey(domain: DomainID(100), index: 0)])
  }

  @Test func weightsAndCapsReachThePolicy() throws {
    let dispatcher = try dispatcher(pcpus: 1)
    defer { dispatcher.shutdown() }
    dispatcher.add(1, [.hog()])
    let parameters = DomainParameters(weight: Weight(clamping: 512), cap: Cap(clamping: 10))
    #expect(dispatcher.setParameters(of: DomainID(1), parameters))
    #expect(dispatcher.parameters(of: DomainID(1)) == parameters)
    #expect(!dispatcher.setParameters(of: DomainID(2), DomainParameters(cap: Cap.none)))
    // Parked for most of the time, so it is seen waiting although nobody competes; and comes back each period.
    #expect(eventually { dispatcher.state(1) == .runnable })
    let time = dispatcher.statistics().pcpus[0].busy
    #expect(eventually { dispatcher.statistics().pcpus[0].busy > time + .milliseconds(3) })
  }

  @Test func whoWakesWithAnEmptyBudgetRunsInTheNextPeriodThoughEveryPCPUSleeps() throws {
    let dispatcher = try dispatcher(pcpus: 2)
    defer { dispatcher.shutdown() }
    let vcpu = FakeVCPU {
      let end = HostClock.threadTime() + .microseconds(300)
      while HostClock.threadTime() < end {}
      return .blocked(until: .never)
    }
    dispatcher.add(1, isPaused: true, [vcpu])
    dispatcher.setParameters(of: DomainID(1), DomainParameters(cap: Cap(clamping: 2)))
    dispatcher.unpause(DomainID(1))
    for count in 1...8 {
      #expect(eventually { vcpu.runCount >= count && dispatcher.state(1) == .blocked })
      dispatcher.wake(VCPUKey(domain: DomainID(1), index: 0))
    }
  }

  @Test func shutdownEndsTheThreadsAndMayBeRepeated() throws {
    let dispatcher = try dispatcher(pcpus: 4)
    let vcpus = [FakeVCPU.hog(), .hog()]
    dispatcher.add(1, vcpus)
    #expect(eventually { vcpus.contains { $0.isOnPCPU } })
    dispatcher.shutdown()
    #expect(!vcpus.contains { $0.isOnPCPU })
    dispatcher.shutdown()
    dispatcher.pause(DomainID(1))
    dispatcher.remove(DomainID(1))
    #expect(dispatcher.statistics().vcpus.isEmpty)
  }
}
