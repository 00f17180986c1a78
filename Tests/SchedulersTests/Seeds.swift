import Glibc

/// How much is tried: little in each build, and in long runs as many seeds as `DOMUS_SCHEDULER_SEEDS` says.
enum Seeds {
  static let wanted = getenv("DOMUS_SCHEDULER_SEEDS").flatMap { UInt64(String(cString: $0)) }

  static func range(usually count: UInt64) -> Range<UInt64> { 0..<max(count, wanted ?? 0) }
}
