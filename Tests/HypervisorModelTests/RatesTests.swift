import FoundationEssentials
import Testing

@testable import HypervisorModel

private let host = HostID(rawValue: "h")
private let uuid = UUID()

private func domain(_ id: UInt32, cpu: Nanoseconds, uuid: UUID = uuid) -> DomainSnapshot {
  DomainSnapshot(
    reference: DomainReference(host: host, uuid: uuid, id: DomainID(id)), name: "d\(id)", state: .running, cpuTime: cpu,
    vcpus: [], memory: .zero, maxMemory: nil, weight: nil, cap: nil, createdAt: 0)
}

private func snapshot(
  at time: Nanoseconds, busy: [Nanoseconds] = [], _ domains: [DomainSnapshot] = []
) -> HostSnapshot {
  HostSnapshot(
    time: time, wallClock: 0, memory: .zero, freeMemory: .zero,
    pcpus: busy.enumerated().map { PCPUSnapshot(id: PCPUID($0.offset), busy: $0.element, stolen: .zero) },
    domains: domains)
}

@Suite struct RatesTests {
  @Test func oneBusyPhysicalCPUIsOne() throws {
    let before = snapshot(at: .seconds(10), [domain(1, cpu: .seconds(4)), domain(2, cpu: .zero)])
    let after = snapshot(at: .seconds(12), [domain(1, cpu: .seconds(6)), domain(2, cpu: .seconds(1))])
    let rates = try #require(Rates(from: before, to: after))
    #expect(rates.interval == .seconds(2))
    #expect(rates.cpu[after.domains[0].reference] == 1)
    #expect(rates.cpu[after.domains[1].reference] == 0.5)
    #expect(rates.totalCPU == 1.5)
  }

  @Test func noTimeHasNoRates() {
    let one = snapshot(at: .seconds(1))
    #expect(Rates(from: one, to: one) == nil)
    #expect(Rates(from: snapshot(at: .seconds(2)), to: one) == nil)
  }

  @Test func aReusedIDStartsAnew() throws {
    let before = snapshot(at: .seconds(1), [domain(1, cpu: .seconds(1))])
    let after = snapshot(at: .seconds(2), [domain(1, cpu: .seconds(2), uuid: UUID())])
    #expect(try #require(Rates(from: before, to: after)).cpu.isEmpty)
  }

  @Test func aCounterThatWentBackGivesNoRate() throws {
    let before = snapshot(at: .seconds(1), [domain(1, cpu: .seconds(3))])
    let after = snapshot(at: .seconds(2), [domain(1, cpu: .seconds(2))])
    #expect(try #require(Rates(from: before, to: after)).cpu.isEmpty)
  }

  @Test func aPhysicalCPUIsNeverMoreThanBusy() throws {
    let before = snapshot(at: .seconds(1), busy: [.zero, .zero])
    let after = snapshot(at: .seconds(2), busy: [.milliseconds(1200), .milliseconds(250)])
    let rates = try #require(Rates(from: before, to: after))
    #expect(rates.pcpus == [PCPUID(0): 1, PCPUID(1): 0.25])
  }
}
