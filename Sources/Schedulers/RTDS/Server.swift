import HypervisorModel

extension RTDS {
  /// A vCPU's deferrable server.
  ///
  /// # Invariants
  /// - One that is awake and has extratime has budget.
  /// - After `restart`, `wake`, `charge` and `replenish` the deadline lies in the future.
  struct Server: Sendable {
    private var parameters = RealTimeParameters()
    /// The parameters are new: when it is next looked at, a period begins.
    private var isChanged = true
    /// CPU time in nanoseconds; below zero is a debt.
    private(set) var budget: Int64 = 0
    /// The end of the period.
    private(set) var deadline = Nanoseconds.zero
    /// How many budgets were used up in this period.
    private(set) var level: Int64 = 0

    private var fullBudget: Int64 { Int64(parameters.budget.rawValue) }
    var hasBudget: Bool { budget > 0 }

    /// Answers whether they are others than before.
    mutating func setParameters(_ parameters: RealTimeParameters) -> Bool {
      let range = SchedulerParameter.period.times
      var legal = parameters
      legal.period = min(max(parameters.period, range.lowerBound), range.upperBound)
      legal.budget = min(max(parameters.budget, range.lowerBound), legal.period)
      guard legal != self.parameters else { return false }
      self.parameters = legal
      isChanged = true
      return true
    }

    /// Begins a period with a full budget.
    mutating func restart(_ now: Nanoseconds) {
      isChanged = false
      budget = fullBudget
      deadline = now + parameters.period
      level = 0
    }

    /// Begins a period if the last one has ended meanwhile.
    mutating func wake(_ now: Nanoseconds) {
      guard !isChanged else { return restart(now) }
      guard deadline <= now else { return }
      replenish(now)
      deadline = now + parameters.period
    }

    mutating func charge(_ ran: Int64, _ now: Nanoseconds) {
      guard !isChanged else { return restart(now) }
      budget -= ran
      if parameters.extratime { takeExtra() }
      replenish(now)
    }

    /// Begins another budget in this period.
    private mutating func takeExtra() {
      guard budget <= 0 else { return }
      let extra = max(fullBudget, Constants.shortestExtra)
      let count = -budget / extra + 1
      budget += count * extra
      level += count
    }

    /// Begins the current period if the last one has ended. What was left is lost; a debt stays.
    mutating func replenish(_ now: Nanoseconds) {
      guard deadline <= now else { return }
      let periods = (now - deadline).rawValue / parameters.period.rawValue + 1
      deadline += Nanoseconds(periods * parameters.period.rawValue)
      budget = budget > 0 ? fullBudget : min(budget + Int64(min(periods, 1 << 20)) * fullBudget, fullBudget)
      level = 0
    }
  }
}
