/// A change of what holds for a whole pool.
public struct PoolChange: Hashable, Codable, Sendable {
  /// A parameter without a value stays as it is.
  public var values: ParameterValues
  /// arinc653's table; nil leaves it as it is.
  public var frame: FrameTable?

  public init(_ values: ParameterValues = [:], frame: FrameTable? = nil) {
    self.values = values
    self.frame = frame
  }

  public var isEmpty: Bool { values.isEmpty && frame == nil }

  /// The parameters that change.
  public var parameters: [SchedulerParameter] { SchedulerParameter.ofPools.filter { values[$0] != nil } }

  /// What is wrong with it, with the range that would be right; nil where nothing is.
  public var fault: String? {
    if let unknown = values.names.subtracting(SchedulerParameter.ofPools.map(\.name)).min() {
      return "a cpupool has no parameter '\(MessageText.printable(unknown))'"
    }
    return parameters.lazy.compactMap { parameter in self.values[parameter].flatMap(parameter.fault) }.first
      ?? frame?.fault
  }

  /// Throws where a pool's scheduler has no such parameter.
  public func check(pool: String, scheduler: Scheduler?) throws(HypervisorError) {
    guard let scheduler else { return }
    let known = scheduler.poolParameters
    var foreign = parameters.first { !known.contains($0) }?.title
    if frame != nil, scheduler != .arinc653 { foreign = "frame table" }
    guard let foreign else { return }
    throw .unavailable(
      operation: .setPoolParameters,
      reason: "cpupool '\(pool)' is scheduled by \(scheduler.rawValue), which has no \(foreign)")
  }
}

/// The parameters of whole pools.
extension SchedulerParameter {
  public static let timeSlice = SchedulerParameter(
    "tslice", title: "time slice", .milliseconds, 1_000_000...1_000_000_000, standard: 30_000_000, "credit's time slice"
  )
  public static let rateLimit = SchedulerParameter(
    "ratelimit", title: "rate limit", .microseconds, 100_000...500_000_000, zero: "off", standard: 1_000_000,
    "the least time that a vCPU runs")
  public static let migrationDelay = SchedulerParameter(
    "migration-delay", title: "migration delay", .microseconds, 1_000...100_000_000, zero: "off", standard: 0,
    "how long a vCPU stays at its pCPU after it ran")
  public static let capPeriod = SchedulerParameter(
    "cap-period", title: "cap period", .milliseconds, 1_000_000...1_000_000_000, standard: 10_000_000,
    "how often the budget of a capped domain is filled up")
  public static let switchAllowance = SchedulerParameter(
    "switch-allowance", title: "context switch allowance", .milliseconds, 0...100_000_000, standard: 5_000_000,
    "how long a vCPU runs on after it has caught up")

  /// All of them.
  public static let ofPools: [SchedulerParameter] = [
    .timeSlice, .rateLimit, .migrationDelay, .capPeriod, .switchAllowance,
  ]
}

extension Scheduler {
  /// What holds for a whole pool under this scheduler.
  public var poolParameters: [SchedulerParameter] {
    switch self {
    case .credit: [.timeSlice, .rateLimit, .migrationDelay, .capPeriod]
    case .credit2: [.rateLimit, .capPeriod]
    case .bvt: [.switchAllowance]
    case .rtds, .sedf, .null, .arinc653: []
    }
  }
}

extension PoolSnapshot {
  /// A parameter of its scheduler; nil where it has no such one.
  public func time(_ parameter: SchedulerParameter) -> Nanoseconds? {
    parameters[parameter].map { Nanoseconds(UInt64(clamping: $0)) }
  }
}
