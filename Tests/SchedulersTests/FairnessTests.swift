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

    init(_ pcpus: Int, _ weights: [Int]) {
      self.pcpus = pcpus
      self.weights = weights
    }

    /// Two to a hundred of them, with weights of all orders of magnitude up to 1:256.
    init(seed: UInt64) {
      var generator = SimulatorGenerator(seed: seed)
      let most = [3, 10, 30, 100].randomElement(using: &generator) ?? 2
      let count = Int.random(in: 2...most, using: &generator)
      pcpus = Int.random(in: 1...min(16, max(1, count - 1)), using: &generator)
      let ratio = [1, 2, 4, 16, 64, 256].randomElement(using: &generator) ?? 1
      let base = Int.random(in: 1...255, using: &generator)
      let others = (0..<count - 2).map { _ in pow(Double(ratio), Double.random(in: 0...1, using: &generator)) }
      weights = [base, base * ratio] + others.map { Int(Double(base) * $0) }
    }

    var testDescription: String { "\(pcpus) pCPUs, weights \(weights)" }

    /// Those in which something went wrong in some policy at some time, or might.
    static let hard = [
      Crowd(1, [256, 256]), Crowd(1, [256, 2048]), Crowd(1, [1, 256]), Crowd(1, [1, 2, 4, 8]),
      Crowd(1, [333, 256, 1024]), Crowd(1, Array(repeating: 256, count: 100)),
      Crowd(1, [256] + Array(repeating: 1, count: 30)), Crowd(2, [256, 256, 256]), Crowd(2, [256, 1, 1]),
      Crowd(2, [10_000, 100, 200, 300]), Crowd(2, Array(1...20)), Crowd(2, [256] + Array(repeating: 1, count: 40)),
      Crowd(2, [256] + Array(repeating: 1, count: 99)),
      Crowd(9, [177, 45_312, 29_596, 1025, 207, 193, 2059, 21_313, 214, 289]),
      Crowd(3, [25600, 100, 200, 200]), Crowd(3, [25600, 100, 150, 190]), Crowd(3, [25600, 80, 140, 160]),
      Crowd(3, [256, 1, 100, 90, 80, 70, 60, 50, 40, 30]), Crowd(4, [256, 256, 256, 256, 256, 512, 512]),
      Crowd(8, Array(repeating: 256, count: 30) + Array(repeating: 64, count: 10)),
      Crowd(16, Array(repeating: 256, count: 40) + Array(repeating: 512, count: 20)),
    ]

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

  @Test(arguments: Scheduler.weighted, Seeds.range(usually: 12))
  func hogsOfAnyWeightsGetCPUTimeInProportionToThem(scheduler: Scheduler, seed: UInt64) {
    check(Crowd(seed: seed), scheduler)
  }

  @Test(arguments: Scheduler.weighted, Crowd.hard)
  func hogsGetCPUTimeInProportionToTheirWeightsInHardCases(scheduler: Scheduler, crowd: Crowd) {
    check(crowd, scheduler)
  }

  /// Over a time in which the smallest entitlement is a hundred slices, the shares are off by at most 1 % on average,
  /// and by 3 % at most.
  private func check(_ crowd: Crowd, _ scheduler: Scheduler) {
    var machine = Simulator(scheduler, pcpus: crowd.pcpus)
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

  /// Shares are of the CPU time that a busy host leaves.
  @Test(arguments: Scheduler.weighted)
  func sharesAreOfTheCPUTimeThatAVCPUReallyGot(scheduler: Scheduler) {
    let crowd = Crowd(2, [256, 256, 512, 512, 1024])
    var machine = Simulator(scheduler, pcpus: crowd.pcpus)
    machine.leastSpeed = 0.2
    for (index, weight) in crowd.weights.enumerated() { machine.add(UInt32(index + 1), weight: weight, [.hog]) }
    machine.run(for: .seconds(60))
    let times = crowd.weights.indices.map { machine.cpuTime(of: DomainID(UInt32($0 + 1))) }
    let total = times.reduce(0, +)
    for (time, share) in zip(times, crowd.entitlements) { #expect(abs(time / total / share * 2 - 1) < 0.03) }
  }

  /// Where hard affinity leaves one part of the pool more CPU time for each than another, the heavier one in the part
  /// with more of it does not get less than the lighter one, and not more than its weight says.
  @Test(arguments: Scheduler.weighted, [1, 4, 8])
  func nobodyStarvesWhereHardAffinitySplitsThePool(scheduler: Scheduler, others: Int) {
    var machine = Simulator(scheduler, pcpus: 2)
    machine.add(1, weight: 256, [.hog], affinity: VCPUParameters(hardAffinity: [0]))
    machine.add(2, weight: 512, [.hog], affinity: VCPUParameters(hardAffinity: [0]))
    machine.add(3, weight: 256, Array(repeating: .hog, count: others), affinity: VCPUParameters(hardAffinity: [1]))
    machine.run(for: .seconds(30))
    let ratio = machine.cpuTime(of: DomainID(2)) / machine.cpuTime(of: DomainID(1))
    #expect((0.99...2.01).contains(ratio))
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
