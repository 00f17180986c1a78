import HypervisorModel

/// Virtual time, for policies that let the vCPU run that is furthest behind in it.
///
/// # Idea
/// While a vCPU runs its virtual time goes on, the slower the larger its weight; so vCPUs that are kept together in
/// virtual time get CPU time in proportion to their weights. One that slept must not be paid for that: it is brought up to
/// the *level* where the others are. With one pCPU that is the least virtual time of all who want to run; with several it
/// is found for each pCPU that the vCPU may run on, and the highest counts. For a vCPU that is entitled to more than a
/// whole pCPU falls behind all others for ever, and where hard affinity splits the pool its parts go on at different
/// speeds: who comes to one from a place far behind would take it over for a long time.
///
/// # Invariants
/// - Virtual time is exact: fractions of a nanosecond are carried along.
/// - It has 128 bits, enough for ever.
struct VirtualTimes: Sendable {
  enum Constants {
    /// By how much of its CPU time a vCPU may be ahead of the level when it wakes, or behind when it doesn't sleep: more
    /// than any slice, so that it only bounds what has changed meanwhile.
    static let longestLead = Nanoseconds.milliseconds(20)
    /// The longest CPU time that is charged at once; keeps the product with a rate in 64 bits.
    static let longestCharge: UInt64 = 1 << 46
  }

  /// Virtual time per CPU time.
  struct Rate: Hashable, Sendable {
    let numerator: Int64
    let denominator: Int64

    /// 1 for the default weight.
    init(_ weight: Weight) {
      numerator = Int64(Weight.default.rawValue)
      denominator = Int64(weight.rawValue)
    }

    /// 1 for the standard advance.
    init(advance: Int) {
      numerator = Int64(advance)
      denominator = Int64(BVTParameters.standardAdvance)
    }
  }

  private struct Account: Sendable {
    var rate: Rate
    var time: Int128 = 0
    /// What the last charge left over, in units of 1/denominator.
    var residue: Int64 = 0
  }

  /// What a pCPU's level is known from.
  private struct Mark: Sendable {
    /// Virtual time of the vCPU that began to run there.
    var time: Int128
    /// That of the one that waited for it, or the largest number.
    var limit: Int128
  }

  /// By slot.
  private var accounts: [Account] = []
  /// By id of a pCPU; nil where nobody has run.
  private var marks: [Mark?]

  init(_ pool: PoolState) { marks = Array(repeating: nil, count: pool.pcpus.count) }

  subscript(slot: Int) -> Int128 { accounts[slot].time }

  mutating func admit(_ slot: Int, _ rate: Rate) { accounts.set(slot, Account(rate: rate)) }

  /// What a vCPU is ahead of the others, or behind, in CPU time, stays the same at another rate.
  mutating func setRate(
    _ slot: Int, _ rate: Rate, _ pool: PoolState, _ now: Nanoseconds, isCharged: (Int) -> Bool = { _ in true }
  ) {
    let old = accounts[slot].rate
    guard old != rate else { return }
    accounts[slot].rate = rate
    accounts[slot].residue = 0
    guard let level = level(for: slot, pool, now, isCharged, withOwn: true) else { return }
    let lead = (accounts[slot].time - level) * Int128(old.denominator) / Int128(old.numerator)
    accounts[slot].time = level + lead * Int128(rate.numerator) / Int128(rate.denominator)
  }

  /// The virtual time that goes by while a vCPU runs.
  func cost(_ slot: Int, _ time: Nanoseconds) -> Int128 { Int128(exactCost(slot, time).quotient) }

  private func exactCost(_ slot: Int, _ time: Nanoseconds) -> (quotient: Int64, remainder: Int64) {
    let account = accounts[slot]
    let product = Int64(min(time.rawValue, Constants.longestCharge)) * account.rate.numerator
    return (product + account.residue).quotientAndRemainder(dividingBy: account.rate.denominator)
  }

  mutating func charge(_ slot: Int, _ ran: Nanoseconds) {
    let (time, residue) = exactCost(slot, ran)
    accounts[slot].time += Int128(time)
    accounts[slot].residue = residue
  }

  /// How long a vCPU runs until so much virtual time has gone by; zero if that is negative.
  func duration(of time: Int128, _ slot: Int) -> Nanoseconds {
    let rate = accounts[slot].rate
    let duration = time * Int128(rate.denominator) / Int128(rate.numerator)
    return Nanoseconds(UInt64(clamping: duration))
  }

  /// Notes that a vCPU begins to run, or goes on, and who waits behind it, `lead` of virtual time ahead of the others at
  /// most.
  ///
  /// If it is further behind than by that and the longest lead, then because it never has to wait; what is more is
  /// forgotten.
  mutating func begin(_ slot: Int, on pcpu: PCPUID, before waiting: (slot: Int, lead: Int128)?) {
    var mark = Mark(time: accounts[slot].time, limit: .max)
    if let waiting {
      mark.limit = accounts[waiting.slot].time
      mark.time = max(mark.time, mark.limit - waiting.lead - cost(slot, Constants.longestLead))
      accounts[slot].time = mark.time
    }
    marks[pcpu.rawValue] = mark
  }

  /// Brings a vCPU that wakes, or may run elsewhere now, to where the others are: not behind their level by more than
  /// `lag` of its CPU time, and not further ahead than the longest lead and `lead` of virtual time more.
  ///
  /// `isCharged`: whether a current vCPU's virtual time goes on.
  mutating func bring(
    _ slot: Int, _ pool: PoolState, lag: Nanoseconds = .zero, lead: Int128 = 0, _ now: Nanoseconds,
    isCharged: (Int) -> Bool = { _ in true }
  ) {
    guard let level = level(for: slot, pool, now, isCharged, withOwn: false) else { return }
    let highest = level + lead + cost(slot, Constants.longestLead)
    accounts[slot].time = min(max(accounts[slot].time, level - cost(slot, lag)), highest)
  }

  /// Brings a vCPU whose virtual time has stood still to where the others are, also if it is running.
  mutating func catchUp(_ slot: Int, _ pool: PoolState, _ now: Nanoseconds, isCharged: (Int) -> Bool) {
    guard let level = level(for: slot, pool, now, isCharged, withOwn: true) else { return }
    accounts[slot].time = max(accounts[slot].time, level)
  }

  /// The highest level of the pCPUs where a vCPU may run and others run, or also where itself runs. O(p) for p pCPUs.
  private func level(
    for slot: Int, _ pool: PoolState, _ now: Nanoseconds, _ isCharged: (Int) -> Bool, withOwn: Bool
  ) -> Int128? {
    var level: Int128?
    for pcpu in pool.vcpus[slot].hardAffinity.subtracting(pool.idle) {
      guard let current = pool[pcpu].current, withOwn || current != slot else { continue }
      guard let mark = marks[pcpu.rawValue] else { continue }
      let reached = accounts[current].time + cost(current, now - pool[pcpu].since)
      let here = isCharged(current) ? min(reached, mark.limit) : min(mark.time, mark.limit)
      level = max(level ?? here, here)
    }
    return level
  }
}
