import HypervisorModel
import Testing

@testable import Schedulers

/// Static assignment under null: call by call, and on a virtual clock.
@Suite struct NullTests {
  private static func key(_ index: Int, of domain: UInt32 = 1) -> VCPUKey {
    VCPUKey(domain: DomainID(domain), index: UInt32(index))
  }

  /// A policy with as many vCPUs as there are parameters, asleep.
  private static func policy(pcpus: PCPUSet, _ parameters: [VCPUParameters]) -> Null {
    var policy = Null(pcpus: pcpus)
    for (index, parameters) in parameters.enumerated() {
      _ = policy.insert(key(index), parameters, domain: DomainParameters(), now: .zero)
    }
    return policy
  }

  private static func look(_ policy: inout Null, _ pcpu: Int) -> Decision {
    policy.schedule(PCPUID(pcpu), ran: .zero, now: .zero)
  }

  /// Takes the vCPUs off their pCPUs, which never end a slice by themselves, so that their CPU time is counted.
  private static func halt(_ machine: inout Simulator<Null>) {
    for key in machine.vcpus.keys.sorted() { machine.pause(key) }
    machine.run(for: .milliseconds(1))
  }

  @Test func eachVCPUHasAPCPUOfItsOwnWhileThereAreEnough() {
    var machine = Simulator(Null(pcpus: [0, 1, 2]), pcpus: 3)
    machine.add(1, [.hog, .periodic(burst: .milliseconds(3), period: .milliseconds(10))])
    machine.add(2, [.hog])
    machine.run(for: .seconds(10))
    Self.halt(&machine)
    #expect(machine.vcpus[Self.key(0)]?.cpuTime.seconds ?? 0 > 9.999)
    #expect(abs((machine.vcpus[Self.key(1)]?.cpuTime.seconds ?? 0) - 3) < 0.01)
    #expect(machine.vcpus[Self.key(0)]?.slices == 1)
    #expect(machine.vcpus[Self.key(1)]?.longestWait ?? .never <= machine.pokeLatency)
    #expect(machine.violations == [])
  }

  @Test func whoFindsNoPCPUWaitsHeldBackUntilOneIsFree() {
    var machine = Simulator(Null(pcpus: [0, 1]), pcpus: 2)
    machine.add(1, [.hog, .hog])
    machine.add(2, [.hog])
    machine.run(for: .seconds(1))
    #expect(machine.cpuTime(of: DomainID(2)) == 0)
    #expect(machine.policy.isHeldBack(Self.key(0, of: 2)))
    #expect(!machine.policy.isHeldBack(Self.key(0)))
    machine.remove(DomainID(1))
    machine.run(for: .seconds(1))
    #expect(!machine.policy.isHeldBack(Self.key(0, of: 2)))
    Self.halt(&machine)
    #expect(machine.cpuTime(of: DomainID(2)) > 0.999)
    #expect(machine.violations == [])
  }

  @Test func aPCPUIsKeptWhileItsVCPUSleeps() {
    var policy = Self.policy(pcpus: [0], [VCPUParameters(), VCPUParameters()])
    #expect(policy.wake(Self.key(0), now: .zero) == [0])
    #expect(Self.look(&policy, 0).run == Self.key(0))
    #expect(policy.sleep(Self.key(0), now: .zero) == [0])
    #expect(Self.look(&policy, 0) == Decision(run: nil, until: .never, poke: .none))
    #expect(policy.wake(Self.key(1), now: .zero) == [])
    #expect(policy.isHeldBack(Self.key(1)))
    #expect(policy.wake(Self.key(0), now: .zero) == [0])
    #expect(Self.look(&policy, 0).run == Self.key(0))
  }

  @Test func whoGoesOfflineOrIsRemovedLeavesItsPCPUToTheFirstWhoWaits() {
    var policy = Self.policy(pcpus: [0], Array(repeating: VCPUParameters(), count: 3))
    for index in 0..<3 { _ = policy.wake(Self.key(index), now: .zero) }
    #expect(Self.look(&policy, 0).run == Self.key(0))
    #expect(policy.sleep(Self.key(0), isOffline: true, now: .zero) == [0])
    // It comes back, but too late.
    #expect(policy.wake(Self.key(0), now: .zero) == [])
    #expect(Self.look(&policy, 0) == Decision(run: Self.key(1), until: .never, poke: .none, isHeldBack: true))
    #expect(policy.sleep(Self.key(1), now: .zero) == [0])
    #expect(Self.look(&policy, 0).run == nil)
    #expect(policy.remove(Self.key(1), now: .zero) == [0])
    #expect(Self.look(&policy, 0).run == Self.key(2))
    #expect(policy.isHeldBack(Self.key(0)))
  }

  @Test func oneThatSleepsAlreadyCanGoOffline() {
    var policy = Self.policy(pcpus: [0], [VCPUParameters(), VCPUParameters()])
    for index in 0..<2 { _ = policy.wake(Self.key(index), now: .zero) }
    #expect(Self.look(&policy, 0).run == Self.key(0))
    _ = policy.sleep(Self.key(0), now: .zero)
    #expect(Self.look(&policy, 0).run == nil)
    #expect(policy.sleep(Self.key(0), isOffline: true, now: .zero) == [0])
    #expect(Self.look(&policy, 0).run == Self.key(1))
  }

  @Test func affinityIsObeyedAndPreferenceFollowedWhereThereIsRoom() {
    var policy = Self.policy(
      pcpus: [0, 1, 2],
      [
        VCPUParameters(softAffinity: [2]), VCPUParameters(hardAffinity: [1, 2], softAffinity: [2]),
        VCPUParameters(hardAffinity: [1]), VCPUParameters(),
      ])
    #expect((0..<4).map { policy.wake(Self.key($0), now: .zero) } == [[2], [1], [], [0]])
    #expect((0..<3).map { Self.look(&policy, $0).run } == [Self.key(3), Self.key(1), Self.key(0)])
    #expect(policy.isHeldBack(Self.key(2)))
  }

  @Test func whoMayNoLongerStayMovesAndIsNeverOnTwoPCPUs() {
    var policy = Self.policy(pcpus: [0, 1], [VCPUParameters()])
    _ = policy.wake(Self.key(0), now: .zero)
    #expect(Self.look(&policy, 0).run == Self.key(0))
    #expect(policy.setParameters(of: Self.key(0), VCPUParameters(hardAffinity: [1]), now: .zero) == [0])
    #expect(Self.look(&policy, 1).run == nil)
    #expect(Self.look(&policy, 0) == Decision(run: nil, until: .never, poke: [1]))
    #expect(Self.look(&policy, 1).run == Self.key(0))
  }

  @Test func whoMovesIsHeldBackUntilTheLastOneHasLeftItsNewPCPU() {
    var policy = Self.policy(pcpus: [0, 1], [VCPUParameters(), VCPUParameters()])
    for index in 0..<2 { _ = policy.wake(Self.key(index), now: .zero) }
    #expect((0..<2).map { Self.look(&policy, $0).run } == [Self.key(0), Self.key(1)])
    #expect(policy.sleep(Self.key(1), isOffline: true, now: .zero) == [1])
    #expect(policy.setParameters(of: Self.key(0), VCPUParameters(hardAffinity: [1]), now: .zero) == [0])
    #expect(Self.look(&policy, 0) == Decision(run: nil, until: .never, poke: [1], isHeldBack: true))
    #expect(policy.isHeldBack(Self.key(0)))
    #expect(Self.look(&policy, 1).run == Self.key(0))
    #expect(!policy.isHeldBack(Self.key(0)))
  }

  @Test func whoMayNoLongerStayAndFindsNoOtherPCPUWaits() {
    var policy = Self.policy(pcpus: [0, 1], Array(repeating: VCPUParameters(), count: 3))
    for index in 0..<3 { _ = policy.wake(Self.key(index), now: .zero) }
    #expect((0..<2).map { Self.look(&policy, $0).run } == [Self.key(0), Self.key(1)])
    #expect(policy.setParameters(of: Self.key(0), VCPUParameters(hardAffinity: [1]), now: .zero) == [0])
    #expect(Self.look(&policy, 0) == Decision(run: Self.key(2), until: .never, poke: .none, isHeldBack: true))
    // Being allowed everywhere helps only where something is free.
    #expect(policy.setParameters(of: Self.key(0), VCPUParameters(), now: .zero) == [])
    #expect(policy.isHeldBack(Self.key(0)))
    _ = policy.sleep(Self.key(2), isOffline: true, now: .zero)
    #expect(Self.look(&policy, 0).run == Self.key(0))
  }

  @Test func aVCPUMovesToAPCPUThatItPrefersIfThatIsFree() {
    var policy = Self.policy(pcpus: [0, 1], [VCPUParameters(), VCPUParameters()])
    _ = policy.wake(Self.key(0), now: .zero)
    #expect(Self.look(&policy, 0).run == Self.key(0))
    #expect(policy.setParameters(of: Self.key(0), VCPUParameters(softAffinity: [1]), now: .zero) == [0])
    #expect(Self.look(&policy, 0).poke == [1])
    #expect(Self.look(&policy, 1).run == Self.key(0))
    _ = policy.wake(Self.key(1), now: .zero)
    #expect(Self.look(&policy, 0).run == Self.key(1))
    #expect(policy.setParameters(of: Self.key(0), VCPUParameters(softAffinity: [0]), now: .zero) == [])
  }

  /// Hotplug, which the simulator does not know: whoever is current on a pCPU runs there until it looks.
  @Test(arguments: 0..<32)
  func vcpusThatComeOnlineAndGoOfflineAllGetTheirTurn(seed: Int) {
    var generator = SimulatorGenerator(seed: UInt64(seed))
    let pool = PCPUSet(0..<(1 + seed % 5))
    var policy = CheckedPolicy(Null(pcpus: pool), pool: pool)
    var poked = PCPUSet.none
    let keys = (0..<8).map { Self.key($0) }
    for key in keys { _ = policy.insert(key, VCPUParameters(), domain: DomainParameters(), now: .zero) }
    var served: Set<VCPUKey> = []
    for step: UInt64 in 0..<2000 {
      let now = Nanoseconds(step)
      let key = keys[.random(in: keys.indices, using: &generator)]
      switch Int.random(in: 0..<4, using: &generator) {
      case 0: poked = poked.union(policy.sleep(key, isOffline: true, now: now))
      case 1: poked = poked.union(policy.sleep(key, isOffline: false, now: now))
      default: poked = poked.union(policy.wake(key, now: now))
      }
      guard Bool.random(using: &generator), let pcpu = poked.first else { continue }
      poked.remove(pcpu)
      let decision = policy.schedule(pcpu, ran: .zero, now: now)
      poked = poked.union(decision.poke)
      if let run = decision.run { served.insert(run) }
    }
    #expect(policy.violations == [])
    #expect(served == Set(keys))
  }
}
