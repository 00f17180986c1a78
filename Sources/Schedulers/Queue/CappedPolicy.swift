import HypervisorModel

/// A queue policy that obeys caps.
///
/// # Idea
/// A capped domain owns a budget of CPU time that is filled up once a period: period × cap. Its vCPUs draw from it in
/// small portions, so that one of them can't take all before the others come; what one does not need when it goes to
/// sleep, it gives back, and what it waits with until the next period begins is lost. When the budget is empty, those who
/// would need more are held back until the next replenishment. Time run beyond the budget stays as a debt, so the long-run
/// share is exact. Replenishment is computed when it is asked for; a timer exists only while somebody is held back.
///
/// # Invariants
/// - Who is in a domain's `parked` is held back, and the other way round, or is just being decided on.
/// - A domain has a timer exactly while somebody is parked.
protocol CappedPolicy: QueuePolicy {
  var caps: Caps { get set }
  var parameters: PoolParameters { get }
}

/// Budgets of capped domains and what their vCPUs hold of them. All times in nanoseconds.
struct Caps: Sendable {
  enum Constants {
    /// The least and the most time between two replenishments, whatever is asked for: nothing overflows then.
    static let periods: ClosedRange<Int64> = 1_000_000...1_000_000_000
    /// In how many portions each of several vCPUs draws its part: the more, the better they share the pCPUs in time.
    static let portions: Int64 = 4
    /// vCPUs do not draw less than this at once: shorter slices would be eaten up by switching.
    static let shortestPortion: Int64 = 500_000
    /// Slices at the end of a budget are not cut shorter than this; the excess is a debt.
    static let shortestSlice: Int64 = 50_000
    /// The longest time that is charged at once, so that nothing overflows.
    static let longestCharge: UInt64 = 1 << 46
  }

  struct Share: Sendable {
    var isCapped = false
    /// Its portion of the domain's budget; below zero is a debt.
    var budget: Int64 = 0
    /// When the period ends for which it has drawn that.
    var expiresAt = Nanoseconds.never
  }

  struct Domain: Sendable {
    var parked: [Int] = []
    /// What is left for the period, without the portions that its vCPUs hold. Only used under a cap.
    var budget: Int64 = 0
    var nextReplenishment = Nanoseconds.never
    /// CPU time per period that the cap allows, in the period that goes on.
    var allowance: Int64 = 0
  }

  /// By slot of a vCPU.
  fileprivate var shares: [Share] = []
  /// By slot of a domain.
  fileprivate var domains: [Domain] = []
  /// Domains in which somebody is parked, by when their budget is filled up.
  fileprivate var timers = IndexedHeap<Nanoseconds>()

  var nextTimer: Nanoseconds { timers.first?.priority ?? .never }

  /// A vCPU has come.
  mutating func admit(_ slot: Int, isCapped: Bool) { shares.set(slot, Share(isCapped: isCapped)) }

  mutating func charge(_ slot: Int, _ ran: Nanoseconds) {
    if shares[slot].isCapped { shares[slot].budget -= Int64(min(ran.rawValue, Constants.longestCharge)) }
  }

  /// A slice of that length, cut down to what the vCPU holds of its domain's budget.
  func limit(_ time: Int64, for slot: Int) -> Int64 {
    shares[slot].isCapped ? min(time, max(shares[slot].budget, Constants.shortestSlice)) : time
  }
}

extension CappedPolicy {
  /// Makes sure that a vCPU may use CPU time at all. If its domain's budget is used up, false, and it is parked.
  mutating func obtainBudget(_ slot: Int, _ now: Nanoseconds) -> Bool {
    guard caps.shares[slot].isCapped else { return true }
    let domain = pool.vcpus[slot].domain
    replenish(domain, now)
    let expiresAt = caps.domains[domain].nextReplenishment
    if caps.shares[slot].budget > 0 {
      // One that runs is using it.
      if caps.shares[slot].expiresAt == expiresAt || pool.vcpus[slot].runningOn != nil { return true }
    } else {
      caps.domains[domain].budget += caps.shares[slot].budget
    }
    caps.shares[slot].budget = 0
    guard caps.domains[domain].budget > 0 else {
      caps.domains[domain].parked.append(slot)
      updateTimer(domain)
      return false
    }
    let count = Int64(pool.domains[domain].vcpus.count)
    let share = caps.domains[domain].allowance / (count > 1 ? count * Caps.Constants.portions : 1)
    let portion = min(max(share, Caps.Constants.shortestPortion), caps.domains[domain].budget)
    caps.shares[slot].budget = portion
    caps.shares[slot].expiresAt = expiresAt
    caps.domains[domain].budget -= portion
    return true
  }

  /// A vCPU that goes to sleep gives back what it doesn't need.
  mutating func returnBudget(_ slot: Int, _ now: Nanoseconds) {
    let domain = pool.vcpus[slot].domain
    if let index = caps.domains[domain].parked.firstIndex(of: slot) {
      caps.domains[domain].parked.remove(at: index)
      updateTimer(domain)
    }
    let share = caps.shares[slot]
    guard share.isCapped, share.budget != 0 else { return }
    caps.shares[slot].budget = 0
    guard share.budget < 0 || share.expiresAt == caps.domains[domain].nextReplenishment else { return }
    caps.domains[domain].budget += share.budget
    resumeAll(domain, now)
  }

  /// Lets those who are parked compete again if there is budget. Who finds none left when his turn comes is parked anew.
  private mutating func resumeAll(_ domain: Int, _ now: Nanoseconds) {
    guard caps.domains[domain].budget > 0 else { return }
    // One who has just been parked may still be somebody's current vCPU; then that pCPU is at it now.
    for slot in releaseAll(domain) where pool.vcpus[slot].runningOn == nil { compete(slot, now) }
  }

  private mutating func releaseAll(_ domain: Int) -> [Int] {
    let parked = caps.domains[domain].parked
    caps.domains[domain].parked = []
    for slot in parked { pool.vcpus[slot].isHeldBack = false }
    updateTimer(domain)
    return parked
  }

  /// Fills up the budget for the periods that have begun. What was not used is lost; debts stay.
  private mutating func replenish(_ domain: Int, _ now: Nanoseconds) {
    var account = caps.domains[domain]
    guard account.nextReplenishment <= now else { return }
    // Another period counts from the first replenishment after it was set.
    let late = (now - account.nextReplenishment).rawValue / UInt64(capPeriod)
    let periods = Int64(min(late, 1 << 20)) + 1
    account.allowance = allowance(of: domain)
    account.budget = min(account.budget + periods * account.allowance, account.allowance)
    account.nextReplenishment += Nanoseconds((late + 1) &* UInt64(capPeriod))
    caps.domains[domain] = account
    updateTimer(domain)
    resumeAll(domain, now)
  }

  /// How often a budget is filled up: short, because a capped domain may be dead for most of it.
  private var capPeriod: Int64 {
    let range = Caps.Constants.periods
    return min(max(Int64(clamping: parameters.capPeriod.rawValue), range.lowerBound), range.upperBound)
  }

  private func allowance(of domain: Int) -> Int64 {
    Int64(pool.domains[domain].parameters.cap.rawValue) * (capPeriod / 100)
  }

  /// Does what is due by now.
  mutating func replenishBudgets(_ now: Nanoseconds) {
    while let due = caps.timers.first, due.priority <= now { replenish(due.id, now) }
  }

  /// Begins a period with a full budget if the cap was set, changed or taken away.
  mutating func applyCap(to domain: Int, from old: DomainParameters?, _ now: Nanoseconds) {
    let cap = pool.domains[domain].parameters.cap
    if old == nil { caps.domains.set(domain, Caps.Domain()) }
    guard cap != old?.cap ?? .none else { return }
    let allowance = allowance(of: domain)
    caps.domains[domain].allowance = allowance
    caps.domains[domain].budget = allowance
    caps.domains[domain].nextReplenishment =
      cap != .none ? now + Nanoseconds(UInt64(capPeriod)) : .never
    for slot in pool.domains[domain].vcpus {
      caps.shares[slot] = Caps.Share(isCapped: cap != .none)
      // It has to look because its slice was cut for another cap, or for none.
      if let pcpu = pool.vcpus[slot].runningOn { pool.tickle(pcpu) }
    }
    for slot in releaseAll(domain) { makeRunnable(slot, now) }
  }

  private mutating func updateTimer(_ domain: Int) {
    caps.timers.remove(domain)
    guard !caps.domains[domain].parked.isEmpty else { return }
    caps.timers.insert(domain, caps.domains[domain].nextReplenishment)
  }
}
