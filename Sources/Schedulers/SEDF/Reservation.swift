import HypervisorModel

extension SEDF {
  /// A vCPU's slice of CPU time in every period: a constant bandwidth server.
  struct Reservation: Sendable {
    private let period: Nanoseconds
    let slice: Int64
    /// What is left of the slice, in nanoseconds; below zero is a debt.
    private(set) var left: Int64 = 0
    /// When the slice should be used up.
    private(set) var deadline = Nanoseconds.zero

    /// Brings what is out of range into it. Its first period begins when the vCPU wakes up.
    init(_ parameters: SEDFParameters) {
      let periods = SchedulerParameter.sedfPeriod.times
      period = min(max(parameters.period, periods.lowerBound), periods.upperBound)
      let legal = min(max(parameters.slice, SchedulerParameter.slice.times.lowerBound), period)
      slice = parameters.slice == .zero ? 0 : Int64(legal.rawValue)
    }

    /// Zero: nothing is reserved.
    var periodOfSlice: Nanoseconds { slice > 0 ? period : .zero }
    var isActive: Bool { left > 0 }
    /// Nothing is left, but there is a next slice.
    var isUsedUp: Bool { left <= 0 && slice > 0 }

    /// Begins a period with a full slice; a debt stays.
    mutating func restart(_ now: Nanoseconds) {
      left = min(left, 0) + slice
      deadline = now + period
    }

    /// Begins a period unless the vCPU may go on with the one that it is in: more of the slice may be left than its share
    /// of the time until the deadline.
    mutating func wake(_ now: Nanoseconds) {
      let time = Double((deadline - now).rawValue)
      if deadline <= now || Double(left) * Double(period.rawValue) > time * Double(slice) { restart(now) }
    }

    /// Uses CPU time. Answers what is more than was left.
    mutating func use(_ time: Int64) -> Int64 {
      let used = min(time, max(left, 0))
      left -= used
      return time - used
    }

    /// Takes CPU time from the next slice.
    mutating func owe(_ time: Int64) { left -= time }

    /// Begins the next slice if this one is used up and its period has ended.
    mutating func renew(_ now: Nanoseconds) {
      guard isUsedUp, deadline <= now else { return }
      let ended = (now - deadline).rawValue / period.rawValue + 1
      let slices = min(ended, UInt64(-left / slice) + 1)
      left += Int64(slices) * slice
      deadline += Nanoseconds(slices * period.rawValue)
    }

    /// Moves a deadline that was missed, but not beyond now.
    mutating func postpone(by time: Nanoseconds, _ now: Nanoseconds) {
      if isActive, deadline < now { deadline = min(deadline + time, now) }
    }
  }
}
