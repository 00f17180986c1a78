import HypervisorModel
import Testing

@testable import Schedulers

/// What all policies have in common, in its simplest form.
@Suite struct PolicyTests {
  private let key = VCPUKey(domain: DomainID(1), index: 0)

  @Test(arguments: Scheduler.allCases)
  func aPoolInWhichEverybodySleepsHasNoTimerAndItsPCPUsDoNotLookAgain(scheduler: Scheduler) {
    var policy = scheduler.policy(pcpus: [0, 1])
    #expect(policy.insert(key, VCPUParameters(), domain: DomainParameters(), now: .zero).isEmpty)
    #expect(policy.nextTimer == .never)
    #expect(policy.wake(key, now: .seconds(1)) == [0])
    #expect(policy.schedule(PCPUID(0), ran: .zero, now: .seconds(1)).run == key)
    #expect(policy.sleep(key, now: .seconds(2)) == [0])
    let decision = policy.schedule(PCPUID(0), ran: .seconds(1), now: .seconds(2))
    #expect(decision == Decision(run: nil, until: .never, poke: .none))
    #expect(policy.nextTimer == .never)
  }

  @Test(arguments: Scheduler.allCases)
  func aPCPUThatIsNotInThePoolHasNothingToDo(scheduler: Scheduler) {
    var policy = scheduler.policy(pcpus: [1])
    _ = policy.insert(key, VCPUParameters(), domain: DomainParameters(), now: .zero)
    _ = policy.wake(key, now: .zero)
    for pcpu in [0, 2, 300, -1] {
      #expect(policy.schedule(PCPUID(pcpu), ran: .zero, now: .zero) == Decision(run: nil, until: .never, poke: .none))
    }
  }

  @Test(arguments: Scheduler.workConserving)
  func hardAffinityIsObeyedAndSoftAffinityFollowedWhereThereIsRoom(scheduler: Scheduler) {
    var machine = Simulator(scheduler, pcpus: 4)
    machine.add(1, [.hog, .hog], affinity: VCPUParameters(hardAffinity: [1]))
    machine.add(2, [.hog], affinity: VCPUParameters(softAffinity: [3]))
    machine.run(for: .seconds(5))
    #expect(machine.violations == [])
    #expect(abs(machine.cpuTime(of: DomainID(1)) - 5) < 0.01)
    #expect(abs(machine.cpuTime(of: DomainID(2)) - 5) < 0.01)
    #expect(machine.current(on: PCPUID(3)) == VCPUKey(domain: DomainID(2), index: 0))
  }
}

extension Scheduler {
  /// Those that, with default parameters, leave no pCPU idle beside a vCPU that may run on it.
  static let workConserving: [Scheduler] = weighted + [.rtds]
}
