import HypervisorModel

/// The credit2 policy: proportional shares by weight, short waits for those who sleep a lot, optional caps.
///
/// # Idea
/// Every vCPU owns credit, measured in nanoseconds, and burns it while it runs: the vCPU with the largest weight at
/// the rate of CPU time, one with half that weight twice as fast. Whoever has most credit runs. So vCPUs that always
/// want to run burn down side by side and get CPU time in proportion to their weights, and one that sleeps a lot keeps
/// its credit and goes first when it wakes. When the best that is left has none, everybody gets the same fresh
/// portion, sleepers too, but those can't hoard more than one portion and a little. The weight is the domain's and
/// each of its vCPUs has it in full, as in Xen: four busy vCPUs get four times as much as one.
///
/// # Run queue
/// The vCPUs that wait stand in one heap for the whole pool, most credit first, those who came first before others.
/// Xen has a run queue per cache domain to keep locks apart; here the dispatcher has a single lock for a pool
/// anyway, and one queue makes balancing needless and fairness global (`credit2_runqueue=all` in Xen).
///
/// # Who is poked
/// A vCPU that becomes runnable goes to an idle pCPU: within its soft affinity if there is one, where it last ran if
/// possible. If none is idle it challenges the running vCPU that is lowest on credit. Since the CPU time of that one
/// isn't known before it stops, the wall clock stands in for it; credit itself is only ever burned by CPU time. A poked
/// pCPU isn't poked again before it has looked ("tickled"). Who moves to another pCPU leaves warm caches behind, so on
/// a pCPU where it did not run last a vCPU must lead by the migration resistance.
///
/// # Caps
/// A capped domain owns a budget of CPU time that is filled up once a period: period × cap. Its vCPUs draw from it in
/// portions of an n-th, so that one of them can't take all before the others come; what one does not need when it goes
/// to sleep, it gives back. When the budget is empty, those who would need more are parked, which is neither in the
/// queue nor running, until the next replenishment. Time run beyond the budget stays as a debt, so the long-run share
/// is exact. Replenishment is computed when it is asked for; a timer exists only while somebody is parked.
///
/// # Limit
/// Where hard affinity splits the pool into parts with unequal load, those in the part with more than enough CPU time
/// gather credit up to the ceiling, where their differences get lost: among them the shares follow the weights only
/// roughly (measured: 1.5 for weights of 1:2).
///
/// # Invariants
/// - A vCPU is in exactly one place: asleep, in the queue, parked, or current on one pCPU.
/// - Every vCPU in the queue has an idle pCPU coming for it, or no pCPU that it may run on is idle.
/// - The order in the queue is the order of credit: a reset adds the same to all and clips all at the same ceiling.
struct Credit2: SchedulingPolicy {
  /// All in nanoseconds.
  enum Constants {
    /// One portion of credit: with equal weights it takes this long until everybody has had a turn at the latest.
    static let portion: Int64 = 10_000_000
    /// What a sleeper may have beyond one portion: the shortest slice, so that rounding does not cost it anything.
    static let carryover: Int64 = 500_000
    /// The most credit of one who wants to run. Only a vCPU whose share is more than a whole pCPU gets there; it
    /// bounds how long others wait if somebody equal joins it.
    static let ceiling: Int64 = 100_000_000
    /// The shortest slice: shorter ones would be eaten up by switching.
    static let shortestSlice: Int64 = 500_000
    /// The longest slice: one portion, so that nobody runs through a reset.
    static let longestSlice: Int64 = 10_000_000
    /// Who began to run is not preempted before this time: keeps mutual wake-ups from becoming mutual preemption.
    static let rateLimit: Int64 = 1_000_000
    /// By how much a vCPU must lead on a pCPU where it did not run last: about what refilling the caches costs.
    static let migrationResistance: Int64 = 500_000
    /// How often a cap's budget is filled up: short, because a capped domain may be dead for most of it.
    static let capPeriod: Int64 = 10_000_000
    /// Slices at the end of a budget are not cut shorter than this; the excess is a debt.
    static let shortestBudgetSlice: Int64 = 50_000
    /// The longest CPU time that is burned at once; keeps the product with a weight in 64 bits.
    static let longestBurn: UInt64 = 1 << 46
  }

  /// A vCPU.
  struct Unit: Sendable {
    let key: VCPUKey
    /// Index in `domains`.
    let domain: Int
    /// Within the pool, never empty.
    var hardAffinity: PCPUSet
    /// Within the hard affinity, never empty.
    var softAffinity: PCPUSet
    var weight: Int64
    var credit = Constants.portion
    /// What the last burn left over, in units of 1/weight.
    var residue: Int64 = 0
    var isAwake = false
    var isParked = false
    /// Whose current vCPU it is.
    var runningOn: PCPUID?
    /// Where it runs or ran last.
    var lastRanOn: PCPUID?
    /// When it came to where it is running.
    var startedAt = Nanoseconds.zero
    var isCapped = false
    /// Its portion of the domain's budget; below zero is a debt.
    var budget: Int64 = 0
  }

  struct Domain: Sendable {
    var parameters: DomainParameters
    /// Indices in `units`.
    var units: [Int] = []
    var parked: [Int] = []
    /// What is left for the period, without the portions that its vCPUs hold. Only used under a cap.
    var budget: Int64 = 0
    var nextReplenishment = Nanoseconds.never

    /// CPU time per period that the cap allows.
    var allowance: Int64 { Int64(parameters.cap.rawValue) * (Constants.capPeriod / 100) }
  }

  struct PCPU: Sendable {
    var current: Int?
    /// When it last asked.
    var since = Nanoseconds.zero
    /// When it asks again at the latest.
    var until = Nanoseconds.zero
  }

  /// Most credit first; among equals, who came first.
  struct Rank: Comparable, Sendable {
    var credit: Int64
    let arrival: UInt64

    static func < (a: Rank, b: Rank) -> Bool {
      a.credit != b.credit ? a.credit > b.credit : a.arrival < b.arrival
    }
  }

  let name = "credit2"
  var nextTimer = Nanoseconds.never

  let pool: PCPUSet
  /// By id.
  var pcpus: [PCPU]
  var idle: PCPUSet
  /// Poked, but haven't asked since.
  var tickled = PCPUSet.none
  /// Pokes that the current call returns.
  var pokes = PCPUSet.none

  /// Slots; the free ones hold what was there last.
  var units: [Unit] = []
  var unitSlots: [VCPUKey: Int] = [:]
  private var freeUnits: [Int] = []
  var domains: [Domain] = []
  var domainSlots: [DomainID: Int] = [:]
  private var freeDomains: [Int] = []

  var queue = IndexedHeap<Rank>()
  private var arrivals: UInt64 = 0
  /// The largest weight here: the one that burns at the rate of CPU time.
  var maxWeight = Int64(Weight.default.rawValue)

  /// A policy for these pCPUs, all idle.
  init(pcpus pool: PCPUSet) {
    self.pool = pool
    idle = pool
    pcpus = Array(repeating: PCPU(), count: (pool.map(\.rawValue).max() ?? -1) + 1)
  }

  // MARK: Coming and going

  mutating func insert(
    _ vcpu: VCPUKey, _ parameters: VCPUParameters, domain: DomainParameters, now: Nanoseconds
  ) -> PCPUSet {
    guard unitSlots[vcpu] == nil else { return .none }
    let domainSlot = domainSlots[vcpu.domain] ?? makeDomain(vcpu.domain)
    var unit = Unit(
      key: vcpu, domain: domainSlot, hardAffinity: pool, softAffinity: pool, weight: Int64(domain.weight.rawValue))
    unit.isCapped = domains[domainSlot].parameters.cap != .none
    let slot = freeUnits.popLast() ?? units.count
    if slot == units.count { units.append(unit) } else { units[slot] = unit }
    unitSlots[vcpu] = slot
    domains[domainSlot].units.append(slot)
    setAffinity(slot, parameters)
    apply(domain, to: domainSlot, now)
    return takePokes()
  }

  mutating func remove(_ vcpu: VCPUKey, now: Nanoseconds) -> PCPUSet {
    guard let slot = unitSlots[vcpu] else { return .none }
    putToSleep(slot, now)
    let domain = units[slot].domain
    unitSlots[vcpu] = nil
    domains[domain].units.removeAll { $0 == slot }
    if domains[domain].units.isEmpty {
      domainSlots[vcpu.domain] = nil
      freeDomains.append(domain)
    }
    freeUnits.append(slot)
    updateMaxWeight()
    return takePokes()
  }

  private mutating func makeDomain(_ id: DomainID) -> Int {
    let slot = freeDomains.popLast() ?? domains.count
    let domain = Domain(parameters: DomainParameters())
    if slot == domains.count { domains.append(domain) } else { domains[slot] = domain }
    domainSlots[id] = slot
    return slot
  }

  // MARK: Parameters

  mutating func setParameters(of domain: DomainID, _ parameters: DomainParameters, now: Nanoseconds) -> PCPUSet {
    guard let slot = domainSlots[domain] else { return .none }
    apply(parameters, to: slot, now)
    return takePokes()
  }

  private mutating func apply(_ parameters: DomainParameters, to domain: Int, _ now: Nanoseconds) {
    let capChanged = domains[domain].parameters.cap != parameters.cap
    domains[domain].parameters = parameters
    for slot in domains[domain].units { units[slot].weight = Int64(parameters.weight.rawValue) }
    updateMaxWeight()
    if capChanged { applyCap(to: domain, now) }
  }

  mutating func setParameters(of vcpu: VCPUKey, _ parameters: VCPUParameters, now: Nanoseconds) -> PCPUSet {
    guard let slot = unitSlots[vcpu] else { return .none }
    setAffinity(slot, parameters)
    if let pcpu = units[slot].runningOn {
      if !units[slot].softAffinity.contains(pcpu) { tickle(pcpu) }
    } else if queue.contains(slot) {
      offer(slot, now)
    }
    return takePokes()
  }

  private mutating func setAffinity(_ slot: Int, _ parameters: VCPUParameters) {
    let hard = parameters.hardAffinity.intersection(pool)
    units[slot].hardAffinity = hard.isEmpty ? pool : hard
    let soft = parameters.softAffinity.intersection(units[slot].hardAffinity)
    units[slot].softAffinity = soft.isEmpty ? units[slot].hardAffinity : soft
  }

  // MARK: Waking and sleeping

  mutating func wake(_ vcpu: VCPUKey, now: Nanoseconds) -> PCPUSet {
    guard let slot = unitSlots[vcpu], !units[slot].isAwake else { return .none }
    units[slot].isAwake = true
    if units[slot].runningOn == nil { makeRunnable(slot, now) }
    return takePokes()
  }

  mutating func sleep(_ vcpu: VCPUKey, now: Nanoseconds) -> PCPUSet {
    guard let slot = unitSlots[vcpu], units[slot].isAwake else { return .none }
    putToSleep(slot, now)
    return takePokes()
  }

  private mutating func putToSleep(_ slot: Int, _ now: Nanoseconds) {
    units[slot].isAwake = false
    if let pcpu = units[slot].runningOn {
      tickle(pcpu)
    } else {
      queue.remove(slot)
      unpark(slot)
      returnBudget(slot, now)
    }
  }

  /// Puts a vCPU that isn't running into the queue and finds it a pCPU, or parks it if its cap has run out.
  mutating func makeRunnable(_ slot: Int, _ now: Nanoseconds) {
    guard obtainBudget(slot, now) else { return park(slot) }
    enqueue(slot)
    offer(slot, now)
  }

  mutating func enqueue(_ slot: Int) {
    arrivals += 1
    queue.insert(slot, Rank(credit: units[slot].credit, arrival: arrivals))
  }

  mutating func takePokes() -> PCPUSet {
    defer { pokes = .none }
    return pokes
  }
}
