import HypervisorModel

@testable import Schedulers

/// Makes the script of a failure short (delta debugging): takes out ever smaller parts, then makes what is left
/// simpler, as long as the same rule is broken.
struct Shrinker {
  private let fails: (Life) -> Bool
  private var life: Life
  /// How many more lives it may try.
  private var attempts: Int

  /// The shortest life that it finds for which `fails` is true, as it is for `life`.
  static func shrink(_ life: Life, attempts: Int = 3000, while fails: @escaping (Life) -> Bool) -> Life {
    var shrinker = Shrinker(life: life, attempts: attempts, fails: fails)
    var before: Life
    repeat {
      before = shrinker.life
      shrinker.dropParts()
      shrinker.simplifyCircumstances()
      shrinker.joinRuns()
      shrinker.simplifyOperations()
    } while shrinker.life != before && shrinker.attempts > 0
    return shrinker.life
  }

  private init(life: Life, attempts: Int, fails: @escaping (Life) -> Bool) {
    self.life = life
    self.attempts = attempts
    self.fails = fails
  }

  /// Goes on with a candidate if it fails.
  private mutating func adopt(_ candidate: Life) -> Bool {
    guard attempts > 0, candidate != life else { return false }
    attempts -= 1
    guard fails(candidate) else { return false }
    life = candidate
    return true
  }

  private mutating func adopt(_ change: (inout Life) -> Void) -> Bool {
    var candidate = life
    change(&candidate)
    return adopt(candidate)
  }

  private mutating func dropParts() {
    var size = max(1, life.operations.count / 2)
    while true {
      // From the end: what comes later is less often the cause.
      var end = life.operations.count
      while end > 0 {
        let part = max(0, end - size)..<end
        _ = adopt { $0.operations.removeSubrange(part) }
        end = part.lowerBound
      }
      guard size > 1 else { return }
      size /= 2
    }
  }

  private mutating func simplifyCircumstances() {
    _ = adopt { $0.pokeLatency = .zero }
    _ = adopt { $0.timerLatency = .zero }
    _ = adopt { $0.leastSpeed = 1 }
    for count in 1..<max(2, life.pcpus) where count < life.pcpus {
      if adopt({ $0.pcpus = count }) { break }
    }
    // Straight to the policy that it was exchanged for.
    for index in life.operations.indices {
      guard case .exchange(let scheduler) = life.operations[index] else { continue }
      let isSimpler = adopt {
        $0.scheduler = scheduler
        $0.operations.remove(at: index)
      }
      if isSimpler { return }
    }
  }

  /// Two times in a row become one, so that the time still passes but takes one line.
  private mutating func joinRuns() {
    var index = 0
    while index + 1 < life.operations.count {
      if case .run(let first) = life.operations[index], case .run(let second) = life.operations[index + 1],
        adopt({ $0.operations.replaceSubrange(index...index + 1, with: [.run(first + second)]) })
      {
        continue
      }
      index += 1
    }
  }

  private mutating func simplifyOperations() {
    for index in life.operations.indices {
      var progress = true
      while progress {
        progress = false
        for simpler in life.operations[index].simpler where adopt({ $0.operations[index] = simpler }) {
          progress = true
          break
        }
      }
    }
  }
}

extension Life.Operation {
  /// The same in simpler words, simplest first; each is smaller in some order, so that this comes to an end.
  fileprivate var simpler: [Self] {
    switch self {
    case .run(let time): time.simpler.map { .run($0) }
    case .add(let domain, let workloads, let weight, let cap, let hard, let soft):
      Self.simpler(workloads).map { .add(domain, $0, weight: weight, cap: cap, hard: hard, soft: soft) }
        + Self.simpler(weight, cap).map { .add(domain, workloads, weight: $0, cap: $1, hard: hard, soft: soft) }
        + Self.simpler(hard, soft).map { .add(domain, workloads, weight: weight, cap: cap, hard: $0, soft: $1) }
    case .weigh(let domain, let weight, let cap): Self.simpler(weight, cap).map { .weigh(domain, weight: $0, cap: $1) }
    case .pin(let domain, let index, let hard, let soft):
      Self.simpler(hard, soft).map { .pin(domain, index, hard: $0, soft: $1) }
    case .sedf(let domain, let sedf): sedf == .init() ? [] : [.sedf(domain, .init())]
    case .bvt(let domain, let bvt): bvt == .init() ? [] : [.bvt(domain, .init())]
    case .realTime(let domain, let index, let realTime):
      realTime == .init() ? [] : [.realTime(domain, index, .init())]
    case .pool(let parameters): parameters.simpler.map { .pool($0) }
    case .pcpus(let set): set.count < 2 ? [] : set.map { .pcpus(set.removing($0)) }
    default: []
    }
  }

  private static func simpler(_ workloads: [Workload]) -> [[Workload]] {
    var results: [[Workload]] = []
    for index in workloads.indices {
      var fewer = workloads
      fewer.remove(at: index)
      if !fewer.isEmpty { results.append(fewer) }
      guard workloads[index] != .hog else { continue }
      var plainer = workloads
      plainer[index] = .hog
      results.append(plainer)
    }
    return results
  }

  private static func simpler(_ weight: Int, _ cap: Int) -> [(Int, Int)] {
    (cap == 0 ? [] : [(weight, 0)]) + (weight == 256 ? [] : [(256, cap)]) + (cap > 10 ? [(weight, 10)] : [])
  }

  private static func simpler(_ hard: PCPUSet, _ soft: PCPUSet) -> [(PCPUSet, PCPUSet)] {
    (hard == .all ? [] : [(.all, soft)]) + (soft == .all ? [] : [(hard, .all)])
  }
}

extension Nanoseconds {
  /// Shorter and rounder.
  fileprivate var simpler: [Nanoseconds] {
    let rounded = [100_000_000, 10_000_000, 1_000_000, 100_000, 10_000].map { rawValue / $0 * $0 }
    return ([rawValue / 2 / 1000 * 1000] + rounded).filter { $0 > 0 && $0 < rawValue }.map { Nanoseconds($0) }
  }
}

extension PoolParameters {
  fileprivate var simpler: [PoolParameters] {
    let defaults = PoolParameters()
    var results = [defaults]
    func with(_ change: (inout PoolParameters) -> Void) {
      var result = self
      change(&result)
      results.append(result)
    }
    with { $0.timeSlice = defaults.timeSlice }
    with { $0.rateLimit = defaults.rateLimit }
    with { $0.migrationDelay = defaults.migrationDelay }
    with { $0.capPeriod = defaults.capPeriod }
    with { $0.switchAllowance = defaults.switchAllowance }
    with { $0.frame = nil }
    for index in frame?.windows.indices ?? 0..<0 where (frame?.windows.count ?? 0) > 1 {
      with { $0.frame?.windows.remove(at: index) }
    }
    return results.filter { $0 != self }
  }
}
