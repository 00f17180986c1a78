import HypervisorModel
import Testing

@testable import DomusEngine

@Suite struct MemoryAdmissionTests {
  private func config(_ name: String = "web", mebibytes: UInt64, vcpus: Int = 1) -> DomainConfig {
    DomainConfig(name: name, kernel: .builtin, memory: .mebibytes(mebibytes), vcpus: vcpus)
  }

  @Test func aTenthAndHalfAGibibyteAtLeastAreLeftToTheMachine() {
    func limit(_ total: UInt64) -> UInt64 {
      MemoryAdmission(total: .mebibytes(total), limit: nil, overcommit: false).limit.mebibytes
    }
    #expect(limit(16_000) == 14_400)
    #expect(limit(5120) == 4608)
    #expect(limit(2048) == 1536)
    #expect(limit(300) == 0)
  }

  @Test func whatIsTooMuchIsRefusedWithTheFigures() throws {
    let admission = MemoryAdmission(total: .mebibytes(4000), limit: .mebibytes(1000), overcommit: false)
    let hart = Bytes(UInt64(HartArena.size))
    let others = [config("one", mebibytes: 400), config("two", mebibytes: 400)]
    try admission.check(config(mebibytes: 160), beside: others)
    try admission.check(config(mebibytes: 1000 - hart.mebibytes - 1), beside: [])
    let refusal = #expect(throws: HypervisorError.self) {
      try admission.check(config(mebibytes: 1 << 20), beside: others)
    }
    let text = try #require(refusal?.description)
    for figure in ["'web'", "\(1 << 20)", "1000", "4000", "memory_limit", "overcommit"] {
      #expect(text.contains(figure), "\(text)")
    }
  }

  @Test func theTablesOfHartsCount() {
    let admission = MemoryAdmission(total: .mebibytes(4000), limit: .mebibytes(1000), overcommit: false)
    #expect(throws: HypervisorError.self) { try admission.check(config(mebibytes: 990, vcpus: 8), beside: []) }
    #expect(MemoryAdmission.footprint(config(mebibytes: 64, vcpus: 2)) > .mebibytes(64 + 16))
  }

  @Test func withOvercommitNothingIsRefused() throws {
    let admission = MemoryAdmission(total: .mebibytes(4000), limit: nil, overcommit: true)
    try admission.check(config(mebibytes: 1 << 20), beside: [config("one", mebibytes: 1 << 20)])
  }

  @Test func aLimitOfTheAddressSpaceIsRespectedInAnyCase() throws {
    let admission = MemoryAdmission(total: .mebibytes(4000), limit: nil, overcommit: true)
    try admission.checkAddressSpace(.mebibytes(64), AddressSpace(used: .mebibytes(1000), limit: nil))
    try admission.checkAddressSpace(.mebibytes(64), AddressSpace(used: .mebibytes(1000), limit: .mebibytes(1400)))
    #expect(throws: HypervisorError.self) {
      try admission.checkAddressSpace(.mebibytes(64), AddressSpace(used: .mebibytes(1000), limit: .mebibytes(1300)))
    }
  }

  @Test func aConfigOverTheWireHasBounds() async throws {
    let engine = try EmbeddedHypervisor(options: .init(pcpus: 1, overcommit: true))
    func refuses(_ change: (inout DomainConfig) -> Void) async -> Bool {
      var config = config(mebibytes: 64)
      change(&config)
      do {
        _ = try await engine.perform(.creation(.create(source: .config(config), paused: true)))
        return false
      } catch {
        return true
      }
    }
    #expect(await refuses { $0.memory = .mebibytes(64 << 20) })
    #expect(await refuses { $0.memory = Bytes(.max) })
    #expect(await refuses { $0.memory = .mebibytes(31) })
    for vcpus in [0, -1, 9, .max, .min] { #expect(await refuses { $0.vcpus = vcpus }) }
    for online in [0, -1, 2, .max, .min] { #expect(await refuses { $0.onlineVCPUs = online }) }
    for name in ["", "Domain-0", "a\u{1b}[2J", "a\nb", String(repeating: "x", count: 129)] {
      #expect(await refuses { $0.name = name })
    }
    #expect(await refuses { $0.uuid = .zero })
    #expect(await refuses { $0.pool = "nowhere" })
    await engine.shutdown()
  }

  @Test func aHostHasSoManyPhysicalCPUs() {
    for count in [0, -1, 257, .max, .min] {
      #expect(throws: HypervisorError.self) { try EmbeddedHypervisor(options: .init(pcpus: count)) }
    }
  }

  @Test func poolsAreMadeOfThePCPUsThatThereAre() async throws {
    let engine = try EmbeddedHypervisor(options: .init(pcpus: 2))
    let pool = PoolSnapshot.standardName
    for number in [2, 255, 256, 4095, .max, -1] {
      let set = CPUSet.some([PCPUID(number)])
      for request in [
        Request.pools(.create(pool: "p", scheduler: nil, pcpus: set)), .pools(.addPCPUs(pool: pool, pcpus: set)),
        .pools(.removePCPUs(pool: pool, pcpus: set)),
      ] {
        await #expect(throws: HypervisorError.self) { _ = try await engine.perform(request) }
      }
    }
    _ = try await engine.perform(.pools(.removePCPUs(pool: pool, pcpus: .of([1]))))
    _ = try await engine.perform(.pools(.create(pool: "p", scheduler: nil, pcpus: .all)))
    _ = try await engine.perform(.pools(.removePCPUs(pool: "p", pcpus: .all)))
    await engine.shutdown()
  }
}
