import HypervisorModel

@testable import Schedulers

/// The life of a pool as data: what is done to it, one thing after the other. As text it is Swift.
struct Life: Hashable, Sendable {
  enum Operation: Hashable, Sendable {
    case run(Nanoseconds)
    /// A domain comes whose vCPUs have these workloads.
    case add(
      UInt32, [Workload], weight: Int = 256, cap: Int = 0, hard: PCPUSet = .all, soft: PCPUSet = .all)
    case remove(UInt32)
    case weigh(UInt32, weight: Int = 256, cap: Int = 0)
    case sedf(UInt32, SEDFParameters)
    case bvt(UInt32, BVTParameters)
    case realTime(UInt32, UInt32, RealTimeParameters)
    case pin(UInt32, UInt32, hard: PCPUSet = .all, soft: PCPUSet = .all)
    case pause(UInt32, UInt32)
    case unpause(UInt32, UInt32)
    case offline(UInt32, UInt32)
    case online(UInt32, UInt32)
    /// Wakes who is awake, or puts to sleep who is asleep.
    case repeatLastCall(UInt32, UInt32)
    /// A pCPU looks though nobody poked it.
    case look(Int)
    case pool(PoolParameters)
    /// The pool loses and gets pCPUs.
    case pcpus(PCPUSet)
    case exchange(Scheduler)
  }

  /// Why a life failed.
  struct Failure: Hashable, Sendable {
    /// The rule that was broken, in words without names and numbers.
    let rule: String
    let text: String
    /// Only the calm after the life has shown it.
    let isInCalm: Bool
  }

  var scheduler: Scheduler
  var pcpus: Int
  /// For the workloads and the latencies.
  var seed: UInt64
  var pokeLatency: Nanoseconds
  var timerLatency: Nanoseconds
  var leastSpeed: Double
  var operations: [Operation]

  init(
    _ scheduler: Scheduler, pcpus: Int, seed: UInt64, pokeLatency: Nanoseconds = .zero,
    timerLatency: Nanoseconds = .zero, leastSpeed: Double = 1, _ operations: [Operation]
  ) {
    self.scheduler = scheduler
    self.pcpus = pcpus
    self.seed = seed
    self.pokeLatency = pokeLatency
    self.timerLatency = timerLatency
    self.leastSpeed = leastSpeed
    self.operations = operations
  }
}

/// What a policy is made of: another one than the scheduler's own where a test needs a broken one.
typealias PolicyMaker = @Sendable (Scheduler, PCPUSet, PoolParameters) -> AnyPolicy

extension Life {
  /// Lives it. Nil if everything went as it should: during the life, and in the calm after it.
  func failure(of make: @escaping PolicyMaker = { AnyPolicy($0, pcpus: $1, $2) }, withCalm: Bool = true) -> Failure? {
    var pool = LivingPool(self, make)
    for operation in operations {
      pool.perform(operation)
      if let violation = pool.violation { return Failure(rule: violation.rule, text: violation.text, isInCalm: false) }
    }
    guard withCalm else { return nil }
    pool.calmDown()
    return pool.violation.map { Failure(rule: $0.rule, text: $0.text, isInCalm: true) }
  }

  /// The shortest life that still breaks the same rule.
  func shortened(for failure: Failure, of make: @escaping PolicyMaker = { AnyPolicy($0, pcpus: $1, $2) }) -> Life {
    Shrinker.shrink(self) { $0.failure(of: make, withCalm: failure.isInCalm)?.rule == failure.rule }
  }
}
