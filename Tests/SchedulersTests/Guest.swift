import HypervisorModel

/// What a vCPU does all day.
enum Workload: Hashable, Sendable {
  case hog
  /// Computes for `burst` at every multiple of `period`, and has to be done by the next one.
  case periodic(burst: Nanoseconds, period: Nanoseconds)
  /// Computes and sleeps for random times up to twice these.
  case interactive(burst: Nanoseconds, sleep: Nanoseconds)
  /// Wants to look as if it never ran: computes, but sleeps from `asleep` before each multiple of `tick` until `asleep`
  /// after it.
  case tickDodger(tick: Nanoseconds, asleep: Nanoseconds)
  /// Computes for a long while, then is interactive for some jobs, again and again.
  case mixed(computing: Nanoseconds, jobs: Int, burst: Nanoseconds, sleep: Nanoseconds)
}

/// The program of a vCPU: wants CPU time, blocks and wakes up as its workload says.
struct Guest: Sendable {
  /// A burst with less than this to go is done: a stolen share of time is rounded.
  private static let tolerance = Nanoseconds.microseconds(1)

  let workload: Workload
  private(set) var isBlocked = true
  /// CPU time until it blocks.
  private var rest = Nanoseconds.never
  /// Where a mixed workload is: 0 is the long while.
  private var step = 0
  /// When the periodic job was released that it is at.
  private var released = Nanoseconds.zero
  private var missed = 0
  private var generator: SimulatorGenerator

  init(_ workload: Workload, seed: UInt64) {
    self.workload = workload
    generator = SimulatorGenerator(seed: seed)
  }

  mutating func wake(_ now: Nanoseconds) {
    isBlocked = false
    switch workload {
    case .hog, .tickDodger: rest = .never
    case .periodic(let burst, _):
      rest = burst
      released = now
    case .interactive(let burst, _): rest = random(around: burst)
    case .mixed(let computing, _, let burst, _): rest = step == 0 ? computing : random(around: burst)
    }
  }

  /// When, on the wall clock, it is going to block if it runs from now on and gets `speed` of the time.
  func leaves(_ now: Nanoseconds, speed: Double) -> Nanoseconds {
    if case .tickDodger(let tick, let asleep) = workload {
      let left = Nanoseconds(tick.rawValue - now.rawValue % tick.rawValue)
      return now + max(left - asleep, Self.tolerance)
    }
    guard rest != .never, speed < 1 else { return rest == .never ? .never : now + rest }
    return now + Nanoseconds(UInt64((Double(rest.rawValue) / speed).rounded(.up)))
  }

  /// Takes down what it got. If it blocks now, answers when it is going to wake up.
  mutating func compute(_ ran: Nanoseconds, _ now: Nanoseconds) -> Nanoseconds? {
    if rest != .never { rest = rest - ran }
    switch workload {
    case .hog: return nil
    case .tickDodger(let tick, let asleep):
      let left = Nanoseconds(tick.rawValue - now.rawValue % tick.rawValue)
      guard left <= asleep else { return nil }
      isBlocked = true
      return now + left + asleep
    case .periodic(let burst, let period): return finishJob(of: burst, every: period, now)
    case .interactive(_, let sleep):
      guard rest < Self.tolerance else { return nil }
      isBlocked = true
      return now + random(around: sleep)
    case .mixed(_, let jobs, _, let sleep):
      guard rest < Self.tolerance else { return nil }
      step = (step + 1) % (jobs + 1)
      isBlocked = true
      return now + random(around: sleep)
    }
  }

  /// Who ends late skips what should have begun meanwhile.
  private mutating func finishJob(of burst: Nanoseconds, every period: Nanoseconds, _ now: Nanoseconds) -> Nanoseconds?
  {
    guard rest < Self.tolerance else { return nil }
    missed += deadlinesPassed(now, period)
    let next = Nanoseconds((now.rawValue + period.rawValue - 1) / period.rawValue * period.rawValue)
    guard next == now else {
      isBlocked = true
      return next
    }
    rest = burst
    released = now
    return nil
  }

  private func deadlinesPassed(_ now: Nanoseconds, _ period: Nanoseconds) -> Int {
    let latest = released + period
    return now > latest ? Int((now - latest).rawValue / period.rawValue) + 1 : 0
  }

  /// How many deadlines a periodic workload has missed by now.
  func missedDeadlines(_ now: Nanoseconds) -> Int {
    guard case .periodic(_, let period) = workload, !isBlocked else { return missed }
    return missed + deadlinesPassed(now, period)
  }

  private mutating func random(around mean: Nanoseconds) -> Nanoseconds {
    Nanoseconds(UInt64.random(in: 1000...max(1000, 2 * mean.rawValue), using: &generator))
  }
}
