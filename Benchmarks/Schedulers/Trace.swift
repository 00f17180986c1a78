import HypervisorModel
import Schedulers

/// What was asked of a policy, in order. A policy is a pure value, so it answers the same when it is asked again: then
/// nothing but the policy costs time.
struct Trace {
  enum Call {
    case wake(VCPUKey, Nanoseconds)
    case sleep(VCPUKey, Nanoseconds)
    case schedule(PCPUID, ran: Nanoseconds, Nanoseconds)
    case expireTimers(Nanoseconds)
  }

  /// The policy before the first call.
  let start: any SchedulingPolicy
  var calls: [Call] = []
  var decisions = 0

  /// How long all calls take, in the order in which they were recorded.
  func replay() -> Duration {
    var policy = start
    return ContinuousClock().measure {
      for call in calls {
        switch call {
        case .wake(let vcpu, let now): _ = policy.wake(vcpu, now: now)
        case .sleep(let vcpu, let now): _ = policy.sleep(vcpu, now: now)
        case .schedule(let pcpu, let ran, let now): _ = policy.schedule(pcpu, ran: ran, now: now)
        case .expireTimers(let now): _ = policy.expireTimers(now: now)
        }
      }
    }
  }
}
