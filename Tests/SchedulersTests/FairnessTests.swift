import Glibc
import HypervisorModel
import Testing

@testable import Schedulers

/// Shares in proportion to weights, under every policy that promises them.
@Suite struct FairnessTests {
  /// Hogs of these weights on so many pCPUs.
  struct Crowd: Sendable, CustomTestStringConvertible {
    let pcpus: Int
    let weights: [Int]

    init(seed: UInt64) {
      var generator = SimulatorGenerator(seed: seed)
      let most = [3, 10, 30, 100].randomElement(using: &generator) ?? 2
      let count = Int.random(in: 2...most, using: &generator)
      pcpus = Int.random(in: 1...min(16, max(1, count - 1)), using: &generator)
      let ratio = [1, 2, 4, 16, 64, 256].randomElement(using: &generator) ?? 1
      let base = Int.random(in: 1...255, using: &generator)
      // As often between 1 and 16 times the least as between 16 and 256 times.
      let others = (0..<count - 2).map { _ in pow(Double(ratio), Double.random(in: 0...1, using: &generator)) }
      weights = [base, base * ratio] + others.map { Int(Double(base) * $0) }
    }

    var testDescription: String { "\(pcpus) pCPUs, weights \(weights)" }

    /// What each is entitled to, in pCPUs: in proportion to its weight, but nobody can use more than one.
    var entitlements: [Double] {
      var result = Array(repeating: 0.0, count: weights.count)
      var rest = Double(pcpus)
      var open = weights.indices.sorted { weights[$0] > weights[$1] }
      var total = weights.reduce(0) { $0 + Double($1) }
      while let heaviest = open.first, rest * Double(weights[heaviest]) / total >= 1 {
        result[heaviest] = 1
        rest -= 1
        total -= Double(weights[heaviest])
        open.removeFirst()
      }
      for index in open { result[index] = rest * Double(weights[index]) / total }
      return result
    }
  }

  @Test(arguments: Scheduler.weighted.filter(Scheduler.all.contains), Seeds.range(usually: 12))
  func hogsGetCPUTimeInProportionToTheirWeights(scheduler: Scheduler, seed: UInt64) {
    let crowd = Crowd(seed: seed)
    var machine = Simulator(scheduler, pcpus: crowd.pcpus, seed: seed)
    for (index, weight) in crowd.weights.enumerated() { machine.add(UInt32(index + 1), weight: weight, [.hog]) }
    let entitlements = crowd.entitlements
    let least = entitlements.indices.min { entitlements[$0] < entitlements[$1] } ?? 0
    let start = machine.now
    // A slice is what the least entitled one gets at a time, or what the policy promises to give.
    let promised = scheduler == .credit ? machine.poolParameters.timeSlice : .zero
    machine.run(for: Nanoseconds(UInt64(100 * Double(promised.rawValue) / entitlements[least])))
    while machine.units[least]?.slices ?? 0 < 100, machine.violations == [] { machine.run(for: .milliseconds(100)) }
    let time = (machine.now - start).seconds
    let errors = entitlements.indices.map { index in
      let fair = entitlements[index] * time
      return abs(machine.cpuTime(of: DomainID(UInt32(index + 1))) - fair) / fair
    }
    let mean = errors.reduce(0, +) / Double(errors.count)
    #expect(mean <= 0.01, "\(crowd.testDescription)")
    #expect(errors.max() ?? 1 <= 0.03, "\(crowd.testDescription)")
    #expect(machine.violations == [])
  }

  @Test(arguments: [1, 2])
  func weightsCarryOverAndNoTimeIsLostWhenPoliciesAreExchanged(pcpus: Int) {
    let weights = [256, 512, 512, 1024]
    var machine = Simulator(.credit2, pcpus: pcpus)
    for (index, weight) in weights.enumerated() { machine.add(UInt32(index + 1), weight: weight, [.hog]) }
    let seconds = 40
    for second in 0..<seconds {
      let scheduler = Scheduler.weighted[second % Scheduler.weighted.count]
      machine.exchange(pcpus: machine.pool, for: AnyPolicy(scheduler, pcpus: machine.pool, machine.poolParameters))
      machine.run(for: .seconds(1))
    }
    let times = weights.indices.map { machine.cpuTime(of: DomainID(UInt32($0 + 1))) }
    let total = Double(pcpus * seconds)
    #expect(abs(times.reduce(0, +) - total) < total * 0.0001)
    for (time, weight) in zip(times, weights) { #expect(abs(time / total * 2304 / Double(weight) - 1) < 0.02) }
    #expect(machine.violations == [])
  }
}
