import HypervisorModel

/// The credit2 policy: proportional shares by weight, short waits for those who sleep a lot, optional caps.
///
/// # Idea
/// Every vCPU owns credit, measured in nanoseconds, and burns it while it runs: the vCPU with the largest weight at
/// the rate of CPU time, one with half that weight twice as fast. Whoever has most credit runs. So vCPUs that always
/// want to run burn down side by side and get CPU time in proportion to their weights, and one that sleeps a lot keeps
/// its credit and goes first when it wakes. When the best that is left has none, everybody gets the same fresh
/// portion, sleepers too, but those can't hoard more than one portion and a little. The weight is the domain's and
/// each of its vCPUs has it in full, as in Xen: four busy vCPUs get four times as much as one. There is one queue for the
/// whole pool (`credit2_runqueue=all` in Xen).
///
/// Who moves to another pCPU leaves warm caches behind, so on a pCPU where it did not run last a vCPU must lead by the
/// migration resistance.
///
/// # Limit
/// Where hard affinity splits the pool into parts with unequal load, those in the part with more than enough CPU time
/// gather credit up to the ceiling, where their differences get lost: among them the shares follow the weights only
/// roughly (measured: 1.5 for weights of 1:2).
///
/// # Invariants
/// - The order in the queue is the order of credit: whoever changes credit of those who wait puts them in anew.
/// - One that begins to run has credit.
struct Credit2: CappedPolicy {
  /// All in nanoseconds.
  enum Constants {
    /// One portion of credit: with equal weights it takes this long until everybody has had a turn at the latest.
    static let portion: Int64 = 10_000_000
    /// What a sleeper may have beyond one portion: the shortest slice, so that rounding does not cost it anything.
    static let carryover: Int64 = 500_000
    /// The credit of one who runs may last for this CPU time, and for a turn of everybody who waits: so long may pass from
    /// reset to reset. Only a vCPU whose share is more than a whole pCPU gets there; it bounds how long others wait if
    /// somebody equal joins it.
    static let longestLead: Int64 = 100_000_000
    /// The shortest slice: shorter ones would be eaten up by switching.
    static let shortestSlice: Int64 = 500_000
    /// The longest slice: one portion, so that nobody runs through a reset.
    static let longestSlice: Int64 = 10_000_000
    /// By how much a vCPU must lead on a pCPU where it did not run last: about what refilling the caches costs.
    static let migrationResistance: Int64 = 500_000
    /// The longest CPU time that is burned at once; keeps the product with a weight in 64 bits.
    static let longestBurn: UInt64 = 1 << 46
  }

  /// What a vCPU owns.
  struct Account: Sendable {
    var weight: Int64
    var credit = Constants.portion
    /// What the last burn left over, in units of 1/weight.
    var residue: Int64 = 0
  }

  let scheduler = Scheduler.credit2

  var pool: PoolState
  /// By credit, negated: most first.
  var queue = WaitQueue<Int64>()
  var caps = Caps()
  var parameters: PoolParameters
  /// By slot.
  var accounts: [Account] = []
  /// The largest weight here: the one that burns at the rate of CPU time.
  var maxWeight = Int64(Weight.default.rawValue)

  init(pcpus: PCPUSet, _ parameters: PoolParameters = PoolParameters()) {
    pool = PoolState(pcpus: pcpus)
    self.parameters = parameters
  }

  var rateLimit: Nanoseconds { parameters.rateLimit }

  mutating func setParameters(_ parameters: PoolParameters, now: Nanoseconds) -> PCPUSet {
    self.parameters = parameters
    return .none
  }

  // MARK: Coming and going

  mutating func admit(_ slot: Int, _ now: Nanoseconds) {
    let parameters = pool.domains[pool.vcpus[slot].domain].parameters
    accounts.set(slot, Account(weight: Int64(parameters.weight.rawValue)))
    caps.admit(slot, isCapped: parameters.cap != .none)
  }

  mutating func domainChanged(_ domain: Int, from old: DomainParameters?, _ now: Nanoseconds) {
    let weight = Int64(pool.domains[domain].parameters.weight.rawValue)
    for slot in pool.domains[domain].vcpus { accounts[slot].weight = weight }
    updateMaxWeight()
    // Credit that lasts for a moment with a small weight would last for ages with a large one.
    for slot in pool.domains[domain].vcpus where accounts[slot].credit > ceiling(of: slot) {
      accounts[slot].credit = ceiling(of: slot)
      requeue(slot, now)
    }
    applyCap(to: domain, from: old, now)
  }

  mutating func dismiss(_ slot: Int) { updateMaxWeight() }

  mutating func settle(_ slot: Int, _ now: Nanoseconds) { returnBudget(slot, now) }

  // MARK: Running

  var nextTimer: Nanoseconds { caps.nextTimer }

  mutating func expireTimers(now: Nanoseconds) -> PCPUSet {
    replenishBudgets(now)
    return pool.takePokes()
  }

  mutating func mayRun(_ slot: Int, _ now: Nanoseconds) -> Bool { obtainBudget(slot, now) }

  func rank(of slot: Int) -> Int64 { -accounts[slot].credit }

  func rank(toBeat slot: Int, by challenger: Int?, on pcpu: PCPUID, _ now: Nanoseconds) -> Int64 {
    let isCold = challenger.map { pool.isCold($0, on: pcpu) } ?? false
    return cost(slot, now - pool[pcpu].since).credit - accounts[slot].credit
      - (isCold ? Constants.migrationResistance : 0)
  }

  /// Until its credit is used up, or as low as that of the one who waits behind it.
  mutating func slice(of slot: Int, on pcpu: PCPUID, _ now: Nanoseconds) -> Nanoseconds {
    if accounts[slot].credit <= 0 { resetCredit(for: slot) }
    var credit = accounts[slot].credit
    if let waiting = firstWaiting(for: pcpu) { credit -= max(0, accounts[waiting.id].credit) }
    let limited = Int64(rateLimit.rawValue) - Int64((now - pool.vcpus[slot].startedAt).rawValue)
    let time = min(max(duration(of: credit, slot), Constants.shortestSlice, limited), Constants.longestSlice)
    return Nanoseconds(UInt64(caps.limit(time, for: slot)))
  }
}
