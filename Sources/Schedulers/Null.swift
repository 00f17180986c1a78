import HypervisorModel

/// The null policy: each vCPU has a pCPU of its own, and nothing is ever decided again.
///
/// # Idea
/// Where there are no more vCPUs than pCPUs, the best scheduler is none: no timer, no preemption, no migration, and a
/// wake-up costs one poke. A vCPU is assigned a pCPU when it first wakes: a free one within its hard affinity, within
/// its soft affinity if possible. It keeps that pCPU while it sleeps or is paused, so nobody else can warm its caches
/// for other things; it gives it up when it is removed, when the guest takes it offline, or when its affinity changes
/// so that it must leave, or would rather be on a pCPU that is free.
///
/// # Those without a pCPU
/// A vCPU for which no pCPU is free waits, and gets the first that becomes free and that it may run on; those who have
/// waited longer go first. Nobody is moved to make room, so a vCPU that is pinned may wait beside free pCPUs. One that
/// waits and falls asleep (it is paused) has to queue up again.
///
/// # Limit
/// Weight and cap have no meaning here, as in Xen.
///
/// # Invariants
/// - A pCPU is home of at most one vCPU, and a vCPU has at most one home.
/// - A vCPU has a home, or is asleep, or stands in `waiting`; in the last case no free pCPU is allowed to it.
/// - Who is current on a pCPU that isn't its home is about to leave: the pCPU has been poked. Its own home is poked when
///   it has left.
struct Null: SchedulingPolicy {
  let scheduler = Scheduler.null
  let nextTimer = Nanoseconds.never

  private var pool: PoolState
  /// By slot of a vCPU.
  private var homes: [PCPUID?] = []
  /// Whose home a pCPU is, by id.
  private var owners: [Int?]
  /// Nobody's home.
  private var free: PCPUSet
  /// Those without a home, in order of arrival. An array because it changes only when an assignment does.
  private var waiting: [Int] = []

  init(pcpus: PCPUSet, _ parameters: PoolParameters = PoolParameters()) {
    pool = PoolState(pcpus: pcpus)
    free = pcpus
    owners = Array(repeating: nil, count: pool.pcpus.count)
  }

  // MARK: Coming and going

  mutating func insert(
    _ vcpu: VCPUKey, _ parameters: VCPUParameters, domain: DomainParameters, now: Nanoseconds
  ) -> PCPUSet {
    guard pool.slot(of: vcpu) == nil else { return .none }
    homes.set(pool.insert(vcpu, parameters, domain: domain), nil)
    return .none
  }

  mutating func remove(_ vcpu: VCPUKey, now: Nanoseconds) -> PCPUSet {
    guard let slot = pool.slot(of: vcpu) else { return .none }
    let pokes = sleep(vcpu, isOffline: true, now: now)
    pool.remove(slot)
    return pokes
  }

  // MARK: Parameters

  mutating func setParameters(_ parameters: PoolParameters, now: Nanoseconds) -> PCPUSet { .none }

  mutating func setParameters(of domain: DomainID, _ parameters: DomainParameters, now: Nanoseconds) -> PCPUSet {
    .none
  }

  mutating func setParameters(of vcpu: VCPUKey, _ parameters: VCPUParameters, now: Nanoseconds) -> PCPUSet {
    guard let slot = pool.slot(of: vcpu) else { return .none }
    pool.setAffinity(slot, parameters)
    let (hard, soft) = (pool.vcpus[slot].hardAffinity, pool.vcpus[slot].softAffinity)
    if let home = homes[slot] {
      let shallStay = soft.contains(home) || free.intersection(soft).isEmpty
      if !(hard.contains(home) && shallStay) {
        homes[slot] = nil
        findHome(for: slot)
        vacate(home)
      }
    } else if let place = waiting.firstIndex(of: slot), !free.intersection(hard).isEmpty {
      waiting.remove(at: place)
      findHome(for: slot)
    }
    return pool.takePokes()
  }

  // MARK: Waking and sleeping

  mutating func wake(_ vcpu: VCPUKey, now: Nanoseconds) -> PCPUSet {
    guard let slot = pool.slot(of: vcpu), !pool.vcpus[slot].isAwake else { return .none }
    pool.vcpus[slot].isAwake = true
    if let home = homes[slot] {
      if pool.vcpus[slot].runningOn == nil { pool.tickle(home) }
    } else {
      findHome(for: slot)
    }
    return pool.takePokes()
  }

  mutating func sleep(_ vcpu: VCPUKey, isOffline: Bool, now: Nanoseconds) -> PCPUSet {
    guard let slot = pool.slot(of: vcpu) else { return .none }
    if pool.vcpus[slot].isAwake, let pcpu = pool.vcpus[slot].runningOn { pool.tickle(pcpu) }
    pool.vcpus[slot].isAwake = false
    waiting.removeAll { $0 == slot }
    if isOffline, let home = homes[slot] {
      homes[slot] = nil
      vacate(home)
    }
    return pool.takePokes()
  }

  mutating func expireTimers(now: Nanoseconds) -> PCPUSet { .none }

  func isHeldBack(_ vcpu: VCPUKey) -> Bool {
    guard let slot = pool.slot(of: vcpu), pool.vcpus[slot].isAwake else { return false }
    guard let home = homes[slot] else { return true }
    // While its home is still another's current pCPU it gets no other one.
    return pool[home].current.map { $0 != slot } ?? false
  }

  // MARK: Assignment

  /// Assigns a free pCPU to a vCPU without a home; if there is none and it is awake, it waits from now on.
  private mutating func findHome(for slot: Int) {
    if let pcpu = pool.favourite(of: slot, among: free) {
      settle(slot, on: pcpu)
    } else if pool.vcpus[slot].isAwake {
      waiting.append(slot)
    }
  }

  private mutating func settle(_ slot: Int, on pcpu: PCPUID) {
    homes[slot] = pcpu
    owners[pcpu.rawValue] = slot
    free.remove(pcpu)
    if pool.vcpus[slot].isAwake, pool.vcpus[slot].runningOn == nil { pool.tickle(pcpu) }
  }

  /// Hands a pCPU over from its former owner to the first who waits for it.
  private mutating func vacate(_ pcpu: PCPUID) {
    owners[pcpu.rawValue] = nil
    free.insert(pcpu)
    if pool[pcpu].current != nil { pool.tickle(pcpu) }
    guard let place = waiting.firstIndex(where: { pool.vcpus[$0].hardAffinity.contains(pcpu) }) else { return }
    settle(waiting.remove(at: place), on: pcpu)
  }

  // MARK: Running

  mutating func schedule(_ pcpu: PCPUID, ran: Nanoseconds, now: Nanoseconds) -> Decision {
    guard pool.members.contains(pcpu) else { return Decision(run: nil, until: .never, poke: .none) }
    pool.beginDecision(pcpu, now)
    let old = pool[pcpu].current
    let next = owners[pcpu.rawValue].flatMap { mayRun($0, on: pcpu) ? $0 : nil }
    if next != old {
      pool.switchOver(pcpu, to: next, now)
      if let old, pool.vcpus[old].isAwake, let home = homes[old] { pool.tickle(home) }
    }
    pool.endDecision(pcpu, until: .never)
    return Decision(
      run: next.map { pool.vcpus[$0].key }, until: .never, poke: pool.takePokes(),
      isHeldBack: old.map { isHeldBack(pool.vcpus[$0].key) } ?? false)
  }

  private func mayRun(_ slot: Int, on pcpu: PCPUID) -> Bool {
    let vcpu = pool.vcpus[slot]
    return vcpu.isAwake && (vcpu.runningOn == nil || vcpu.runningOn == pcpu)
  }
}
