import HypervisorModel
import Schedulers

/// Making pCPUs look again: because a policy says so, or because a timer will be due.
extension Dispatcher {
  /// Makes pCPUs look again: one that runs a vCPU through that vCPU, a sleeping one when the lock is given up. One that
  /// does neither is about to look.
  func poke(_ set: PCPUSet) {
    guard !set.isEmpty else { return }
    for pcpu in pcpus where set.contains(pcpu.id) { poke(pcpu) }
  }

  private func poke(_ pcpu: PCPU) {
    if let running = pcpu.running {
      running.vcpu.attention()
    } else if pcpu.isAsleep, !pcpu.isPoked {
      pcpu.isPoked = true
      unsignalled.insert(pcpu.id)
    }
  }

  func signalSleepers() {
    guard !unsignalled.isEmpty else { return }
    for pcpu in pcpus where unsignalled.contains(pcpu.id) { pcpu.wakeUp.signal() }
    unsignalled = .none
  }

  /// To end every method that may have poked: signals after the lock is free, so that who wakes finds it free.
  func unlockAndSignal() {
    coverTimers()
    let set = unsignalled
    unsignalled = .none
    lock.unlock()
    guard !set.isEmpty else { return }
    for pcpu in pcpus where set.contains(pcpu.id) { pcpu.wakeUp.signal() }
  }

  var nextTimer: Nanoseconds { min(timers.first?.priority ?? .never, policy.nextTimer) }

  /// The next timer, or `never` if another pCPU looks early enough.
  func timerToCover(by pcpu: PCPU) -> Nanoseconds {
    let next = nextTimer
    return pcpus.contains { $0 !== pcpu && $0.deadline <= next } ? .never : next
  }

  /// If the policy has set a timer outside a pCPU thread, somebody has to take it over.
  func coverTimers() {
    let next = policy.nextTimer
    guard next != .never, !isStopping, !pcpus.contains(where: { $0.deadline <= next }) else { return }
    if let pcpu = pcpus.first(where: { $0.isAsleep }) ?? pcpus.first { poke(pcpu) }
  }
}
