import HypervisorModel
import Testing

@testable import Schedulers

/// What is demanded of every policy that gives CPU time in proportion to weights.
enum Fairness {
  /// Hogs of these weights on so many pCPUs.
  struct Crowd: Sendable, CustomTestStringConvertible {
    let pcpus: Int
    let weights: [Int]

    init(_ pcpus: Int, _ weights: [Int]) {
      self.pcpus = pcpus
      self.weights = weights
    }

    var testDescription: String { "\(weights.count) hogs on \(pcpus) pCPUs, weights \(Set(weights).sorted())" }
  }

  static let crowds = [
    Crowd(1, [256, 256]), Crowd(1, [256, 2048]), Crowd(1, [1, 256]), Crowd(1, [1, 2, 4, 8]),
    Crowd(1, [333, 256, 1024]),
    Crowd(1, Array(repeating: 256, count: 100)), Crowd(1, [256] + Array(repeating: 1, count: 30)),
    Crowd(2, [256, 256, 256]), Crowd(2, [256, 1, 1]), Crowd(2, [10_000, 100, 200, 300]), Crowd(2, Array(1...20)),
    Crowd(2, [256] + Array(repeating: 1, count: 40)), Crowd(3, [256, 1, 100, 90, 80, 70, 60, 50, 40, 30]),
    Crowd(8, Array(repeating: 256, count: 30) + Array(repeating: 64, count: 10)),
  ]

  /// What hogs are entitled to, in pCPUs: in proportion to their weights, but nobody can use more than one.
  static func entitlements(_ crowd: Crowd) -> [Double] {
    var shares = Array(repeating: 1.0, count: crowd.weights.count)
    var rest = Double(crowd.pcpus)
    var total = Double(crowd.weights.reduce(0, +))
    // The heaviest first: once one has less than a pCPU, so have all after it.
    for index in crowd.weights.indices.sorted(by: { crowd.weights[$0] > crowd.weights[$1] }) {
      shares[index] = min(1, rest * Double(crowd.weights[index]) / total)
      rest -= shares[index]
      total -= Double(crowd.weights[index])
    }
    return shares
  }

  /// Over a time in which the smallest entitlement is a second, shares are off by at most 1 % on average, and by 3 %.
  static func check(_ crowd: Crowd, _ policy: some SchedulingPolicy) {
    let shares = entitlements(crowd)
    let seconds = max(2, 1 / (shares.min() ?? 1))
    var machine = Simulator(policy, pcpus: crowd.pcpus)
    for (index, weight) in crowd.weights.enumerated() { machine.add(UInt32(index + 1), weight: weight, [.hog]) }
    machine.run(for: Nanoseconds(UInt64(seconds * 1e9)))
    let errors = shares.enumerated().map { index, share in
      abs(machine.cpuTime(of: DomainID(UInt32(index + 1))) / (share * seconds) - 1)
    }
    #expect(errors.reduce(0, +) / Double(errors.count) <= 0.01)
    #expect(errors.max() ?? 1 <= 0.03)
    #expect(machine.violations == [])
  }

  /// Shares are of the CPU time that a busy host leaves.
  static func checkWithStolenTime(_ policy: some SchedulingPolicy) {
    let crowd = Crowd(2, [256, 256, 512, 512, 1024])
    var machine = Simulator(policy, pcpus: crowd.pcpus)
    machine.leastSpeed = 0.2
    for (index, weight) in crowd.weights.enumerated() { machine.add(UInt32(index + 1), weight: weight, [.hog]) }
    machine.run(for: .seconds(60))
    let times = (1...5).map { machine.cpuTime(of: DomainID(UInt32($0))) }
    let total = times.reduce(0, +)
    for (time, share) in zip(times, entitlements(crowd)) { #expect(abs(time / total / share * 2 - 1) < 0.03) }
  }

  /// A new weight acts within `delay`: over the second after that, the shares are those of the new weights.
  static func checkNewWeight(_ policy: some SchedulingPolicy, delay: Nanoseconds) {
    var machine = Simulator(policy, pcpus: 1)
    machine.add(1, [.hog])
    machine.add(2, [.hog])
    machine.run(for: .seconds(3))
    for (weight, ratio) in [(1024, 4.0), (64, 0.25), (256, 1)] {
      machine.setParameters(of: DomainID(2), weight: weight, cap: 0)
      machine.run(for: delay)
      let before = (machine.cpuTime(of: DomainID(1)), machine.cpuTime(of: DomainID(2)))
      machine.run(for: .seconds(1))
      let got = (machine.cpuTime(of: DomainID(1)) - before.0, machine.cpuTime(of: DomainID(2)) - before.1)
      #expect(abs(got.1 / got.0 / ratio - 1) < 0.05)
    }
    #expect(machine.violations == [])
  }

  /// Who sleeps from just before each tick until just after it gets no more than a point beyond its share as a hog.
  static func checkTickDodger(_ policy: some SchedulingPolicy, pcpus: Int, hogs: Int, tick: Nanoseconds) {
    var machine = Simulator(policy, pcpus: pcpus)
    for domain in 1...UInt32(hogs) { machine.add(domain, [.hog]) }
    machine.add(100, [.hog])
    let dodger = VCPUKey(domain: DomainID(100), index: 0)
    let nap = Nanoseconds.microseconds(100)
    machine.run(for: tick - nap)
    let ticks = Int(20_000_000_000 / tick.rawValue)
    for _ in 0..<ticks {
      machine.pause(dodger)
      machine.run(for: nap + nap)
      machine.unpause(dodger)
      machine.run(for: tick - nap - nap)
    }
    let share = machine.cpuTime(of: DomainID(100)) / (Double(ticks) * tick.seconds * Double(pcpus))
    #expect(share <= 1 / Double(hogs + 1) + 0.01)
    #expect(machine.violations == [])
  }

  /// Hard affinity is obeyed, and soft affinity followed where there is room.
  static func checkAffinity<Policy: QueuePolicy>(_ make: (PCPUSet) -> Policy) {
    var machine = Simulator(make(PCPUSet(0..<4)), pcpus: 4)
    machine.add(1, [.hog, .hog], affinity: VCPUParameters(hardAffinity: [1]))
    machine.add(2, [.hog], affinity: VCPUParameters(softAffinity: [3]))
    machine.run(for: .seconds(5))
    #expect(machine.violations == [])
    #expect(abs(machine.cpuTime(of: DomainID(1)) - 5) < 0.05)
    #expect(abs(machine.cpuTime(of: DomainID(2)) - 5) < 0.05)
    let pool = machine.policy.policy.pool
    let slot = pool.slot(of: VCPUKey(domain: DomainID(2), index: 0))
    #expect(slot.flatMap { pool.vcpus[$0].runningOn } == PCPUID(3))
  }

  /// A pool in which everybody sleeps has no timer, and its pCPUs don't look again.
  static func checkIdlePool(_ policy: some SchedulingPolicy) {
    var policy = policy
    let key = VCPUKey(domain: DomainID(1), index: 0)
    #expect(policy.insert(key, VCPUParameters(), domain: DomainParameters(), now: .zero).isEmpty)
    #expect(policy.nextTimer == .never)
    #expect(policy.wake(key, now: .seconds(1)) == [0])
    #expect(policy.schedule(PCPUID(0), ran: .zero, now: .seconds(1)).run == key)
    #expect(policy.sleep(key, now: .seconds(2)) == [0])
    let decision = policy.schedule(PCPUID(0), ran: .seconds(1), now: .seconds(2))
    #expect(decision == Decision(run: nil, until: .never, poke: .none))
    #expect(policy.nextTimer == .never)
  }
}
