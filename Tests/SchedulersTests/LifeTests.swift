import HypervisorModel
import Testing

@testable import Schedulers

/// Random lives of a pool under every policy: whatever happens, the contract holds, and afterwards nobody is lost.
@Suite struct LifeTests {
  @Test(arguments: Scheduler.allCases, Seeds.range(usually: 30))
  func everyPolicyKeepsItsContractThroughARandomLife(scheduler: Scheduler, seed: UInt64) {
    var generator = LifeGenerator(seed: seed, size: seed % 4 == 3 ? .medium : .small)
    expectSuccess(generator.life(scheduler, seed: seed, length: 250))
  }

  @Test(arguments: Scheduler.allCases, Seeds.range(usually: 1))
  func everyPolicyKeepsItsContractInALargePool(scheduler: Scheduler, seed: UInt64) {
    var generator = LifeGenerator(seed: seed, size: .large)
    expectSuccess(generator.life(scheduler, seed: seed, length: 250))
  }

  @Test(arguments: Seeds.range(usually: 40))
  func nobodyIsLostWhenPoliciesAreExchanged(seed: UInt64) {
    var generator = LifeGenerator(seed: ~seed, size: seed % 4 == 3 ? .medium : .small, exchanging: Scheduler.allCases)
    let scheduler = Scheduler.allCases[Int(seed) % Scheduler.allCases.count]
    expectSuccess(generator.life(scheduler, seed: seed, length: 300))
  }

  @Test func theSameSeedGivesTheSameLife() {
    func outcome() -> [UInt64] {
      var generator = LifeGenerator(seed: 7, size: .medium, exchanging: Scheduler.allCases)
      var pool = LivingPool(generator.life(.credit2, seed: 7, length: 200)) { AnyPolicy($0, pcpus: $1, $2) }
      for operation in generator.life(.credit2, seed: 7, length: 200).operations { pool.perform(operation) }
      return pool.simulator.vcpus.sorted { $0.key < $1.key }.map(\.value.cpuTime.rawValue)
    }
    #expect(outcome() == outcome())
  }

  private func expectSuccess(_ life: Life) {
    guard let failure = life.failure() else { return }
    let script = life.shortened(for: failure)
    Issue.record("\(failure.text), seed \(life.seed); in short:\n\(script)\n\(script.failure()?.text ?? "")")
  }
}
