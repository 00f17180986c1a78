import Foundation
import HypervisorModel
import Testing

@testable import XenBackend

@Suite struct XenSamplerTests {
  private var sampler = XenSampler(host: lab, counters: DeviceCounters(root: "/nowhere"))
  private let store = TestStore(values: [
    "/local/domain/0/name": "Domain-0", "/local/domain/1/name": "web", "/libxl/1/type": "hvm",
    "/local/domain/1/device/vif/0/backend": "/b", "/local/domain/1/device/vif/0/mac": "m",
  ])

  @Test mutating func domainsAreNamedByXenstoreAndCountedByXen() throws {
    let sample = XenSample([XenSample.Domain(1, cpu: 5), XenSample.Domain(0)])
    let snapshot = sampler.snapshot(sample, store, at: .at(1))
    #expect(snapshot.domains.map(\.name) == ["Domain-0", "web"])
    #expect(snapshot.domains[1].reference == DomainReference(host: lab, uuid: testUUID(1), id: DomainID(1)))
    #expect(snapshot.domains[1].cpuTime == Nanoseconds(5))
    #expect(snapshot.domains[1].memory == .mebibytes(96))
    #expect(snapshot.domains[1].type == .hvm)
    #expect(snapshot.domains[1].networks.map(\.mac) == ["m"])
    #expect(snapshot.domains[1].networks[0].counters == nil)
    #expect(snapshot.domains[0].createdAt == 900)
    #expect(snapshot.pools.map(\.domains) == [2])
    #expect(snapshot.warnings.isEmpty)
  }

  @Test mutating func statesHaveXentopsLetters() {
    let idle = XenSample.Domain(1)
    let cases: [(XenSample.Domain, String)] = [
      (idle.with { ($0.isDying, $0.isPaused) = (true, true) }, "d-----"),
      (idle.with { ($0.isShutdown, $0.shutdownReason) = (true, 0) }, "-s----"),
      (idle.with { ($0.isShutdown, $0.shutdownReason) = (true, 3) }, "-s-c--"),
      (idle.with { $0.isPaused = true }, "----p-"), (idle.with { $0.isRunning = true }, "-----r"), (idle, "--b---"),
      (idle.with { $0.isBlocked = false }, "------"),
    ]
    for (domain, letters) in cases {
      #expect(sampler.snapshot(XenSample([domain]), store, at: .at(1)).domains[0].state.flags == letters)
    }
  }

  @Test func vcpusHaveXlsLettersAffinitiesAndRealTimeParameters() {
    var sampler = sampler
    let realTime = RealTimeParameters(period: .milliseconds(10), budget: .milliseconds(4), extratime: true)
    let domain = XenSample.Domain(1).with {
      $0.vcpus = [
        .init(
          id: 0, pcpu: 1, cpuTime: 7, isOnline: true, isRunning: true, isBlocked: false, hard: .of([1]), soft: .all),
        .init(
          id: 1, pcpu: 0, cpuTime: 0, isOnline: true, isRunning: false, isBlocked: true, hard: .all, soft: .of([0]),
          realTime: realTime),
        .init(id: 2, pcpu: 0, cpuTime: 0, isOnline: false, isRunning: false, isBlocked: true, hard: .all, soft: .all),
        .init(id: 3, pcpu: 0, cpuTime: 0, isOnline: true, isRunning: false, isBlocked: false, hard: .all, soft: .all),
      ]
    }
    let vcpus = sampler.snapshot(XenSample([domain]), store, at: .at(1)).domains[0].vcpus
    #expect(vcpus.map(\.state.flags) == ["r--", "-b-", "--p", "---"])
    #expect(vcpus[0].hardAffinity == .of([1]))
    #expect(vcpus[1].softAffinity == .of([0]))
    #expect(vcpus[1].realTime == realTime)
    #expect(vcpus.allSatisfy { $0.waitTime == nil })
  }

  @Test mutating func withoutXenstoredThePictureGoesOnWithWhatWasKnown() {
    _ = sampler.snapshot(XenSample([XenSample.Domain(1)]), store, at: .at(1))
    let down = TestStore(isDown: true)
    let known = sampler.snapshot(XenSample([XenSample.Domain(1, cpu: 9)]), down, at: .at(2))
    #expect(known.domains[0].name == "web")
    #expect(known.domains[0].cpuTime == Nanoseconds(9))
    #expect(known.warnings.isEmpty)
    let new = sampler.snapshot(XenSample([XenSample.Domain(1), XenSample.Domain(2)]), down, at: .at(3))
    #expect(new.domains.map(\.name) == ["web", "(domain 2)"])
    #expect(new.warnings.count == 1)
    #expect(new.warnings[0].contains("xenstored does not answer") && new.warnings[0].contains("reboot"))
  }

  @Test mutating func theEndOfXenstoredIsToldAlsoWhenAllIsKnown() {
    _ = sampler.snapshot(XenSample([XenSample.Domain(1)]), store, at: .at(1))
    sampler.isStoreLost = true
    let lost = sampler.snapshot(XenSample([XenSample.Domain(1)]), store, at: .at(2))
    #expect(lost.domains[0].name == "web")
    #expect(lost.warnings.count == 1)
    sampler.isStoreLost = false
    #expect(sampler.snapshot(XenSample([XenSample.Domain(1)]), store, at: .at(3)).warnings.isEmpty)
  }

  @Test mutating func aNameIsReadAgainWhenItIsForgotten() {
    _ = sampler.snapshot(XenSample([XenSample.Domain(1)]), store, at: .at(1))
    let renamed = TestStore(values: ["/local/domain/1/name": "shop"])
    #expect(sampler.snapshot(XenSample([XenSample.Domain(1)]), renamed, at: .at(2)).domains[0].name == "web")
    sampler.forget(2)
    #expect(sampler.snapshot(XenSample([XenSample.Domain(1)]), renamed, at: .at(3)).domains[0].name == "web")
    sampler.forget(1)
    #expect(sampler.snapshot(XenSample([XenSample.Domain(1)]), renamed, at: .at(4)).domains[0].name == "shop")
  }

  @Test mutating func anIdThatIsUsedAgainIsAnotherDomain() {
    _ = sampler.snapshot(XenSample([XenSample.Domain(1)]), store, at: .at(1))
    let next = TestStore(values: ["/local/domain/1/name": "next"])
    let snapshot = sampler.snapshot(XenSample([XenSample.Domain(1, uuid: 9)]), next, at: .at(2))
    #expect(snapshot.domains[0].name == "next")
  }

  @Test mutating func aPCPUIsBusyWhenItIsNotIdle() {
    let second: UInt64 = 1_000_000_000
    _ = sampler.snapshot(XenSample([], idle: [50 * second, 70 * second]), store, at: .at(100))
    let snapshot = sampler.snapshot(
      XenSample([], idle: [50 * second + second / 4, 71 * second]), store, at: .at(101))
    #expect(snapshot.pcpus.map(\.busy) == [.milliseconds(750), .zero])
    #expect(snapshot.pcpus.map(\.pool) == ["Pool-0", "Pool-0"])
  }
}

@Suite struct XenEventTests {
  private func snapshot(_ domains: [XenSample.Domain]) -> HostSnapshot {
    var sampler = XenSampler(host: lab, counters: DeviceCounters(root: "/nowhere"))
    return sampler.snapshot(
      XenSample(domains), TestStore(values: ["/local/domain/1/name": "a", "/local/domain/2/name": "b"]), at: .at(1))
  }

  @Test func comingAndGoingAreToldFromTwoSnapshots() {
    let before = snapshot([XenSample.Domain(1)])
    let after = snapshot([XenSample.Domain(2)])
    #expect(
      HypervisorEvent.between(before, after) == [
        .appeared(after.domains[0].reference, name: "b"), .gone(before.domains[0].reference, name: "a", reason: nil),
      ])
  }

  @Test func aCrashIsToldAndGoingOnIsNot() {
    let blocked = snapshot([XenSample.Domain(1)])
    let running = snapshot([XenSample.Domain(1).with { $0.isRunning = true }])
    let crashed = snapshot([
      XenSample.Domain(1).with {
        $0.isShutdown = true; $0.shutdownReason = 3
      }
    ])
    #expect(HypervisorEvent.between(blocked, running).isEmpty)
    #expect(
      HypervisorEvent.between(running, crashed)
        == [.changed(crashed.domains[0].reference, name: "a", state: .shutdown(.crash))])
    #expect(HypervisorEvent.between(nil, crashed).isEmpty)
  }
}
