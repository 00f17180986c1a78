import HypervisorModel

@testable import Schedulers

/// A policy around a policy, which checks the contract of `SchedulingPolicy` in every call and notes what breaks it.
struct CheckedPolicy<Policy: SchedulingPolicy>: SchedulingPolicy {
  struct Violation: Hashable, Sendable {
    /// The rule that was broken, in words without names and numbers.
    let rule: String
    let text: String
  }

  struct VCPU {
    let key: VCPUKey
    var parameters: VCPUParameters
    /// Within the pool, never empty.
    var allowed: PCPUSet
    var isAwake = false
    /// It was awake since it came, or since it went offline.
    var isInService = false
    var runningOn: PCPUID?
    /// For a real-time budget.
    var limit: Limit?
  }

  struct Domain {
    var parameters: DomainParameters
    var vcpus = 0
    /// For a cap.
    var limit: Limit?
  }

  struct PCPU {
    /// Index in `vcpus`.
    var current: Int?
    var since = Nanoseconds.zero
    /// When it had to look: its slice has ended, or it was poked.
    var due = Nanoseconds.never
  }

  private(set) var policy: Policy
  private(set) var found: [Violation] = []
  var violations: [String] { found.map(\.text) }

  private(set) var pool: PCPUSet
  private(set) var poolParameters: PoolParameters
  /// A budget of a longer period may still be there when another one was set.
  private(set) var longestCapPeriod: Nanoseconds
  /// Slots; the free ones hold what was there last.
  var vcpus: [VCPU] = []
  private var slots: [VCPUKey: Int] = [:]
  private var freeSlots: [Int] = []
  var domains: [DomainID: Domain] = [:]
  /// By id.
  private var pcpus: [PCPU] = []
  /// Awake, but not current anywhere. A heap for its order, which is the same in every run.
  private var waiting = IndexedHeap<Int>()
  private var awake = 0
  private var idle: PCPUSet
  private var poked = PCPUSet.none
  private var lastCall = Nanoseconds.zero
  /// After which somebody waited though a pCPU was idle.
  private var calls = 0

  init(pcpus pool: PCPUSet, _ parameters: PoolParameters) {
    self.init(Policy(pcpus: pool, parameters), pool: pool, parameters)
  }

  init(_ policy: Policy, pool: PCPUSet, _ parameters: PoolParameters = PoolParameters()) {
    self.policy = policy
    self.pool = pool
    poolParameters = parameters
    longestCapPeriod = parameters.capPeriod
    idle = pool
    pcpus = Array(repeating: PCPU(), count: PCPUSet.capacity)
  }

  /// Goes on with an empty policy; all that was inserted is forgotten, what was found is not.
  mutating func exchange(for policy: Policy, pool: PCPUSet, _ parameters: PoolParameters) {
    let before = (found, lastCall)
    self = CheckedPolicy(policy, pool: pool, parameters)
    (found, lastCall) = before
  }

  var scheduler: Scheduler { policy.scheduler }
  var nextTimer: Nanoseconds { policy.nextTimer }
  func isHeldBack(_ vcpu: VCPUKey) -> Bool { policy.isHeldBack(vcpu) }

  // MARK: Coming, going and parameters

  mutating func insert(
    _ vcpu: VCPUKey, _ parameters: VCPUParameters, domain: DomainParameters, now: Nanoseconds
  ) -> PCPUSet {
    let slot = freeSlots.popLast() ?? vcpus.count
    let new = VCPU(key: vcpu, parameters: parameters, allowed: allowed(parameters))
    if slot == vcpus.count { vcpus.append(new) } else { vcpus[slot] = new }
    slots[vcpu] = slot
    domains[vcpu.domain, default: Domain(parameters: domain)].vcpus += 1
    domains[vcpu.domain]?.parameters = domain
    renewLimits(of: vcpu.domain, now)
    renewLimit(of: slot, now)
    return check(policy.insert(vcpu, parameters, domain: domain, now: now), now)
  }

  mutating func remove(_ vcpu: VCPUKey, now: Nanoseconds) -> PCPUSet {
    if let slot = slots.removeValue(forKey: vcpu) {
      expect(vcpus[slot].runningOn == nil, "is removed while it runs", slot)
      setAwake(slot, false)
      vcpus[slot].isInService = false
      freeSlots.append(slot)
      domains[vcpu.domain]?.vcpus -= 1
      if domains[vcpu.domain]?.vcpus == 0 { domains[vcpu.domain] = nil }
    }
    let pokes = check(policy.remove(vcpu, now: now), now)
    expect(!policy.isHeldBack(vcpu), "holds back who isn't here")
    return pokes
  }

  mutating func setParameters(_ parameters: PoolParameters, now: Nanoseconds) -> PCPUSet {
    poolParameters = parameters
    longestCapPeriod = max(longestCapPeriod, parameters.capPeriod)
    for domain in domains.keys { renewLimits(of: domain, now) }
    return check(policy.setParameters(parameters, now: now), now)
  }

  mutating func setParameters(of domain: DomainID, _ parameters: DomainParameters, now: Nanoseconds) -> PCPUSet {
    domains[domain]?.parameters = parameters
    renewLimits(of: domain, now)
    return check(policy.setParameters(of: domain, parameters, now: now), now)
  }

  mutating func setParameters(of vcpu: VCPUKey, _ parameters: VCPUParameters, now: Nanoseconds) -> PCPUSet {
    guard let slot = slots[vcpu] else { return check(policy.setParameters(of: vcpu, parameters, now: now), now) }
    vcpus[slot].parameters = parameters
    vcpus[slot].allowed = allowed(parameters)
    renewLimit(of: slot, now)
    let pokes = check(policy.setParameters(of: vcpu, parameters, now: now), now)
    if let pcpu = vcpus[slot].runningOn, !vcpus[slot].allowed.contains(pcpu) {
      expect(poked.contains(pcpu), "must leave, but its pCPU isn't poked", slot, pcpu)
    }
    return pokes
  }

  private func allowed(_ parameters: VCPUParameters) -> PCPUSet {
    let set = parameters.hardAffinity.intersection(pool)
    return set.isEmpty ? pool : set
  }

  // MARK: Running

  mutating func wake(_ vcpu: VCPUKey, now: Nanoseconds) -> PCPUSet {
    if let slot = slots[vcpu] { setAwake(slot, true) }
    return check(policy.wake(vcpu, now: now), now)
  }

  mutating func sleep(_ vcpu: VCPUKey, isOffline: Bool, now: Nanoseconds) -> PCPUSet {
    guard let slot = slots[vcpu] else { return check(policy.sleep(vcpu, isOffline: isOffline, now: now), now) }
    let mustStop = vcpus[slot].isAwake ? vcpus[slot].runningOn : nil
    if isOffline { vcpus[slot].isInService = false }
    setAwake(slot, false)
    let pokes = check(policy.sleep(vcpu, isOffline: isOffline, now: now), now)
    if let mustStop { expect(pokes.contains(mustStop), "fell asleep, but its pCPU isn't poked", slot, mustStop) }
    return pokes
  }

  mutating func expireTimers(now: Nanoseconds) -> PCPUSet {
    let pokes = check(policy.expireTimers(now: now), now)
    expect(policy.nextTimer > now, "timers are due after they were expired")
    return pokes
  }

  mutating func schedule(_ pcpu: PCPUID, ran: Nanoseconds, now: Nanoseconds) -> Decision {
    let before = pcpus[pcpu.rawValue].current
    if let before { leave(before, pcpu, ran, now) }
    poked.remove(pcpu)
    let decision = policy.schedule(pcpu, ran: ran, now: now)
    enter(decision, pcpu, now)
    if let before {
      let key = vcpus[before].key
      let isHeldBack = vcpus[before].isAwake && decision.run != key && policy.isHeldBack(key)
      expect(decision.isHeldBack == isHeldBack, "is held back, or is not, against the decision's word", before, pcpu)
    }
    _ = check(decision.poke, now)
    return decision
  }

  private mutating func leave(_ slot: Int, _ pcpu: PCPUID, _ ran: Nanoseconds, _ now: Nanoseconds) {
    charge(slot, ran, from: pcpus[pcpu.rawValue].since, late: now - pcpus[pcpu.rawValue].due, now)
    vcpus[slot].runningOn = nil
    pcpus[pcpu.rawValue].current = nil
    idle.insert(pcpu)
    if vcpus[slot].isAwake { waiting.insert(slot, slot) }
  }

  private mutating func enter(_ decision: Decision, _ pcpu: PCPUID, _ now: Nanoseconds) {
    pcpus[pcpu.rawValue].since = now
    pcpus[pcpu.rawValue].due = decision.until
    guard let key = decision.run else {
      let hasWork = awake > 0 || pool.subtracting(idle).first != nil
      expect(decision.until == .never || hasWork, "a pCPU wants to look again for nothing", nil, pcpu)
      return
    }
    guard let slot = slots[key] else { return expect(false, "runs who isn't here", nil, pcpu) }
    expect(vcpus[slot].isAwake, "sleeps and runs", slot, pcpu)
    expect(vcpus[slot].runningOn == nil, "runs on two pCPUs", slot, pcpu)
    expect(vcpus[slot].allowed.contains(pcpu), "runs where it may not", slot, pcpu)
    expect(decision.until > now, "has a slice of no length", slot, pcpu)
    pcpus[pcpu.rawValue].current = slot
    vcpus[slot].runningOn = pcpu
    idle.remove(pcpu)
    waiting.remove(slot)
  }

  private mutating func setAwake(_ slot: Int, _ isAwake: Bool) {
    guard vcpus[slot].isAwake != isAwake else { return }
    vcpus[slot].isAwake = isAwake
    if isAwake { vcpus[slot].isInService = true }
    awake += isAwake ? 1 : -1
    if !isAwake { waiting.remove(slot) } else if vcpus[slot].runningOn == nil { waiting.insert(slot, slot) }
  }

  /// Those that run something, but have to look.
  var leaving: PCPUSet { poked.subtracting(idle) }

  // MARK: What must hold

  /// Notes that something isn't as it should be.
  mutating func report(_ rule: String, _ detail: String = "") {
    found.append(Violation(rule: rule, text: "at \(lastCall.rawValue): \(rule) under \(policy.scheduler) \(detail)"))
  }

  mutating func expect(_ holds: Bool, _ rule: String, _ slot: Int? = nil, _ pcpu: PCPUID? = nil) {
    guard !holds, found.count < 20 else { return }
    let who = slot.map { "vCPU \(vcpus[$0].key.domain.rawValue).\(vcpus[$0].key.index) " } ?? ""
    let place = pcpu.map { " (pCPU \($0.rawValue))" } ?? ""
    found.append(
      Violation(rule: rule, text: "at \(lastCall.rawValue): \(who)\(rule)\(place) under \(policy.scheduler)"))
  }

  /// What must hold after each call.
  private mutating func check(_ pokes: PCPUSet, _ now: Nanoseconds) -> PCPUSet {
    expect(now >= lastCall, "time ran backwards")
    lastCall = now
    expect(pokes.subtracting(pool).isEmpty, "pokes outside of the pool")
    for pcpu in pokes.subtracting(poked) { pcpus[pcpu.rawValue].due = min(pcpus[pcpu.rawValue].due, now) }
    poked = poked.union(pokes)
    if (awake == 0 && idle == pool) || scheduler == .null {
      expect(policy.nextTimer == .never, "a timer is set for nothing")
    }
    let forgotten = idle.subtracting(poked)
    guard !waiting.isEmpty, !forgotten.isEmpty else { return pokes }
    calls += 1
    // Where a crowd waits, held back, only now and then: who is forgotten is so for long.
    if waiting.count <= 50 || calls.isMultiple(of: 16) { checkIdlers(forgotten) }
    return pokes
  }

  /// Everybody who waits beside an idle pCPU that isn't coming must have another one that is, or a reason to wait.
  private mutating func checkIdlers(_ forgotten: PCPUSet) {
    var needy: [Int] = []
    for entry in waiting.entries where !vcpus[entry.id].allowed.intersection(forgotten).isEmpty {
      if policy.isHeldBack(vcpus[entry.id].key) {
        expect(mayBeHeldBack(entry.id), "is held back without a reason", entry.id)
      } else {
        needy.append(entry.id)
      }
    }
    guard !needy.isEmpty else { return }
    let late = unserved(needy, by: idle.intersection(poked))
    expect(late == nil, "waits beside an idle pCPU", late, forgotten.first)
  }

  /// Somebody for whom no pCPU remains if each takes one of those who wait (augmenting paths).
  private func unserved(_ needy: [Int], by coming: PCPUSet) -> Int? {
    var taken: [PCPUID: Int] = [:]
    func serve(_ slot: Int, _ tried: inout PCPUSet) -> Bool {
      for pcpu in coming.intersection(vcpus[slot].allowed) where !tried.contains(pcpu) {
        tried.insert(pcpu)
        if let other = taken[pcpu], !serve(other, &tried) { continue }
        taken[pcpu] = slot
        return true
      }
      return false
    }
    for slot in needy {
      var tried = PCPUSet.none
      if !serve(slot, &tried) { return slot }
    }
    return nil
  }
}
