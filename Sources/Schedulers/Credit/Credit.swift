import HypervisorModel

/// The credit policy: Xen's first credit scheduler, with shares by weight, long time slices, and caps.
///
/// # Idea
/// A vCPU pays a nanosecond of credit for a nanosecond of CPU time, and at each accounting everybody is given credit in
/// proportion to his weight. Who has credit is UNDER his share, who is in debt OVER it, and who has just woken with credit
/// left has a BOOST. A better class goes first; within a class everybody gets a time slice in turn. The weight is the
/// domain's and each of its vCPUs has it in full, as in today's Xen.
///
/// # Accounting
/// Since all are given the same per unit of weight, those who can use it get CPU time in proportion to their weights, but
/// for the credit that they hold at the ends of the time looked at. How much is given decides only whether UNDER and
/// OVER tell them apart: it is so much that those who are awake have credit for exactly the CPU time that the busy pCPUs
/// offer until the next accounting, where one can use one pCPU and who has a debt nothing. A share of more than a whole
/// pCPU, a cap or sleep leave a vCPU with credit that it can't use, and a ceiling ends that. Among those who are OVER the
/// smallest debt goes first.
///
/// # What can't be gained by timing
/// Xen once charged whoever was running at a tick, and a guest that slept at each tick ran for nothing, even with a
/// BOOST. Here CPU time is charged to the nanosecond when a vCPU stops, credit is given alike to those who are awake and
/// to those who sleep at the accounting, and a BOOST gives priority to credit that the vCPU has anyway; it ends with the
/// credit, or after a tick.
///
/// # Slices
/// A vCPU runs for the time slice while others of its class wait, but one that is UNDER not longer than its credit lasts,
/// and one that is OVER until its debt is the largest. Where that is very short, it runs on for a tick and pays for it
/// later by waiting longer.
///
/// # Limit
/// Where hard affinity splits the pool into parts with unequal load, those in the part with less of it gather credit up to
/// the ceiling, and then share that part by turns, not by weight.
///
/// # Invariants
/// - A pool without a vCPU awake or current sets no timer.
/// - What a vCPU that sleeps has been given is known when it wakes, or when its weight changes: `earnings` says how much
///   everybody was given per unit of weight.
struct Credit: CappedPolicy {
  enum Constants {
    /// Ticks in a time slice. Xen has three; shorter ones keep the shares right within a second, where a vCPU's credit
    /// for one period is only a fraction of the slice.
    static let ticksPerSlice: Int64 = 10
    /// The most credit of one who is awake, in periods: what the largest share can use in one, and some more for what
    /// it could not use before because others were ahead of theirs.
    static let ceiling = 4.0
    /// The most credit of one who sleeps, in periods: bounds how long others wait when it wakes.
    static let hoard = 1.0
    /// In how many halvings a portion is looked for. What is too much in one accounting is less in the next.
    static let halvings = 24
    /// The shortest tick: below, switching would take more than it gives. In nanoseconds.
    static let shortestTick: Int64 = 100_000
  }

  /// The classes, as ranks. OVER is all from 1: the debt in nanoseconds.
  enum Priority {
    static let boost: Int64 = -6
    /// UNDER, with more credit than it can use in a period if it has a pCPU all the time.
    static let farUnder: Int64 = -4
    static let under: Int64 = -2
    /// Added where a time slice is over: then those of the same class go first.
    static let afterItsTurn: Int64 = 1
  }

  /// What a vCPU owns.
  struct Account: Sendable {
    var weight: Double
    /// In nanoseconds, with fractions: the smallest shares are less than one.
    var credit: Double
    /// CPU time since its turn began.
    var turn: Int64 = 0
    var isBoosted = false
    /// CPU time that it has paid for in the middle of a slice, at an accounting.
    var advance: Int64 = 0
    /// `earnings` when it was last given credit.
    var earningsSeen: Double
  }

  let scheduler = Scheduler.credit

  var pool: PoolState
  var queue = WaitQueue<Int64>()
  var caps = Caps()
  var parameters: PoolParameters
  /// By slot.
  var accounts: [Account] = []
  /// How many are awake, or still current.
  var awake = 0
  /// What has been given per unit of weight since the beginning.
  var earnings = 0.0
  var nextAccounting = Nanoseconds.zero

  init(pcpus: PCPUSet, _ parameters: PoolParameters = PoolParameters()) {
    pool = PoolState(pcpus: pcpus)
    self.parameters = parameters
  }

  var rateLimit: Nanoseconds { parameters.rateLimit }
  var timeSlice: Int64 { max(Int64(parameters.timeSlice.rawValue), Constants.shortestTick) }
  var tick: Int64 { max(timeSlice / Constants.ticksPerSlice, Constants.shortestTick) }

  mutating func setParameters(_ parameters: PoolParameters, now: Nanoseconds) -> PCPUSet {
    self.parameters = parameters
    nextAccounting = min(nextAccounting, now + parameters.timeSlice)
    return .none
  }

  // MARK: Coming and going

  mutating func admit(_ slot: Int, _ now: Nanoseconds) {
    let parameters = pool.domains[pool.vcpus[slot].domain].parameters
    // A tick to start with: the next accounting may be far.
    accounts.set(
      slot, Account(weight: Double(parameters.weight.rawValue), credit: Double(tick), earningsSeen: earnings))
    caps.admit(slot, isCapped: parameters.cap != .none)
  }

  mutating func domainChanged(_ domain: Int, from old: DomainParameters?, _ now: Nanoseconds) {
    let weight = Double(pool.domains[domain].parameters.weight.rawValue)
    for slot in pool.domains[domain].vcpus {
      collect(slot, limit: pool.vcpus[slot].isAwake ? Constants.ceiling : Constants.hoard)
      accounts[slot].weight = weight
    }
    applyCap(to: domain, from: old, now)
  }

  // MARK: Waking and sleeping

  mutating func prepare(_ slot: Int, _ now: Nanoseconds) {
    // After an idle time the first accounting comes soon, so that weights count from the beginning.
    if awake == 0 { nextAccounting = max(nextAccounting, now + Nanoseconds(UInt64(tick))) }
    awake += 1
    collect(slot, limit: Constants.hoard)
    accounts[slot].turn = 0
    accounts[slot].isBoosted = accounts[slot].credit > 0
  }

  mutating func settle(_ slot: Int, _ now: Nanoseconds) {
    awake -= 1
    returnBudget(slot, now)
  }

  // MARK: Running

  mutating func charge(_ slot: Int, _ ran: Nanoseconds, _ now: Nanoseconds) {
    accounts[slot].pay(Int64(min(ran.rawValue, Caps.Constants.longestCharge)), tick: tick)
    accounts[slot].advance = 0
    caps.charge(slot, ran)
  }

  mutating func mayRun(_ slot: Int, _ now: Nanoseconds) -> Bool { obtainBudget(slot, now) }

  func rank(of slot: Int) -> Int64 { accounts[slot].rank(period: timeSlice) }

  func rank(toBeat slot: Int, by challenger: Int?, on pcpu: PCPUID, _ now: Nanoseconds) -> Int64 {
    if let challenger, isHot(challenger, elsewhereThan: pcpu, now) { return .min }
    var account = accounts[slot]
    account.pay(uncharged(on: pcpu, now), tick: tick)
    let rank = account.rank(period: timeSlice)
    if rank > 0 { return max(0, rank - tick) }
    return account.turn < timeSlice ? rank : rank + Priority.afterItsTurn
  }

  /// What a pCPU's current vCPU will probably pay by now: as if it had had a CPU all the time.
  func uncharged(on pcpu: PCPUID, _ now: Nanoseconds) -> Int64 {
    Int64(min((now - pool[pcpu].since).rawValue, Caps.Constants.longestCharge))
  }

  /// Whether a vCPU's caches are still warm on another pCPU.
  private func isHot(_ slot: Int, elsewhereThan pcpu: PCPUID, _ now: Nanoseconds) -> Bool {
    pool.isCold(slot, on: pcpu) && now < pool.vcpus[slot].stoppedAt + parameters.migrationDelay
  }

  mutating func slice(of slot: Int, on pcpu: PCPUID, _ now: Nanoseconds) -> Nanoseconds {
    if pool.vcpus[slot].startedAt == now || accounts[slot].turn >= timeSlice { accounts[slot].turn = 0 }
    let protected = pool.vcpus[slot].startedAt + rateLimit - now
    // Who would be beaten already is only kept by the rate limit.
    let isBeaten = protected > .zero && challenger(for: pcpu, of: slot, now) != nil
    let wanted = isBeaten ? 0 : turn(of: slot, on: pcpu)
    let time = max(wanted, Int64(protected.rawValue), Constants.shortestTick)
    return Nanoseconds(UInt64(caps.limit(time, for: slot)))
  }

  /// Until its time slice, its BOOST or its credit is over, or its debt is the largest.
  private func turn(of slot: Int, on pcpu: PCPUID) -> Int64 {
    let account = accounts[slot]
    let rest = timeSlice - account.turn
    switch account.rank(period: timeSlice) {
    case Priority.boost: return min(rest, tick - account.turn)
    case Priority.farUnder, Priority.under: return min(rest, max(Int64(account.credit), tick))
    case let debt:
      guard let waiting = firstWaiting(for: pcpu) else { return rest }
      return min(rest, max(waiting.priority.rank - debt, 0) + tick)
    }
  }
}

extension Credit.Account {
  /// Pays for CPU time since the last charge. The BOOST ends with the credit, or after a tick.
  mutating func pay(_ time: Int64, tick: Int64) {
    let time = time - advance
    credit -= Double(time)
    turn += time
    if credit <= 0 || turn >= tick { isBoosted = false }
  }

  func rank(period: Int64) -> Int64 {
    guard credit >= 0 else { return Int64(-credit.rounded(.down)) }
    if isBoosted { return Credit.Priority.boost }
    return credit > Double(period) ? Credit.Priority.farUnder : Credit.Priority.under
  }
}
