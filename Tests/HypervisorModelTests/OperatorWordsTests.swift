import FoundationEssentials
import Testing

@testable import HypervisorModel

/// What operators write, on the command line and in the palette alike.
@Suite struct OperatorWordsTests {
  private static func domain(_ id: UInt32, _ name: String) -> DomainSnapshot {
    let uuid = UUID(uuid: (0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, UInt8(id)))
    var vcpu = VCPUSnapshot(id: VCPUID(0), state: .running, pcpu: nil, cpuTime: .zero, waitTime: nil)
    vcpu.realTime = RealTimeParameters()
    return DomainSnapshot(
      reference: DomainReference(host: HostID(rawValue: "lab"), uuid: uuid, id: DomainID(id)), name: name,
      state: .running, cpuTime: .zero, vcpus: [vcpu, vcpu], memory: .mebibytes(512), maxMemory: nil, weight: .default,
      cap: Cap.none, createdAt: nil)
  }

  private static let host = HostSnapshot(
    time: .zero, wallClock: 0, memory: .mebibytes(1024), freeMemory: .zero,
    pcpus: (0..<4).map { PCPUSnapshot(id: PCPUID($0), busy: nil, stolen: nil, pool: $0 < 2 ? "Pool-0" : nil) },
    pools: [PoolSnapshot(scheduler: .rtds, pcpus: .of([0, 1]), domains: 2)],
    domains: [domain(0, "Domain-0"), domain(7, "a")])

  @Test(
    arguments: [
      ("512", 512 << 20), ("2G", 2 << 30), ("3k", 3 << 10), ("9b", 9), ("1t", 1 << 40), ("0", 0), ("", nil), ("g", nil),
      ("-1", nil), ("1.5g", nil), ("99999999999g", nil), ("8796093022208", nil), ("1é", nil),
    ] as [(String, UInt64?)])
  func sizesAreXLs(text: String, bytes: UInt64?) {
    #expect(Bytes(xl: text) == bytes.map { Bytes($0) })
  }

  @Test(
    arguments: [
      (0, 0), (2.5, 2_500_000), (-1, 0), (.nan, 0), (.infinity, 1_000_000_000_000_000_000),
    ] as [(Double, UInt64)])
  func millisecondsAreTheNearestThatArePossible(milliseconds: Double, nanoseconds: UInt64) {
    #expect(Nanoseconds(milliseconds: milliseconds) == Nanoseconds(nanoseconds))
  }

  @Test func framesAreAsLongAsTheirSlotsUnlessSomethingIsSaid() throws {
    let table = try FrameTable(words: ["a=2.5", "7/1=1", "a/0=3"], majorFrame: nil, on: Self.host)
    let uuid = Self.host.domains[1].reference.uuid
    #expect(table.slots.last == FrameTable.Slot(domain: uuid, vcpu: VCPUID(0), runtime: .milliseconds(3)))
    #expect(table.slots[1] == FrameTable.Slot(domain: uuid, vcpu: VCPUID(1), runtime: .milliseconds(1)))
    #expect(table.majorFrame == .microseconds(6500))
  }

  @Test(arguments: ["a", "a=", "=5", "a=x", "a=-1", "a=nan", "nobody=5"])
  func whatIsNoSlotIsRefused(word: String) {
    #expect(throws: HypervisorError.self) { try FrameTable(words: [word], majorFrame: nil, on: Self.host) }
  }

  @Test func faultsAreToldFromTheValuesThatHoldNow() {
    let (domain, host) = (Self.host.domains[1].reference, Self.host)
    func realTime(_ vcpu: Int?, budget: Nanoseconds) -> Request {
      .scheduling(domain, SchedulingChange(.rtds, vcpu: vcpu.map { VCPUID($0) }, [.budget: Int64(budget.rawValue)]))
    }
    #expect(realTime(nil, budget: .milliseconds(10)).fault(on: host) == nil)
    #expect(realTime(nil, budget: .milliseconds(11)).fault(on: host)?.contains("must not exceed the period") == true)
    #expect(realTime(4, budget: .milliseconds(1)).fault(on: host)?.contains("has no vCPU 4") == true)
    #expect(
      Request.scheduling(domain, SchedulingChange(.bvt, [.warpback: 0])).fault(on: host)?.contains(
        "which rtds schedules") == true)
    #expect(host.freePCPUs == .of([2, 3]))
  }

  @Test func lessForDomain0IsWarnedOf() {
    let domain0 = Self.host.domains[0].reference
    func warning(_ period: Nanoseconds?, _ budget: Nanoseconds?, _ extratime: Bool?) -> String? {
      var values = ParameterValues()
      values[.period] = period.map { Int64($0.rawValue) }
      values[.budget] = budget.map { Int64($0.rawValue) }
      values[.extratime] = extratime.map { $0 ? 1 : 0 }
      return Self.host.warning(before: .scheduling(domain0, SchedulingChange(.rtds, values)))
    }
    #expect(warning(nil, .milliseconds(5), nil) == nil)
    #expect(warning(.milliseconds(20), .milliseconds(8), nil) == nil)
    #expect(warning(.milliseconds(20), nil, nil)?.contains("4 ms in every 20 ms") == true)
    #expect(warning(nil, nil, false)?.contains("without extra time") == true)
    #expect(
      Self.host.warning(before: .pools(.removePCPUs(pool: "Pool-0", pcpus: .of([1]))))?.contains("single pCPU") == true)
    #expect(Self.host.warning(before: .pools(.removePCPUs(pool: "Pool-0", pcpus: .of([3])))) == nil)
  }
}
