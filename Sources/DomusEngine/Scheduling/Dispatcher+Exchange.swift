import Glibc
import HypervisorModel
import Schedulers

/// Another policy, or other pCPUs, while vCPUs run.
extension Dispatcher {
  /// Has another policy decide from now on. The vCPUs, their counters and their parameters stay. Not from a pCPU thread.
  func switchScheduler(to scheduler: Scheduler) {
    lock.lock()
    defer { unlockAndSignal() }
    exchange(scheduler)
  }

  /// Takes in a pCPU that is in no pool. Throws if the host has no thread for it. Not from a pCPU thread.
  func add(_ pcpu: PCPU) throws(HypervisorError) {
    lock.lock()
    pcpu.enter()
    exchange(policy.scheduler) {
      pcpus.append(pcpu)
      pcpus.sort { $0.id < $1.id }
    }
    unlockAndSignal()
    do { try start(pcpu) } catch {
      _ = takePCPU(pcpu.id)
      throw error
    }
  }

  /// Gives up a pCPU and ends its thread. Nil if it isn't here, or if it is the last one and domains are. Not from a
  /// pCPU thread.
  func takePCPU(_ id: PCPUID) -> PCPU? {
    lock.lock()
    guard let pcpu = pcpus.first(where: { $0.id == id }), pcpus.count > 1 || domains.isEmpty else {
      lock.unlock()
      return nil
    }
    exchange(policy.scheduler) { pcpus.removeAll { $0 === pcpu } }
    pcpu.isLeaving = true
    pcpu.wakeUp.signal()
    let thread = pcpu.thread
    pcpu.thread = nil
    unlockAndSignal()
    if let thread { pthread_join(thread, nil) }
    return pcpu
  }

  /// Stops all pCPUs, changes what there is to change, and goes on under a new policy. With the lock held, which it gives
  /// up for a while.
  private func exchange(_ scheduler: Scheduler, _ change: () -> Void = {}) {
    while isExchanging { exchanged.wait(lock) }
    isExchanging = true
    poke(PCPUSet(pcpus.map(\.id)))
    waitForQuiet { pcpus.allSatisfy { $0.running == nil } }
    change()
    let now = HostClock.now()
    policy = scheduler.policy(pcpus: PCPUSet(pcpus.map(\.id)), poolParameters)
    for (key, entry) in entries.sorted(by: { $0.key < $1.key }) {
      poke(policy.insert(key, entry.parameters, domain: entry.domain.parameters, now: now))
      if entry.need == .cpu, !entry.domain.isHeld { poke(policy.wake(key, now: now)) }
    }
    isExchanging = false
    exchanged.broadcast()
    poke(PCPUSet(pcpus.map(\.id)))
  }
}
