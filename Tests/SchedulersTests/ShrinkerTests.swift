import HypervisorModel
import Testing

@testable import Schedulers

/// The shrinker and the checker, tried on policies that are broken on purpose.
@Suite struct ShrinkerTests {
  @Test(arguments: SabotagedPolicy.Defect.allCases)
  func aBrokenPolicyIsFoundAndItsScriptIsShort(defect: SabotagedPolicy.Defect) throws {
    let make: PolicyMaker = { scheduler, pool, parameters in
      AnyPolicy(SabotagedPolicy(Credit2(pcpus: pool, parameters), defect, pool: pool))
    }
    let lives = (UInt64(0)..<20).lazy.map { seed in
      var generator = LifeGenerator(seed: seed, size: .small)
      return generator.life(.credit2, seed: seed, length: 250)
    }
    let life = try #require(lives.first { $0.failure(of: make) != nil })
    let failure = try #require(life.failure(of: make))
    let script = life.shortened(for: failure, of: make)
    #expect(script.failure(of: make)?.rule == failure.rule)
    #expect(script.operations.count <= 6, "\(script)")
    #expect(script.failure() == nil)
  }

  @Test func aScriptIsSwiftText() {
    let life = Life(
      .credit2, pcpus: 2, seed: 3, pokeLatency: .microseconds(5),
      [
        .add(1, [.hog, .periodic(burst: .microseconds(1500), period: .milliseconds(5))], cap: 20, hard: [0, 1]),
        .run(.init(1)), .pin(1, 1, soft: [1]), .weigh(1, weight: 512), .exchange(.rtds),
      ])
    let text = """
      Life(.credit2, pcpus: 2, seed: 3, pokeLatency: .microseconds(5), [
        .add(1, [.hog, .periodic(burst: .microseconds(1500), period: .milliseconds(5))], cap: 20, hard: [0, 1]),
        .run(.init(1)),
        .pin(1, 1, soft: [1]),
        .weigh(1, weight: 512),
        .exchange(.rtds),
      ])
      """
    #expect(life.description == text)
  }
}
