import HypervisorModel

/// What the operator set for a domain: all that any scheduler asks for, so that another scheduler can take over.
package struct DomainParameters: Hashable, Sendable {
  /// For credit2, credit and bvt, that of each of its vCPUs; for sedf, what it gets of the extra time; for arinc653, the
  /// length of its window while there is no table. bvt's advance is another word for it: what was set last counts.
  package var weight: Weight {
    get { bvt.advance.map(BVTParameters.weight(for:)) ?? plainWeight }
    set {
      plainWeight = newValue
      bvt.advance = nil
    }
  }

  /// Counts again when the advance is taken back.
  private var plainWeight: Weight
  /// For credit2 and credit.
  package var cap: Cap
  package var sedf: SEDFParameters
  package var bvt: BVTParameters

  package init(
    weight: Weight = .default, cap: Cap = .none, sedf: SEDFParameters = SEDFParameters(),
    bvt: BVTParameters = BVTParameters()
  ) {
    plainWeight = weight
    self.cap = cap
    self.sedf = sedf
    self.bvt = bvt
  }
}

/// What the operator set for a single vCPU.
package struct VCPUParameters: Hashable, Sendable {
  /// It never runs elsewhere. If none of these is in the pool, every pCPU of the pool is allowed.
  package var hardAffinity: PCPUSet
  /// It runs here if it can do so without waiting.
  package var softAffinity: PCPUSet
  /// For rtds.
  package var realTime: RealTimeParameters

  package init(
    hardAffinity: PCPUSet = .all, softAffinity: PCPUSet = .all, realTime: RealTimeParameters = RealTimeParameters()
  ) {
    self.hardAffinity = hardAffinity
    self.softAffinity = softAffinity
    self.realTime = realTime
  }
}

/// What the operator set for a whole pool.
package struct PoolParameters: Hashable, Sendable {
  /// For credit: how long a vCPU runs while others of its priority wait.
  package var timeSlice: Nanoseconds
  /// For credit and credit2: who began to run is not preempted before this time; zero switches it off.
  package var rateLimit: Nanoseconds
  /// For credit: who ran this short a time ago on a pCPU is not moved to another one; zero switches it off.
  package var migrationDelay: Nanoseconds
  /// For credit and credit2: how often the budget of a capped domain is filled up.
  package var capPeriod: Nanoseconds
  /// For bvt: how long the running vCPU goes on, in its CPU time, after it has caught up with one that waits.
  package var switchAllowance: Nanoseconds
  /// For arinc653. Nil: each domain has a window in proportion to its weight.
  package var frame: Frame?

  package init(
    timeSlice: Nanoseconds = .milliseconds(30), rateLimit: Nanoseconds = .milliseconds(1),
    migrationDelay: Nanoseconds = .zero, capPeriod: Nanoseconds = .milliseconds(10),
    switchAllowance: Nanoseconds = .milliseconds(5), frame: Frame? = nil
  ) {
    self.timeSlice = timeSlice
    self.rateLimit = rateLimit
    self.migrationDelay = migrationDelay
    self.capPeriod = capPeriod
    self.switchAllowance = switchAllowance
    self.frame = frame
  }

  /// Where each parameter that the operator can set is kept.
  private static func place(of parameter: SchedulerParameter) -> WritableKeyPath<PoolParameters, Nanoseconds>? {
    switch parameter {
    case .timeSlice: \.timeSlice
    case .rateLimit: \.rateLimit
    case .migrationDelay: \.migrationDelay
    case .capPeriod: \.capPeriod
    case .switchAllowance: \.switchAllowance
    default: nil
    }
  }

  /// Changes the parameters that have a value among these.
  package mutating func apply(_ values: ParameterValues) {
    for parameter in SchedulerParameter.ofPools {
      guard let value = values[parameter], let place = Self.place(of: parameter) else { continue }
      self[keyPath: place] = Nanoseconds(UInt64(clamping: value))
    }
  }

  /// The values of the parameters that a scheduler has.
  package func values(for scheduler: Scheduler) -> ParameterValues {
    var values = ParameterValues()
    for parameter in scheduler.poolParameters {
      values[parameter] = Self.place(of: parameter).map { Int64(clamping: self[keyPath: $0].rawValue) }
    }
    return values
  }
}

/// arinc653's table: windows one after the other, again and again.
package struct Frame: Hashable, Sendable {
  package struct Window: Hashable, Sendable {
    package var domain: DomainID
    /// Nil: all vCPUs of the domain.
    package var vcpu: UInt32?
    /// More than zero.
    package var length: Nanoseconds

    package init(domain: DomainID, vcpu: UInt32? = nil, length: Nanoseconds) {
      self.domain = domain
      self.vcpu = vcpu
      self.length = length
    }
  }

  /// From the beginning of the first window to the beginning of the next first one; at least as long as all windows
  /// together. In what is left at the end nobody runs.
  package var length: Nanoseconds
  package var windows: [Window]

  package init(length: Nanoseconds, windows: [Window]) {
    self.length = length
    self.windows = windows
  }
}
