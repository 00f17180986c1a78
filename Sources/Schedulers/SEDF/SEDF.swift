import HypervisorModel

/// The sedf policy: reservations with deadlines, and what is left over by weight.
///
/// # Idea
/// Each vCPU may own a reservation: a *slice* of CPU time in every *period*. Those whose slice isn't used up come first, the
/// one with the earliest deadline before the others (EDF), and preempt everybody else. What they leave over is shared in
/// proportion to weight among all vCPUs with *extratime*, with or beyond a reservation; without one, which is the default,
/// that is plain weighted sharing. Who has neither a slice left nor extratime is held back until its period ends. The
/// weight is the domain's, and each of its vCPUs has it in full.
///
/// Xen's own sedf had a queue for each pCPU and left each vCPU in its own; here there is one queue for the whole pool.
///
/// # Reservations
/// They are constant bandwidth servers. A slice has a deadline, the end of its period, and keeps it until it is used up,
/// also if that is late. Then the next slice begins: at the end of the period, or at once if that has passed. So where more
/// is reserved than there is, nobody waits for ever, and all get the same part of what is reserved for them. So that they
/// need not make up for all of that when there is enough again, deadlines that are missed by too much are all postponed by
/// the same time. Who wakes up goes on with its slice if it can't use it faster than its share until the deadline; otherwise
/// it begins a period. So no sleeper can save up CPU time and then take it from the reservations of others.
///
/// # Extra time
/// Each vCPU has a virtual time that goes on with the extra time that it gets, the slower the larger its weight. The least
/// one comes first, so virtual times advance side by side. Who wakes up begins where the others are, or a little behind, so
/// that nobody saves up a claim while asleep.
///
/// # Limits
/// - Deadlines are met where slices take at most a whole pCPU in total, or on m pCPUs at most m − (m − 1) · the largest
///   slice / period. Up to m, everybody gets its reserved share in the long run, but slices may be late.
/// - Where hard affinity splits the pool, each part shares its own extra time by weight; a vCPU that may run in several
///   parts keeps to the one where others have had most.
///
/// # Invariants
/// - Who is in the queue has a slice left, or extratime.
/// - Those who have a timer are those who are awake, not running, and have a reservation with nothing left of the slice.
struct SEDF: QueuePolicy {
  enum Constants {
    /// By how much somebody in extra time may run ahead of the next one: shorter slices would be eaten up by switching.
    static let quantum = Nanoseconds.milliseconds(1)
    /// The longest slice of extra time.
    static let longestSlice = Nanoseconds.milliseconds(10)
    /// The shortest slice of a reservation, in nanoseconds. Without one, a vCPU from which the host steals time would
    /// approach the end of it in ever smaller steps.
    static let shortestSlice: Int64 = 100
    /// How far, in its own CPU time, somebody is behind the others at the most when it wakes up. Who sleeps often but
    /// briefly must not lose its claim each time that somebody else takes a turn, and comes before those who run.
    static let wakeUpBonus = Nanoseconds.milliseconds(10)
    /// By how much a vCPU must lead on a pCPU where it did not run last: about what refilling the caches costs.
    static let migrationResistance = Nanoseconds.microseconds(500)
  }

  /// Reservations before extra time; least first.
  struct Rank: Comparable, Sendable {
    let isExtra: Bool
    /// A deadline, or a virtual time.
    var value: Int128

    init(_ reservation: Reservation, virtualTime: Int128) {
      isExtra = !reservation.isActive
      value = isExtra ? virtualTime : Int128(reservation.deadline.rawValue)
    }

    static func < (a: Rank, b: Rank) -> Bool { a.isExtra != b.isExtra ? b.isExtra : a.value < b.value }
  }

  let scheduler = Scheduler.sedf

  var pool: PoolState
  var queue = WaitQueue<Rank>()
  /// By slot.
  var accounts: [Account] = []
  /// Of extra time.
  var times: VirtualTimes
  /// The longest period of a reservation.
  private var longestPeriod = Nanoseconds.zero
  /// When the periods end of those who wait for that, by slot.
  private var timers = IndexedHeap<Nanoseconds>()

  init(pcpus: PCPUSet, _ parameters: PoolParameters = PoolParameters()) {
    pool = PoolState(pcpus: pcpus)
    times = VirtualTimes(pool)
  }

  mutating func setParameters(_ parameters: PoolParameters, now: Nanoseconds) -> PCPUSet { .none }

  // MARK: Coming and going

  mutating func admit(_ slot: Int, _ now: Nanoseconds) {
    let parameters = pool.domains[pool.vcpus[slot].domain].parameters
    accounts.set(slot, Account(parameters.sedf))
    times.admit(slot, VirtualTimes.Rate(parameters.weight))
    updateLongestPeriod()
  }

  /// Takes effect for a running vCPU when its pCPU looks, so that it is charged by the old weight for what it got before.
  mutating func domainChanged(_ domain: Int, from old: DomainParameters?, _ now: Nanoseconds) {
    let parameters = pool.domains[domain].parameters
    guard let old, parameters.sedf != old.sedf || parameters.weight != old.weight else { return }
    for slot in pool.domains[domain].vcpus {
      if let pcpu = pool.vcpus[slot].runningOn {
        pool.tickle(pcpu)
      } else {
        adoptParameters(slot, now)
        if pool.vcpus[slot].isAwake { rejoin(slot, now) }
      }
    }
  }

  mutating func dismiss(_ slot: Int) { updateLongestPeriod() }

  mutating func vcpuChanged(_ slot: Int, _ parameters: VCPUParameters, _ now: Nanoseconds) {
    guard pool.vcpus[slot].isAwake else { return }
    bring(slot, now)
    requeue(slot, now)
  }

  // MARK: Waking and sleeping

  mutating func prepare(_ slot: Int, _ now: Nanoseconds) {
    accounts[slot].reservation.wake(now)
    bring(slot, now)
    startTimer(slot)
  }

  mutating func settle(_ slot: Int, _ now: Nanoseconds) { timers.remove(slot) }

  // MARK: Periods

  var nextTimer: Nanoseconds { timers.first?.priority ?? .never }

  mutating func expireTimers(now: Nanoseconds) -> PCPUSet {
    while let due = timers.first, due.priority <= now {
      renew(due.id, now)
      rejoin(due.id, now)
    }
    return pool.takePokes()
  }

  /// Begins the next slice if it is time. In an overload, sees to it that nobody gets too late.
  private mutating func renew(_ slot: Int, _ now: Nanoseconds) {
    accounts[slot].reservation.renew(now)
    let late = accounts[slot].reservation.isActive ? now - accounts[slot].reservation.deadline : .zero
    guard late > longestPeriod + longestPeriod else { return }
    for slot in pool.slots { accounts[slot].reservation.postpone(by: late - longestPeriod, now) }
    queue.rerank { [accounts, times] in Rank(accounts[$0].reservation, virtualTime: times[$0]) }
  }

  /// Finds it anew.
  mutating func updateLongestPeriod() {
    longestPeriod = pool.slots.reduce(.zero) { max($0, accounts[$1].reservation.periodOfSlice) }
  }

  private mutating func startTimer(_ slot: Int) {
    if accounts[slot].reservation.isUsedUp { timers.insert(slot, accounts[slot].reservation.deadline) }
  }

  /// Gives one that is awake, but isn't running, the timer and the place that its new state demands.
  private mutating func rejoin(_ slot: Int, _ now: Nanoseconds) {
    timers.remove(slot)
    startTimer(slot)
    queue.remove(slot)
    makeRunnable(slot, now)
  }

  // MARK: Running

  /// From now until its next slice begins, it isn't running.
  mutating func charge(_ slot: Int, _ ran: Nanoseconds, _ now: Nanoseconds) {
    times.charge(slot, accounts[slot].charge(ran))
    adoptParameters(slot, now)
    renew(slot, now)
    startTimer(slot)
  }

  mutating func mayRun(_ slot: Int, _ now: Nanoseconds) -> Bool {
    accounts[slot].hasExtraTime || accounts[slot].reservation.isActive
  }

  func rank(of slot: Int) -> Rank { Rank(accounts[slot].reservation, virtualTime: times[slot]) }

  /// In extra time, one whose turn has just ended doesn't end that of another before the quantum is over: those of small
  /// weight, who are soon ahead, would be pushed aside at once again.
  func rank(toBeat slot: Int, by challenger: Int?, on pcpu: PCPUID, _ now: Nanoseconds) -> Rank {
    var rank = rank(of: slot)
    guard rank.isExtra else { return rank }
    var time = now - pool[pcpu].since
    if let challenger, pool.vcpus[challenger].stoppedAt == now {
      time = max(time, Constants.quantum) - Constants.quantum
    }
    rank.value += times.cost(slot, time)
    if let challenger, pool.isCold(challenger, on: pcpu) {
      rank.value -= times.cost(challenger, Constants.migrationResistance)
    }
    return rank
  }

  mutating func slice(of slot: Int, on pcpu: PCPUID, _ now: Nanoseconds) -> Nanoseconds {
    timers.remove(slot)
    // The timer may be late.
    renew(slot, now)
    let reservation = accounts[slot].reservation
    if reservation.isActive { return Nanoseconds(UInt64(max(reservation.left, Constants.shortestSlice))) }
    let time = extraSlice(of: slot, on: pcpu)
    return reservation.isUsedUp ? min(time, reservation.deadline - now) : time
  }
}
