import HypervisorModel
import Schedulers
import Testing

@testable import DomusEngine

/// What a domain's devices cost is the domain's: it counts against weight and cap.
@Suite(.serialized) struct DeviceTimeTests {
  /// A vCPU that runs for a millisecond at a time, and whose devices need three for each.
  private func dearDevices() -> FakeVCPU {
    FakeVCPU(deviceTime: { .milliseconds(3) }) {
      let end = HostClock.threadTime() + .milliseconds(1)
      while HostClock.threadTime() < end {}
      return .preempted
    }
  }

  private func cpuTime(_ dispatcher: Dispatcher, _ domain: UInt32) -> Nanoseconds {
    dispatcher.statistics().vcpus[VCPUKey(domain: DomainID(domain), index: 0)]?.cpuTime ?? .zero
  }

  @Test func theExecutorMeasuresItsWork() {
    let executor = DeviceExecutor(label: "test")
    #expect(executor.collectCPUTime() == .zero)
    executor.submit {
      let end = HostClock.threadTime() + .milliseconds(5)
      while HostClock.threadTime() < end {}
    }
    executor.drain()
    #expect(executor.collectCPUTime() >= .milliseconds(5))
    #expect(executor.collectCPUTime() == .zero, "everything is paid for once")
  }

  @Test(arguments: [Scheduler.credit2, .credit, .bvt])
  func whoHasDearDevicesGetsLessOfTheCPU(_ scheduler: Scheduler) throws {
    let dispatcher = try dispatcher(pcpus: 1, scheduler)
    defer { dispatcher.shutdown() }
    let dear = dearDevices()
    dispatcher.add(1, [dear])
    dispatcher.add(2, [.hog()])
    #expect(eventually { cpuTime(dispatcher, 2) > .milliseconds(400) })
    // Equal weights, equal costs: of the CPU itself, a quarter of what the other gets.
    let cost = cpuTime(dispatcher, 1)
    #expect(cost > .milliseconds(200) && cost < .milliseconds(800), "\(cost)")
    #expect(dear.runCount < 200, "\(dear.runCount)")
  }

  @Test(arguments: [Scheduler.credit2, .credit]) func aCapHoldsForTheDevicesToo(_ scheduler: Scheduler) throws {
    let dispatcher = try dispatcher(pcpus: 1, scheduler)
    defer { dispatcher.shutdown() }
    dispatcher.add(
      DomainID(1), DomainParameters(cap: Cap(clamping: 20)), isPaused: false,
      vcpus: [.init(vcpu: dearDevices(), isOnline: true)])
    let start = HostClock.now()
    #expect(eventually { HostClock.now() - start > .seconds(1) })
    let cost = cpuTime(dispatcher, 1)
    #expect(cost > .zero && cost < .milliseconds(350), "\(cost)")
  }
}
