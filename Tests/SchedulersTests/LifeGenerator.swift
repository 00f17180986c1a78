import HypervisorModel

@testable import Schedulers

/// Makes up lives: an operator without a plan does everything that can be done. The same seed, the same life.
struct LifeGenerator {
  enum Size {
    /// Where most defects show, and scripts are short.
    case small
    case medium
    /// Up to 64 pCPUs and 500 vCPUs.
    case large
  }

  private let size: Size
  /// Those that the pool's policy may be exchanged for.
  private let schedulers: [Scheduler]
  private var generator: SimulatorGenerator
  private var pcpus: Int
  /// How many vCPUs each domain has.
  private var domains: [UInt32: Int] = [:]
  private var nextDomain: UInt32 = 1

  init(seed: UInt64, size: Size, exchanging schedulers: [Scheduler] = []) {
    self.size = size
    self.schedulers = schedulers
    generator = SimulatorGenerator(seed: seed)
    let most =
      switch size {
      case .small: 4
      case .medium: 16
      case .large: 64
      }
    pcpus = Int.random(in: (size == .large ? 16 : 1)...most, using: &generator)
  }

  private var mostDomains: Int {
    switch size {
    case .small: 5
    case .medium: 20
    case .large: 170
    }
  }

  mutating func life(_ scheduler: Scheduler, seed: UInt64, length: Int) -> Life {
    var life = Life(scheduler, pcpus: pcpus, seed: seed, [])
    if oneIn(2) { life.pokeLatency = .microseconds(UInt64(random(1...100))) }
    if oneIn(3) { life.timerLatency = .microseconds(UInt64(random(1...100))) }
    if oneIn(3) { life.leastSpeed = 0.4 }
    if size == .large { for _ in 0..<random(mostDomains / 2...mostDomains) { life.operations.append(add()) } }
    while life.operations.count < length {
      if !oneIn(4) { life.operations.append(.run(.microseconds(UInt64(random(0...6000))))) }
      life.operations.append(operation())
    }
    return life
  }

  private mutating func random(_ range: ClosedRange<Int>) -> Int { .random(in: range, using: &generator) }
  private mutating func oneIn(_ count: Int) -> Bool { random(1...count) == 1 }
  private mutating func microseconds(_ range: ClosedRange<Int>) -> Nanoseconds { .microseconds(UInt64(random(range))) }

  private mutating func operation() -> Life.Operation {
    let kind = random(0...23)
    guard let domain = domains.keys.sorted().randomElement(using: &generator), domains.count > 1 else { return add() }
    let index = UInt32(random(0...max(0, (domains[domain] ?? 1) - 1)))
    switch kind {
    case 0...2 where domains.count < mostDomains: return add()
    case 3 where domains.count > 2:
      domains[domain] = nil
      return .remove(domain)
    case 4, 5: return .weigh(domain, weight: weight(), cap: oneIn(3) ? random(1...300) : 0)
    case 6, 7: return .pin(domain, index, hard: affinity(), soft: affinity())
    case 8, 9: return .pause(domain, index)
    case 10, 11: return .unpause(domain, index)
    case 12: return .offline(domain, index)
    case 13, 14: return .online(domain, index)
    case 15: return .repeatLastCall(domain, index)
    case 16: return .look(random(0...pcpus - 1))
    case 17: return .sedf(domain, sedf())
    case 18: return .bvt(domain, bvt())
    case 19, 20: return .realTime(domain, index, realTime())
    case 21: return .pool(pool())
    case 22 where oneIn(3): return .pcpus(hotplug())
    default: return exchange() ?? .unpause(domain, index)
    }
  }

  private mutating func exchange() -> Life.Operation? {
    guard oneIn(2) else { return nil }
    return schedulers.randomElement(using: &generator).map { .exchange($0) }
  }

  private mutating func add() -> Life.Operation {
    let workloads = (0..<random(1...4)).map { _ in workload() }
    defer { nextDomain += 1 }
    domains[nextDomain] = workloads.count
    let cap = oneIn(5) ? random(1...200) : 0
    return .add(nextDomain, workloads, weight: weight(), cap: cap, hard: affinity(), soft: affinity())
  }

  private mutating func workload() -> Workload {
    switch random(0...6) {
    case 0, 1: return .hog
    case 2:
      let period = random(500...20_000)
      return .periodic(burst: .microseconds(UInt64(period / random(2...20))), period: .microseconds(UInt64(period)))
    case 3: return .tickDodger(tick: microseconds(1000...30_000), asleep: microseconds(10...300))
    case 4:
      return .mixed(
        computing: microseconds(1000...50_000), jobs: random(1...20), burst: microseconds(10...1000),
        sleep: microseconds(50...5000))
    default: return .interactive(burst: microseconds(10...3000), sleep: microseconds(50...9000))
    }
  }

  private mutating func weight() -> Int { oneIn(3) ? 256 : 64 * random(1...16) }

  private mutating func affinity() -> PCPUSet {
    guard oneIn(3) else { return .all }
    // One beyond the pool's pCPUs, so that a set may have nothing in common with them.
    return PCPUSet((0..<random(1...3)).map { _ in PCPUID(random(0...pcpus)) })
  }

  private mutating func hotplug() -> PCPUSet {
    let set = PCPUSet((0..<pcpus).filter { _ in !oneIn(3) }.map { PCPUID($0) })
    return set.isEmpty ? PCPUSet(0..<pcpus) : set
  }

  private mutating func realTime() -> RealTimeParameters {
    let period = oneIn(6) ? random(10...500) : random(500...40_000)
    let budget = min(period, max(10, period * random(1...40) / 40))
    return RealTimeParameters(
      period: .microseconds(UInt64(period)), budget: .microseconds(UInt64(budget)), extratime: oneIn(2))
  }

  private mutating func sedf() -> SEDFParameters {
    let period = oneIn(6) ? random(10...500) : random(500...40_000)
    let slice = oneIn(3) ? 0 : max(5, period * random(1...40) / 40)
    return SEDFParameters(
      period: .microseconds(UInt64(period)), slice: .microseconds(UInt64(slice)), extratime: slice == 0 || oneIn(2))
  }

  private mutating func bvt() -> BVTParameters {
    BVTParameters(
      advance: oneIn(2) ? nil : random(1...40), isWarped: oneIn(2), warpValue: microseconds(0...20_000),
      warpLimit: microseconds(0...20_000), unwarpTime: microseconds(0...20_000))
  }

  private mutating func pool() -> PoolParameters {
    PoolParameters(
      timeSlice: .milliseconds(UInt64(random(1...50))), rateLimit: oneIn(4) ? .zero : microseconds(100...2000),
      migrationDelay: oneIn(2) ? .zero : microseconds(100...2000),
      capPeriod: oneIn(2) ? .milliseconds(10) : .milliseconds(UInt64(random(1...100))),
      switchAllowance: microseconds(100...20_000), frame: oneIn(3) ? nil : frame())
  }

  private mutating func frame() -> Frame {
    var windows: [Frame.Window] = []
    for _ in 0..<random(1...8) {
      // Now and then for one that isn't here.
      let domain = UInt32(random(1...Int(nextDomain)))
      let vcpu = oneIn(2) ? nil : UInt32(random(0...3))
      windows.append(Frame.Window(domain: DomainID(domain), vcpu: vcpu, length: microseconds(100...5000)))
    }
    let sum = windows.reduce(Nanoseconds.zero) { $0 + $1.length }
    return Frame(length: sum + (oneIn(2) ? .zero : microseconds(100...3000)), windows: windows)
  }
}
