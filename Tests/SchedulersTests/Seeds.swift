import Glibc

@testable import Schedulers

/// How much is tried: little in each build, as much as wanted in long runs.
enum Seeds {
  static let wanted = getenv("DOMUS_SCHEDULER_SEEDS").flatMap { UInt64(String(cString: $0)) }

  static func range(usually count: UInt64) -> Range<UInt64> { 0..<max(count, wanted ?? 0) }
}

extension Scheduler {
  /// Those that there are already.
  static let all = allCases.filter { $0.policy(pcpus: [0]).scheduler == $0 }
}
