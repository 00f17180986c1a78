import HypervisorModel
import Testing

@testable import DomusEngine

/// Random lives of a pool under a policy: whatever happens, the contract holds.
@Suite struct SimulatorTests {
  @Test(arguments: 0..<96)
  func credit2KeepsItsContractThroughARandomLife(seed: Int) {
    let pcpus = 1 + seed % 16
    var life = RandomLife(Credit2(pcpus: PCPUSet(0..<pcpus)), pcpus: pcpus, seed: UInt64(seed))
    for _ in 0..<400 { life.step() }
    #expect(life.simulator.violations == [])
    life.calmDown()
    #expect(life.simulator.violations == [])
    let starved = life.simulator.vcpus.filter { $0.value.slices == 0 }.keys.sorted()
    #expect(starved == [])
  }

  @Test func theSameSeedGivesTheSameLife() {
    func sum() -> [UInt64] {
      var life = RandomLife(Credit2(pcpus: PCPUSet(0..<3)), pcpus: 3, seed: 7)
      for _ in 0..<200 { life.step() }
      return life.simulator.vcpus.sorted { $0.key < $1.key }.map(\.value.cpuTime.rawValue)
    }
    #expect(sum() == sum())
  }
}

/// A pool to which an operator without a plan does everything that can be done.
private struct RandomLife<Policy: SchedulingPolicy> {
  private(set) var simulator: Simulator<Policy>
  private let pcpus: Int
  private var domains: [UInt32: Int] = [:]
  private var nextDomain: UInt32 = 1

  init(_ policy: Policy, pcpus: Int, seed: UInt64) {
    simulator = Simulator(policy, pcpus: pcpus, seed: seed)
    simulator.leastSpeed = seed % 3 == 0 ? 0.4 : 1
    self.pcpus = pcpus
  }

  private mutating func random(_ range: ClosedRange<Int>) -> Int { .random(in: range, using: &simulator.generator) }

  mutating func step() {
    simulator.run(for: .microseconds(UInt64(random(0...6000))))
    let domain = domains.keys.sorted().randomElement(using: &simulator.generator)
    switch (random(0...9), domain) {
    case (0, _) where domains.count < 20, (_, nil): add()
    case (1, .some(let domain)) where domains.count > 3:
      domains[domain] = nil
      simulator.remove(DomainID(domain))
    case (2, .some(let domain)), (3, .some(let domain)):
      let cap = random(0...2) == 0 ? random(1...300) : 0
      simulator.setParameters(of: DomainID(domain), weight: random(1...8) * 64, cap: cap)
    case (4, .some(let domain)): simulator.setParameters(of: vcpu(of: domain), affinity())
    case (5, .some(let domain)), (6, .some(let domain)): simulator.pause(vcpu(of: domain))
    case (_, .some(let domain)): simulator.unpause(vcpu(of: domain))
    }
  }

  private mutating func add() {
    var workloads: [Simulator<Policy>.Workload] = []
    for _ in 0..<random(1...4) {
      switch random(0...2) {
      case 0: workloads.append(.hog)
      case 1:
        let period = Nanoseconds.microseconds(UInt64(random(500...20_000)))
        workloads.append(.periodic(burst: Nanoseconds(period.rawValue / UInt64(random(2...20))), period: period))
      default:
        workloads.append(
          .interactive(
            burst: .microseconds(UInt64(random(10...3000))), sleep: .microseconds(UInt64(random(50...9000)))))
      }
    }
    let cap = random(0...4) == 0 ? random(1...200) : 0
    simulator.add(nextDomain, weight: random(1...8) * 64, cap: cap, workloads, affinity: affinity())
    domains[nextDomain] = workloads.count
    nextDomain += 1
  }

  private mutating func vcpu(of domain: UInt32) -> VCPUKey {
    VCPUKey(domain: DomainID(domain), index: UInt32(random(0...max(0, (domains[domain] ?? 1) - 1))))
  }

  private mutating func affinity() -> VCPUParameters {
    VCPUParameters(hardAffinity: affinitySet(), softAffinity: affinitySet())
  }

  private mutating func affinitySet() -> PCPUSet {
    guard random(0...2) == 0 else { return .all }
    var set = PCPUSet()
    for _ in 0..<random(1...3) { set.insert(PCPUID(random(0...pcpus))) }
    return set
  }

  /// Takes away all that may keep a vCPU from running, and lets everybody have a turn.
  mutating func calmDown() {
    for key in simulator.vcpus.keys.sorted() {
      simulator.setParameters(of: key.domain, weight: 256, cap: 0)
      simulator.setParameters(of: key, VCPUParameters())
      simulator.unpause(key)
    }
    simulator.run(for: .seconds(2))
  }
}
