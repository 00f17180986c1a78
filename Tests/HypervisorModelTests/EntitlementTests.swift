import FoundationEssentials
import Testing

@testable import HypervisorModel

/// What domains and vCPUs are entitled to under each scheduler.
@Suite struct EntitlementTests {
  // MARK: Weights

  @Test(arguments: [Scheduler.credit2, .credit, .bvt])
  func weightsDivideThePCPUs(scheduler: Scheduler) {
    let host = Host(scheduler, pcpus: 2, [.init(weight: 256, vcpus: 2), .init(weight: 512, vcpus: 2)])
    #expect(host.shares == [0.666667, 1.333333])
    #expect(host.shares(of: 0) == [0.333333, 0.333333])
  }

  @Test func theWeightIsThatOfEachVCPU() {
    #expect(Host(.credit2, pcpus: 1, [.init(vcpus: 3), .init(vcpus: 1)]).shares == [0.75, 0.25])
  }

  @Test func aVCPUGetsAPCPUAtMostAndTheOthersShareTheRest() {
    let host = Host(.credit2, pcpus: 2, [.init(weight: 10_000), .init(weight: 100), .init(weight: 300)])
    #expect(host.shares == [1, 0.25, 0.75])
  }

  @Test func thereIsNoMoreThanAllCanTake() {
    #expect(Host(.credit, pcpus: 8, [.init(vcpus: 2), .init(weight: 1, vcpus: 1)]).shares == [2, 1])
  }

  @Test func aCapLimitsADomainAndTheOthersShareTheRest() {
    let domains: [Host.Domain] = [.init(weight: 1024, cap: 50, vcpus: 2), .init(vcpus: 2), .init(vcpus: 2)]
    #expect(Host(.credit2, pcpus: 2, domains).shares == [0.5, 0.75, 0.75])
    #expect(Host(.credit, pcpus: 2, domains).shares(of: 0) == [0.25, 0.25])
    #expect(Host(.credit, pcpus: 16, domains).shares == [0.5, 2, 2])
  }

  @Test func underBVTTheAdvanceStandsForTheWeightAndCapsDoNotCount() {
    let fast = BVTParameters(advance: 5)
    let host = Host(.bvt, pcpus: 1, [.init(weight: 1, bvt: fast), .init(cap: 1, bvt: BVTParameters()), .init()])
    #expect(host.shares == [0.5, 0.25, 0.25])
  }

  @Test func onlyWhoIsOnlineTakesPart() {
    var host = Host(.credit2, pcpus: 1, [.init(vcpus: 2), .init(), .init(), .init(), .init()])
    host.snapshot.domains[0].vcpus[1].state = .offline
    host.snapshot.domains[1].state = .paused
    host.snapshot.domains[2].state = .shutdown(.poweroff)
    host.snapshot.domains[3].state = .dying
    #expect(host.shares == [0.5, 0, 0, 0, 0.5])
    #expect(host.shares(of: 0) == [0.5, 0])
    #expect(host.entitlement.vcpu(VCPUID(2), of: host.reference(0)) == nil)
  }

  // MARK: Affinity

  @Test func whatThePinnedCanNotTakeGoesToTheOthersInProportion() {
    let host = Host(
      .credit2, pcpus: 3,
      [.init(weight: 1000, vcpus: 2, on: [0]), .init(weight: 100, vcpus: 2), .init(weight: 300, vcpus: 2)])
    // The second and third have pCPUs 1 and 2.
    #expect(host.shares(of: 0) == [0.5, 0.5])
    #expect(host.shares == [1, 0.5, 1.5])
  }

  @Test func aHeavyOneThatMayRunEverywhereLeavesRoomToThePinned() {
    let host = Host(
      .credit2, pcpus: 2, [.init(weight: 300), .init(weight: 100, on: [0]), .init(weight: 100, on: [0])])
    #expect(host.shares == [1, 0.5, 0.5])
  }

  @Test func combinationsOfOverlappingAffinitiesLimitToo() {
    // Three on pCPUs 0 to 2 in pairs: the fourth has no part in them, and pCPU 3 for itself.
    let pairs: [Host.Domain] = [[0, 1], [1, 2], [0, 2]].map { .init(vcpus: 2, on: $0) }
    #expect(
      Host(.credit2, pcpus: 4, pairs + [.init(on: [2, 3])]).shares == [1, 1, 1, 1])
    // Without it, two of them can't have more than the three pCPUs leave.
    let weighted = [Host.Domain(weight: 512, vcpus: 2, on: [0, 1]), pairs[1], pairs[2]]
    #expect(Host(.credit2, pcpus: 3, weighted).shares == [1.5, 0.75, 0.75])
  }

  @Test func anAffinityOutsideOfThePoolIsNone() {
    let domains: [Host.Domain] = [.init(on: [0]), .init(on: [7]), .init(on: [0, 7])]
    #expect(Host(.credit2, pcpus: 2, domains).shares == [0.5, 1, 0.5])
  }

  @Test func manyAffinitiesThatDoNotOverlapAreExactToo() {
    let pinned = (0..<40).map { Host.Domain(weight: 256 << ($0 % 2), on: [$0 / 2]) }
    let expected = (0..<20).flatMap { _ in [0.333333, 0.666667] }
    #expect(Host(.credit2, pcpus: 20, pinned).shares == expected)
    // Nested: one that may run everywhere takes a little from all.
    let shares = Host(.credit2, pcpus: 20, pinned + [.init(weight: 65_535)]).shares.compactMap { $0 }
    #expect(shares.last == 1)
    #expect(abs(shares.reduce(0, +) - 20) < 1e-4)
  }

  @Test(arguments: 0..<200)
  func nobodyCouldGetMoreWithoutTakingItFromWhoHasLess(seed: Int) {
    var generator = Generator(state: UInt64(seed))
    let pcpus = Int.random(in: 1...5, using: &generator)
    let domains = (0..<Int.random(in: 1...8, using: &generator)).map { _ in
      let set = (0..<pcpus).filter { _ in Int.random(in: 0...2, using: &generator) == 0 }
      return Host.Domain(
        weight: Int.random(in: 1...20, using: &generator) * 64,
        cap: Bool.random(using: &generator) ? Int.random(in: 1...200, using: &generator) : 0,
        vcpus: .random(in: 1...3, using: &generator), on: Bool.random(using: &generator) ? set : nil)
    }
    let host = Host(.credit2, pcpus: pcpus, domains)
    #expect(host.faults(domains, pcpus: pcpus) == [])
  }

  // MARK: Reservations

  @Test func underRTDSBudgetsAreGrantedOrCutDownAlike() {
    let half = RealTimeParameters(period: .milliseconds(10), budget: .milliseconds(5))
    let quarter = RealTimeParameters(period: .milliseconds(20), budget: .milliseconds(5))
    let fitting = Host(.rtds, pcpus: 2, [.init(weight: nil, vcpus: 2, rt: half), .init(weight: nil, rt: quarter)])
    #expect(fitting.shares == [1, 0.25])
    let overloaded = Host(.rtds, pcpus: 1, [.init(vcpus: 3, rt: half), .init(vcpus: 2, rt: quarter)])
    #expect(overloaded.shares == [0.75, 0.25])
  }

  @Test func underSEDFExtraTimeIsDividedByWeightOnTopOfTheSlices() {
    let reserved = SEDFParameters(period: .milliseconds(100), slice: .milliseconds(40), extratime: false)
    let both = SEDFParameters(period: .milliseconds(10), slice: .milliseconds(1))
    let host = Host(
      .sedf, pcpus: 1,
      [.init(sedf: reserved), .init(weight: 300, sedf: both), .init(weight: 100, sedf: SEDFParameters())])
    #expect(host.shares == [0.4, 0.475, 0.125])
    let overloaded = Host(.sedf, pcpus: 1, [.init(vcpus: 3, sedf: reserved), .init(sedf: SEDFParameters())])
    #expect(overloaded.shares == [1, 0])
  }

  // MARK: Assignment and windows

  @Test func underNullThereIsAPCPUForEachOfAsManyAsThereAre() {
    var host = Host(.null, pcpus: 2, [.init(vcpus: 1, on: [1]), .init(vcpus: 2), .init()])
    #expect(host.shares == [1, 1, 0])
    #expect(host.shares(of: 1) == [1, 0])
    // Where it can be seen who has them, those.
    host.snapshot.domains[2].vcpus[0].pcpu = PCPUID(1)
    host.snapshot.domains[2].vcpus[0].state = .running
    host.snapshot.domains[1].vcpus[1].pcpu = PCPUID(0)
    #expect(host.shares == [0, 1, 1])
    #expect(host.shares(of: 1) == [0, 1])
    // The paused keep theirs.
    host.snapshot.domains[1].state = .paused
    #expect(host.shares == [0, 0, 1])
    host.snapshot.domains[1].state = .shutdown(.poweroff)
    host.snapshot.domains[0].vcpus[0].hardAffinity = .all
    #expect(host.shares == [1, 0, 1])
  }

  @Test func underARINC653WindowsCountTimesTheVCPUsThatFitIn() {
    var host = Host(.arinc653, pcpus: 2, [.init(vcpus: 3), .init(vcpus: 2, on: [0]), .init()])
    let uuids = host.snapshot.domains.map(\.reference.uuid)
    host.snapshot.pools[0].frame = FrameTable(
      majorFrame: .milliseconds(20),
      slots: [
        .init(domain: uuids[0], runtime: .milliseconds(3)), .init(domain: uuids[1], runtime: .milliseconds(8)),
        .init(domain: uuids[0], vcpu: VCPUID(2), runtime: .milliseconds(4)),
      ])
    #expect(host.shares == [0.5, 0.4, 0])
    #expect(host.shares(of: 0) == [0.1, 0.1, 0.3])
    #expect(host.shares(of: 1) == [0.2, 0.2])
  }

  @Test func underARINC653WithoutATableWindowsFollowFromTheWeights() {
    var host = Host(.arinc653, pcpus: 2, [.init(weight: 256, vcpus: 2), .init(weight: 512), .init(weight: 1)])
    #expect(host.shares == [0.645161, 0.645161, 0.032258])
    host.snapshot.domains[0].weight = nil
    host.snapshot.domains[1].weight = nil
    host.snapshot.domains[2].weight = nil
    #expect(host.shares == [nil, nil, nil])
  }

  // MARK: What isn't known, and what if

  @Test(arguments: [Scheduler.credit2, .rtds, .null, .arinc653, .sedf, .bvt])
  func aDomain0ThatIsTheHostProcessHasNoEntitlement(scheduler: Scheduler) {
    var host = Host(scheduler, pcpus: 1, [.init(weight: nil), .init(rt: RealTimeParameters(), sedf: SEDFParameters())])
    let uuid = host.snapshot.domains[0].reference.uuid
    host.snapshot.domains[0].reference = DomainReference(host: Host.id, uuid: uuid, id: .domain0)
    host.snapshot.domains[0].vcpus[0].state = .running
    #expect(host.shares[0] == nil)
    #expect((host.shares[1] ?? 0) > 0.3)
  }

  @Test func anUnknownSchedulerAndUnknownParametersGiveNone() {
    #expect(Host(nil, pcpus: 1, [.init()]).shares == [nil])
    #expect(Host(.rtds, pcpus: 1, [.init()]).shares == [nil])
    #expect(Host(.sedf, pcpus: 1, [.init()]).shares == [nil])
    #expect(Host(.credit2, pcpus: 1, [.init(weight: nil), .init()]).shares == [nil, 1])
    #expect(Host(.credit2, pcpus: 0, [.init()]).shares == [0])
  }

  @Test func eachPoolIsForItself() {
    var host = Host(.credit2, pcpus: 2, [.init(), .init(), .init()])
    host.snapshot.pools[0].pcpus = .of([0])
    host.snapshot.pools.append(PoolSnapshot(name: "other", scheduler: .credit, pcpus: .of([1]), domains: 1))
    host.snapshot.domains[2].pool = "other"
    #expect(host.shares == [0.5, 0.5, 1])
  }

  @Test func anotherWeightOrCapCanBeTriedOut() {
    let host = Host(.credit2, pcpus: 1, [.init(), .init()])
    let heavier = host.snapshot.with(weight: Weight(clamping: 768), for: host.reference(0))
    #expect(Entitlement(heavier)[host.reference(0)] == 0.75)
    #expect(Entitlement(heavier)[host.reference(1)] == 0.25)
    let capped = host.snapshot.with(cap: Cap(clamping: 50), for: host.reference(0))
    #expect(Entitlement(capped.with(weight: Weight(clamping: 768), for: host.reference(0)))[host.reference(1)] == 0.5)
    #expect(host.shares == [0.5, 0.5])
  }
}

/// Numbers that are the same in every run with the same seed (SplitMix64).
private struct Generator: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var z = state
    z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
    return z ^ (z >> 31)
  }
}

/// A host with one pool.
private struct Host {
  struct Domain {
    var weight: Int? = 256
    var cap = 0
    var vcpus = 1
    /// Nil: on all.
    var on: [Int]?
    var rt: RealTimeParameters?
    var sedf: SEDFParameters?
    var bvt: BVTParameters?
  }

  static let id = HostID(rawValue: "h")

  var snapshot: HostSnapshot

  init(_ scheduler: Scheduler?, pcpus: Int, _ domains: [Domain]) {
    snapshot = HostSnapshot(
      time: .zero, wallClock: 0, memory: .zero, freeMemory: .zero,
      pcpus: (0..<pcpus).map { PCPUSnapshot(id: PCPUID($0), busy: nil, stolen: nil) },
      pools: [PoolSnapshot(scheduler: scheduler, pcpus: .of(0..<pcpus), domains: domains.count)],
      domains: domains.enumerated().map { Self.snapshot($1, DomainID(UInt32($0 + 1))) })
  }

  private static func snapshot(_ domain: Domain, _ id: DomainID) -> DomainSnapshot {
    DomainSnapshot(
      reference: DomainReference(host: Self.id, uuid: UUID(), id: id), name: "d", state: .blocked, cpuTime: .zero,
      vcpus: (0..<domain.vcpus).map {
        VCPUSnapshot(
          id: VCPUID($0), state: .blocked, pcpu: nil, cpuTime: .zero, waitTime: nil,
          hardAffinity: domain.on.map { .of($0) } ?? .all, realTime: domain.rt)
      }, memory: .zero, maxMemory: nil, weight: domain.weight.map { Weight(clamping: $0) },
      cap: Cap(clamping: domain.cap), createdAt: nil, sedf: domain.sedf, bvt: domain.bvt)
  }

  var entitlement: Entitlement { Entitlement(snapshot) }
  func reference(_ index: Int) -> DomainReference { snapshot.domains[index].reference }
  /// By domain, to six digits.
  var shares: [Double?] {
    let entitlement = entitlement
    return snapshot.domains.map { Self.rounded(entitlement[$0.reference]) }
  }
  /// By vCPU of a domain, to six digits.
  func shares(of index: Int) -> [Double?] {
    snapshot.domains[index].vcpus.map { Self.rounded(entitlement.vcpu($0.id, of: reference(index))) }
  }

  private static func rounded(_ value: Double?) -> Double? { value.map { ($0 * 1e6).rounded() / 1e6 } }

  /// What is wrong with shares by weight: limits exceeded, and vCPUs for which none of the limits that they have reached
  /// is shared only with such that have no more for their weight (the definition of weighted max-min fairness).
  func faults(_ domains: [Domain], pcpus: Int) -> [String] {
    let entitlement = entitlement
    var vcpus: [(domain: Int, allowed: Set<Int>, rate: Double, level: Double)] = []
    for (index, domain) in domains.enumerated() {
      let allowed = domain.on.map { $0.isEmpty ? Set(0..<pcpus) : Set($0) } ?? Set(0..<pcpus)
      for vcpu in 0..<domain.vcpus {
        let rate = entitlement.vcpu(VCPUID(vcpu), of: reference(index)) ?? -1
        vcpus.append((index, allowed, rate, rate / Double(domain.weight ?? 1)))
      }
    }
    var limits: [(capacity: Double, members: [Int])] = vcpus.indices.map { (1, [$0]) }
    for (index, domain) in domains.enumerated() where domain.cap > 0 {
      limits.append((Double(domain.cap) / 100, vcpus.indices.filter { vcpus[$0].domain == index }))
    }
    for bits in 1..<(1 << pcpus) {
      let set = Set((0..<pcpus).filter { bits >> $0 & 1 != 0 })
      limits.append((Double(set.count), vcpus.indices.filter { vcpus[$0].allowed.isSubset(of: set) }))
    }
    var faults: [String] = []
    var isSatisfied = Array(repeating: false, count: vcpus.count)
    for limit in limits where !limit.members.isEmpty {
      let used = limit.members.reduce(0) { $0 + vcpus[$1].rate }
      if used > limit.capacity + 1e-6 { faults.append("\(used) of \(limit.capacity)") }
      guard used > limit.capacity - 1e-6 else { continue }
      let highest = limit.members.reduce(0) { max($0, vcpus[$1].level) }
      for index in limit.members where vcpus[index].level > highest - 1e-6 { isSatisfied[index] = true }
    }
    return faults + isSatisfied.indices.filter { !isSatisfied[$0] }.map { "vCPU \($0) could get more" }
  }
}
