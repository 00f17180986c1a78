import HypervisorModel

@testable import DomusEngine

/// A policy around a policy, which checks the contract of `SchedulingPolicy` in every call and notes what breaks it.
struct CheckedPolicy<Policy: SchedulingPolicy>: SchedulingPolicy {
  private struct VCPU {
    var isAwake = false
    var allowed: PCPUSet
    var runningOn: PCPUID?
  }

  private(set) var policy: Policy
  private(set) var violations: [String] = []

  private let pool: PCPUSet
  private var vcpus: [VCPUKey: VCPU] = [:]
  private var isCapped: [DomainID: Bool] = [:]
  private var current: [PCPUID: VCPUKey] = [:]
  private var poked = PCPUSet.none
  private var lastCall = Nanoseconds.zero

  init(_ policy: Policy, pool: PCPUSet) {
    self.policy = policy
    self.pool = pool
  }

  var name: String { policy.name }
  var nextTimer: Nanoseconds { policy.nextTimer }

  mutating func insert(
    _ vcpu: VCPUKey, _ parameters: VCPUParameters, domain: DomainParameters, now: Nanoseconds
  ) -> PCPUSet {
    let allowed = allowed(parameters)
    vcpus[vcpu] = VCPU(allowed: allowed)
    isCapped[vcpu.domain] = domain.cap != .none
    return check(policy.insert(vcpu, parameters, domain: domain, now: now), now)
  }

  mutating func remove(_ vcpu: VCPUKey, now: Nanoseconds) -> PCPUSet {
    let isRunning = vcpus[vcpu]?.runningOn != nil
    expect(!isRunning, "is removed while it runs", vcpu)
    vcpus[vcpu] = nil
    return check(policy.remove(vcpu, now: now), now)
  }

  mutating func setParameters(of domain: DomainID, _ parameters: DomainParameters, now: Nanoseconds) -> PCPUSet {
    isCapped[domain] = parameters.cap != .none
    return check(policy.setParameters(of: domain, parameters, now: now), now)
  }

  mutating func setParameters(of vcpu: VCPUKey, _ parameters: VCPUParameters, now: Nanoseconds) -> PCPUSet {
    let allowed = allowed(parameters)
    vcpus[vcpu]?.allowed = allowed
    let pokes = check(policy.setParameters(of: vcpu, parameters, now: now), now)
    if let state = vcpus[vcpu], let pcpu = state.runningOn, !state.allowed.contains(pcpu) {
      expect(poked.contains(pcpu), "must leave, but its pCPU isn't poked", vcpu, pcpu)
    }
    return pokes
  }

  mutating func wake(_ vcpu: VCPUKey, now: Nanoseconds) -> PCPUSet {
    vcpus[vcpu]?.isAwake = true
    return check(policy.wake(vcpu, now: now), now)
  }

  mutating func sleep(_ vcpu: VCPUKey, now: Nanoseconds) -> PCPUSet {
    let mustStop = vcpus[vcpu]?.isAwake == true ? vcpus[vcpu]?.runningOn : nil
    vcpus[vcpu]?.isAwake = false
    let pokes = check(policy.sleep(vcpu, now: now), now)
    if let mustStop { expect(pokes.contains(mustStop), "fell asleep, but its pCPU isn't poked", vcpu, mustStop) }
    return pokes
  }

  mutating func expireTimers(now: Nanoseconds) -> PCPUSet {
    let pokes = check(policy.expireTimers(now: now), now)
    expect(policy.nextTimer > now, "timers are due after they were expired")
    return pokes
  }

  mutating func schedule(_ pcpu: PCPUID, ran: Nanoseconds, now: Nanoseconds) -> Decision {
    if let before = current[pcpu] { vcpus[before]?.runningOn = nil }
    poked.remove(pcpu)
    let decision = policy.schedule(pcpu, ran: ran, now: now)
    current[pcpu] = decision.run
    if let key = decision.run {
      if let vcpu = vcpus[key] {
        expect(vcpu.isAwake, "sleeps and runs", key, pcpu)
        expect(vcpu.runningOn == nil, "runs on two pCPUs", key, pcpu)
        expect(vcpu.allowed.contains(pcpu), "runs where it may not", key, pcpu)
      } else {
        expect(false, "isn't here and runs", key, pcpu)
      }
      expect(decision.until > now, "has a slice of no length", key, pcpu)
      vcpus[key]?.runningOn = pcpu
    }
    _ = check(decision.poke, now)
    return decision
  }

  private func allowed(_ parameters: VCPUParameters) -> PCPUSet {
    let set = parameters.hardAffinity.intersection(pool)
    return set.isEmpty ? pool : set
  }

  private mutating func expect(_ holds: Bool, _ what: StaticString, _ vcpu: VCPUKey? = nil, _ pcpu: PCPUID? = nil) {
    guard !holds, violations.count < 20 else { return }
    let who = vcpu.map { "vCPU \($0.domain).\($0.index) " } ?? ""
    let place = pcpu.map { " (pCPU \($0.rawValue))" } ?? ""
    violations.append("at \(lastCall.rawValue): \(who)\(what)\(place)")
  }

  /// What must hold after each call.
  private mutating func check(_ pokes: PCPUSet, _ now: Nanoseconds) -> PCPUSet {
    expect(now >= lastCall, "time ran backwards")
    lastCall = now
    expect(pokes.subtracting(pool).isEmpty, "pokes outside of the pool")
    poked = poked.union(pokes)
    var idle = pool
    for pcpu in current.keys { idle.remove(pcpu) }
    let forgotten = idle.subtracting(poked)
    guard !forgotten.isEmpty else { return pokes }
    let waiting = vcpus.filter { key, vcpu in
      vcpu.isAwake && vcpu.runningOn == nil && isCapped[key.domain] != true
        && !vcpu.allowed.intersection(forgotten).isEmpty
    }
    guard !waiting.isEmpty else { return pokes }
    let late = unserved(waiting.mapValues(\.allowed), by: idle.intersection(poked))
    expect(late == nil, "waits beside an idle pCPU", late, forgotten.first)
    return pokes
  }

  /// Somebody for whom no pCPU remains if each takes one of those who wait (augmenting paths).
  private func unserved(_ waiting: [VCPUKey: PCPUSet], by coming: PCPUSet) -> VCPUKey? {
    var taken: [PCPUID: VCPUKey] = [:]
    func serve(_ key: VCPUKey, _ tried: inout PCPUSet) -> Bool {
      for pcpu in coming.intersection(waiting[key] ?? .none) where !tried.contains(pcpu) {
        tried.insert(pcpu)
        if let other = taken[pcpu], !serve(other, &tried) { continue }
        taken[pcpu] = key
        return true
      }
      return false
    }
    for key in waiting.keys {
      var tried = PCPUSet.none
      if !serve(key, &tried) { return key }
    }
    return nil
  }
}
