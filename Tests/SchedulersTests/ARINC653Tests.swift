import HypervisorModel
import Testing

@testable import Schedulers

/// Windows under arinc653: on a virtual clock, and call by call.
@Suite struct ARINC653Tests {
  typealias Machine = Simulator<ARINC653>

  private static func key(_ domain: UInt32, _ index: UInt32 = 0) -> VCPUKey {
    VCPUKey(domain: DomainID(domain), index: index)
  }

  /// A frame with windows of so many microseconds for domains 1, 2 and so on.
  private static func frame(_ length: UInt64, _ windows: [UInt64]) -> Frame {
    Frame(
      length: .microseconds(length),
      windows: windows.enumerated().map { index, length in
        Frame.Window(domain: DomainID(UInt32(index + 1)), length: .microseconds(length))
      })
  }

  /// Its clock begins at a second, so frames whose length divides that begin with it.
  private static func machine(pcpus: Int, _ frame: Frame? = nil) -> Machine {
    var machine = Machine(ARINC653(pcpus: PCPUSet(0..<pcpus), PoolParameters(frame: frame)), pcpus: pcpus)
    machine.pokeLatency = .zero
    return machine
  }

  private static func policy(pcpus: PCPUSet, _ frame: Frame?, _ keys: [VCPUKey]) -> ARINC653 {
    var policy = ARINC653(pcpus: pcpus, PoolParameters(frame: frame))
    for key in keys { _ = policy.insert(key, VCPUParameters(), domain: DomainParameters(), now: .zero) }
    return policy
  }

  // MARK: Windows

  @Test(arguments: [1, 2, 4])
  func everyWindowIsExactOverManyFrames(pcpus: Int) {
    var machine = Self.machine(pcpus: pcpus, Self.frame(12_500, [3_700, 1_100, 5_001]))
    for domain: UInt32 in 1...3 { machine.add(domain, Array(repeating: .hog, count: pcpus)) }
    machine.run(for: .microseconds(12_500 * 2000))
    for (domain, window) in [(1, 3_700), (2, 1_100), (3, 5_001)] as [(UInt32, UInt64)] {
      for index in 0..<UInt32(pcpus) {
        #expect(machine.vcpus[Self.key(domain, index)]?.cpuTime == .microseconds(window * 2000))
      }
    }
    #expect(machine.violations == [])
  }

  @Test func aWindowIsNoLongerBecauseTheOthersSleep() {
    var machine = Self.machine(pcpus: 2, Self.frame(10_000, [2_000, 8_000]))
    machine.add(1, [.hog])
    machine.add(2, [.interactive(burst: .microseconds(100), sleep: .milliseconds(3))])
    machine.run(for: .seconds(10))
    #expect(machine.vcpus[Self.key(1)]?.cpuTime == .seconds(2))
    #expect(machine.violations == [])
  }

  @Test func windowsDoNotDriftWherePokesAreLateAndTimeIsStolen() {
    var machine = Self.machine(pcpus: 2, Self.frame(10_000, [2_000, 3_000]))
    machine.pokeLatency = .microseconds(100)
    machine.add(1, [.hog, .hog])
    machine.add(2, [.hog])
    machine.run(for: .seconds(20))
    // Only what follows the idle rest of the frame begins with a poke.
    let first = machine.vcpus[Self.key(1)]?.cpuTime.seconds ?? 0
    #expect(first <= 4 && first > 4 * 0.95)
    #expect(machine.cpuTime(of: DomainID(2)) == 6)
    #expect(machine.violations == [])
  }

  @Test(arguments: [(1, 3), (2, 3), (2, 5), (4, 6), (3, 64)])
  func aDomainWithMoreVCPUsThanPCPUsLetsThemTakeTurns(pcpus: Int, vcpus: Int) {
    var machine = Self.machine(pcpus: pcpus, Self.frame(50_000, [25_000, 5_000]))
    machine.add(1, Array(repeating: .hog, count: vcpus))
    machine.add(2, [.hog])
    machine.run(for: .seconds(60))
    #expect(abs(machine.cpuTime(of: DomainID(1)) - 30 * Double(pcpus)) < 1e-6)
    let fair = 30 * Double(pcpus) / Double(vcpus)
    for index in 0..<UInt32(vcpus) {
      let time = machine.vcpus[Self.key(1, index)]?.cpuTime.seconds ?? 0
      #expect(abs(time - fair) < fair * 0.03)
    }
    #expect(machine.cpuTime(of: DomainID(2)) == 6)
    #expect(machine.violations == [])
  }

  @Test func aWindowCanBeForASingleVCPU() {
    let first = Frame.Window(domain: DomainID(1), vcpu: 1, length: .milliseconds(4))
    let second = Frame.Window(domain: DomainID(1), length: .milliseconds(2))
    var machine = Self.machine(pcpus: 2, Frame(length: .milliseconds(10), windows: [first, second]))
    machine.add(1, [.hog, .hog])
    machine.add(2, [.hog])
    machine.run(for: .seconds(10))
    #expect(machine.vcpus[Self.key(1, 0)]?.cpuTime == .seconds(2))
    #expect(machine.vcpus[Self.key(1, 1)]?.cpuTime == .seconds(6))
    #expect(machine.cpuTime(of: DomainID(2)) == 0)
    #expect(machine.policy.isHeldBack(Self.key(2)))
    #expect(machine.violations == [])
  }

  // MARK: Windows by weight

  @Test func withoutATableWindowsAreInProportionToTheWeights() {
    var machine = Self.machine(pcpus: 1)
    let weights: [(Int, UInt64)] = [(256, 10), (512, 20), (128, 5), (1, 1)]
    for (index, weight) in weights.enumerated() { machine.add(UInt32(index + 1), weight: weight.0, [.hog]) }
    machine.run(for: .milliseconds(36 * 500))
    for (index, weight) in weights.enumerated() {
      #expect(machine.vcpus[Self.key(UInt32(index + 1))]?.cpuTime == .milliseconds(weight.1 * 500))
    }
    #expect(machine.violations == [])
  }

  @Test func whenWeightsChangeAndDomainsComeAndGoTheFrameGoesOnWhereItIs() {
    var policy = Self.policy(pcpus: [0], nil, (1...3).map { Self.key($0) })
    for domain: UInt32 in 1...3 { _ = policy.wake(Self.key(domain), now: .zero) }
    func look(_ milliseconds: UInt64) -> Decision {
      policy.schedule(PCPUID(0), ran: .zero, now: .milliseconds(milliseconds))
    }
    #expect(look(0) == Decision(run: Self.key(1), until: .milliseconds(10), poke: .none))
    #expect(look(14) == Decision(run: Self.key(2), until: .milliseconds(20), poke: .none, isHeldBack: true))
    // An earlier one gets longer; the one that runs goes on for what it had left.
    let heavy = DomainParameters(weight: Weight(clamping: 512))
    #expect(policy.setParameters(of: DomainID(1), heavy, now: .milliseconds(15)) == [])
    #expect(look(16).until == .milliseconds(20))
    // The one that runs gets shorter than it has run by now: the next one is due.
    let light = DomainParameters(weight: Weight(clamping: 128))
    #expect(policy.setParameters(of: DomainID(2), light, now: .milliseconds(17)) == [0])
    #expect(look(17).run == Self.key(3))
    // Gone: the first of the next frame is due.
    #expect(policy.sleep(Self.key(3), now: .milliseconds(18)) == [0])
    #expect(look(18).run == nil)
    #expect(policy.remove(Self.key(3), now: .milliseconds(18)) == [0])
    #expect(look(18) == Decision(run: Self.key(1), until: .milliseconds(28), poke: .none))
    // A slice of 10 ms, but a window of 20 ms, without others to take turns with.
    #expect(look(28) == Decision(run: Self.key(1), until: .milliseconds(38), poke: .none))
    #expect(look(38).run == Self.key(2))
  }

  @Test func aDomainThatComesInItsOwnWindowRunsAtOnce() {
    var policy = Self.policy(pcpus: [0], Self.frame(10_000, [4_000]), [])
    _ = policy.insert(Self.key(1), VCPUParameters(), domain: DomainParameters(), now: .milliseconds(1))
    #expect(policy.wake(Self.key(1), now: .milliseconds(1)) == [0])
    let decision = policy.schedule(PCPUID(0), ran: .zero, now: .milliseconds(1))
    #expect(decision == Decision(run: Self.key(1), until: .milliseconds(4), poke: .none))
  }

  // MARK: Another table

  @Test func anotherTableTakesEffectWithTheNextFrame() {
    var machine = Self.machine(pcpus: 1, Self.frame(10_000, [6_000, 4_000]))
    machine.add(1, [.hog])
    machine.add(2, [.hog])
    machine.run(for: .microseconds(100_500))
    machine.setParameters(PoolParameters(frame: Self.frame(10_000, [1_000, 9_000])))
    machine.run(for: .microseconds(9_500))
    #expect(machine.vcpus[Self.key(1)]?.cpuTime == .milliseconds(66))
    #expect(machine.vcpus[Self.key(2)]?.cpuTime == .milliseconds(44))
    machine.run(for: .milliseconds(100))
    #expect(machine.vcpus[Self.key(1)]?.cpuTime == .milliseconds(76))
    #expect(machine.vcpus[Self.key(2)]?.cpuTime == .milliseconds(134))
    machine.setParameters(PoolParameters())
    // A frame has just begun.
    machine.run(for: .milliseconds(210))
    #expect(machine.vcpus[Self.key(1)]?.cpuTime == .milliseconds(177))
    #expect(machine.vcpus[Self.key(2)]?.cpuTime == .milliseconds(243))
    #expect(machine.violations == [])
  }

  @Test func inALongFrameAnotherTableTakesEffectAtOnce() {
    var machine = Self.machine(pcpus: 2, Self.frame(60_000_000, [60_000_000]))
    machine.add(1, [.hog])
    machine.add(2, [.hog])
    machine.run(for: .seconds(5))
    #expect(machine.cpuTime(of: DomainID(2)) == 0)
    machine.setParameters(PoolParameters(frame: Self.frame(10_000, [5_000, 5_000])))
    machine.run(for: .seconds(10))
    #expect(abs(machine.cpuTime(of: DomainID(1)) - 10) < 1e-6)
    #expect(abs(machine.cpuTime(of: DomainID(2)) - 5) < 1e-6)
    #expect(machine.violations == [])
  }

  @Test func theSameTableAgainChangesNothing() {
    let frame = Self.frame(10_000, [6_000, 4_000])
    var policy = Self.policy(pcpus: [0], frame, [Self.key(1)])
    _ = policy.wake(Self.key(1), now: .zero)
    #expect(policy.schedule(PCPUID(0), ran: .zero, now: .zero).until == .milliseconds(6))
    let same = PoolParameters(timeSlice: .milliseconds(5), frame: frame)
    #expect(policy.setParameters(same, now: .milliseconds(3)) == [])
    #expect(policy.schedule(PCPUID(0), ran: .zero, now: .milliseconds(5)).until == .milliseconds(6))
  }

  // MARK: Timers and being held back

  @Test func thereIsATimerOnlyWhileAllPCPUsAreIdleAndSomebodyAwaitsItsWindow() {
    let keys = [Self.key(1), Self.key(2)]
    var policy = Self.policy(pcpus: [0, 1], Self.frame(10_000, [2_000, 3_000]), keys)
    #expect(policy.nextTimer == .never)
    #expect(policy.wake(keys[1], now: .milliseconds(1)) == [])
    #expect(policy.isHeldBack(keys[1]))
    #expect(policy.nextTimer == .milliseconds(2))
    #expect(policy.expireTimers(now: .milliseconds(2)) == [0])
    #expect(!policy.isHeldBack(keys[1]))
    let first = policy.schedule(PCPUID(0), ran: .zero, now: .milliseconds(2))
    #expect(first == Decision(run: keys[1], until: .milliseconds(5), poke: .none))
    #expect(policy.nextTimer == .never)
    // Its window is over: it is held back until the next frame's.
    let second = policy.schedule(PCPUID(0), ran: .milliseconds(3), now: .milliseconds(5))
    #expect(second == Decision(run: nil, until: .never, poke: .none, isHeldBack: true))
    #expect(policy.isHeldBack(keys[1]))
    #expect(policy.nextTimer == .milliseconds(12))
    _ = policy.sleep(keys[1], now: .milliseconds(6))
    #expect(policy.nextTimer == .never)
    #expect(!policy.isHeldBack(keys[1]))
  }

  @Test func aTableWithoutWindowsForThoseWhoWaitSetsNoTimer() {
    var policy = Self.policy(pcpus: [0], Self.frame(10_000, [2_000]), [Self.key(7)])
    _ = policy.wake(Self.key(7), now: .milliseconds(1))
    #expect(policy.nextTimer == .never)
    #expect(policy.isHeldBack(Self.key(7)))
    _ = policy.setParameters(PoolParameters(frame: Frame(length: .zero, windows: [])), now: .milliseconds(1))
    #expect(policy.nextTimer == .milliseconds(10))
    #expect(policy.expireTimers(now: .milliseconds(10)) == [])
    #expect(policy.nextTimer == .never)
  }

  // MARK: Affinity

  @Test func hardAffinityIsObeyedAndSoftAffinityFollowedWhereThereIsRoom() {
    var machine = Self.machine(pcpus: 4, Self.frame(40_000, [20_000, 20_000]))
    machine.add(1, [.hog, .hog], affinity: VCPUParameters(hardAffinity: [1]))
    machine.add(2, [.hog], affinity: VCPUParameters(softAffinity: [3]))
    machine.run(for: .seconds(8))
    #expect(machine.violations == [])
    #expect(abs(machine.cpuTime(of: DomainID(1)) - 4) < 1e-6)
    #expect(abs((machine.vcpus[Self.key(1)]?.cpuTime.seconds ?? 0) - 2) < 0.05)
    #expect(abs(machine.cpuTime(of: DomainID(2)) - 4) < 1e-6)
    machine.run(for: .milliseconds(30))
    let pool = machine.policy.policy.pool
    #expect(pool.slot(of: Self.key(2)).flatMap { pool.vcpus[$0].runningOn } == PCPUID(3))
  }

  @Test func vcpusStayOnTheirPCPUsFromFrameToFrame() {
    let keys = [Self.key(1, 0), Self.key(1, 1), Self.key(2, 0), Self.key(2, 1)]
    var policy = Self.policy(pcpus: [0, 1], Self.frame(2_000, [1_000, 1_000]), keys)
    for key in keys { _ = policy.wake(key, now: .zero) }
    var seen: Set<[VCPUKey?]> = []
    for window: UInt64 in 0..<20 {
      var running: [VCPUKey?] = [nil, nil]
      // In turn one pCPU or the other is early.
      for pcpu in window % 4 < 2 ? [0, 1] : [1, 0] {
        running[pcpu] = policy.schedule(PCPUID(pcpu), ran: .zero, now: .milliseconds(window)).run
      }
      seen.insert(running)
    }
    #expect(seen == [[keys[0], keys[1]], [keys[2], keys[3]]])
  }
}
