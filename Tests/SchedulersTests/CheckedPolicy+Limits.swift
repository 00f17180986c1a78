import HypervisorModel

@testable import Schedulers

/// CPU time that may be used: so much per second, and so much at once.
struct Limit: Sendable {
  /// CPU time per time.
  let rate: Double
  /// The most at once, in nanoseconds.
  let burst: Double
  private let began: Nanoseconds
  private var left: Double
  private var updated: Nanoseconds

  init(rate: Double, burst: Double, _ now: Nanoseconds) {
    self.rate = rate
    self.burst = burst
    began = now
    left = burst
    updated = now
  }

  /// False if it is too much. `start`: when the slice began; what was used before the limit was set isn't counted.
  mutating func use(_ time: Nanoseconds, from start: Nanoseconds, _ now: Nanoseconds) -> Bool {
    // What came back during the slice could be used in it, though there was no room for it before.
    let before = max(start, updated)
    left = min(burst, left + Double((before - updated).rawValue) * rate) + Double((now - before).rawValue) * rate
    left -= Double((time - (began - start)).rawValue)
    updated = max(now, updated)
    return left >= 0
  }
}

/// Caps and budgets, and who may be held back by what.
extension CheckedPolicy {
  /// New parameters, a new limit: what was used under the old one isn't held against anybody.
  mutating func renewLimits(of domain: DomainID, _ now: Nanoseconds) {
    guard let state = domains[domain] else { return }
    domains[domain]?.limit = nil
    let rate = Double(state.parameters.cap.rawValue) / 100
    guard rate > 0 else { return }
    switch scheduler {
    case .credit2:
      // Two periods' budgets may come one after the other; a slice at the end of a budget isn't cut too short.
      let period = Double(longestCapPeriod.rawValue)
      domains[domain]?.limit = Limit(rate: rate, burst: rate * 2 * period + Double(state.vcpus) * 0.1e6, now)
    case .credit:
      let slice = max(30e6, Double(max(poolParameters.timeSlice, longestCapPeriod).rawValue))
      domains[domain]?.limit = Limit(rate: rate, burst: rate * 2 * slice + Double(state.vcpus) * 0.1e6, now)
    default: break
    }
  }

  mutating func renewLimit(of slot: Int, _ now: Nanoseconds) {
    let realTime = vcpus[slot].parameters.realTime
    vcpus[slot].limit = nil
    guard scheduler == .rtds, !realTime.extratime else { return }
    // A budget may be used at the end of a period, and the next one at the beginning of the next.
    let budget = Double(realTime.budget.rawValue)
    vcpus[slot].limit = Limit(rate: budget / Double(realTime.period.rawValue), burst: 2 * budget, now)
  }

  /// Takes down CPU time. What a pCPU was late is not the policy's fault.
  mutating func charge(
    _ slot: Int, _ ran: Nanoseconds, from start: Nanoseconds, late: Nanoseconds, _ now: Nanoseconds
  ) {
    let time = ran - late
    let isWithinBudget = vcpus[slot].limit?.use(time, from: start, now) ?? true
    expect(isWithinBudget, "exceeds its budget", slot)
    let isWithinCap = domains[vcpus[slot].key.domain]?.limit?.use(time, from: start, now) ?? true
    expect(isWithinCap, "exceeds its domain's cap", slot)
  }

  /// Whether there can be a reason to hold back an awake vCPU while a pCPU is idle.
  func mayBeHeldBack(_ slot: Int) -> Bool {
    let domain = domains[vcpus[slot].key.domain]?.parameters ?? DomainParameters()
    switch scheduler {
    case .credit2, .credit: return domain.cap != .none
    case .rtds: return !vcpus[slot].parameters.realTime.extratime
    case .sedf: return !domain.sedf.extratime
    case .bvt: return false
    case .null: return !leaving.isEmpty || allAreTaken(vcpus[slot].allowed)
    case .arinc653: return true
    }
  }

  /// Whether each of these pCPUs can be the home of somebody under null: of one who has been awake and isn't offline, and
  /// doesn't wait for a home. Where somebody is about to leave a pCPU, that can't be said.
  private func allAreTaken(_ set: PCPUSet) -> Bool {
    let owners = vcpus.count { vcpu in
      vcpu.isInService && !vcpu.allowed.intersection(set).isEmpty && !policy.isHeldBack(vcpu.key)
    }
    return owners >= set.count
  }
}
