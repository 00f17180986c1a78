import Glibc
import HypervisorModel
import Schedulers

/// The pCPU threads.
extension Dispatcher {
  /// Starts the thread of a pCPU that is in already. Without the lock.
  func start(_ pcpu: PCPU) throws(HypervisorError) {
    let start = Unmanaged.passRetained(ThreadStart(dispatcher: self, pcpu: pcpu))
    var thread = pthread_t()
    let error = pthread_create(
      &thread, nil,
      { argument in
        guard let argument else { return nil }
        let start = Unmanaged<ThreadStart>.fromOpaque(argument).takeRetainedValue()
        start.dispatcher.work(on: start.pcpu)
        return nil
      }, start.toOpaque())
    guard error == 0 else {
      start.release()
      throw .exhausted("no thread for physical CPU \(pcpu.id.rawValue): \(String(cString: strerror(error)))")
    }
    lock.withLock { pcpu.thread = thread }
  }

  /// What a new thread gets.
  private final class ThreadStart {
    let dispatcher: Dispatcher
    let pcpu: PCPU

    init(dispatcher: Dispatcher, pcpu: PCPU) {
      self.dispatcher = dispatcher
      self.pcpu = pcpu
    }
  }

  /// Ends the threads and returns when they have ended; vCPUs stay where they are, and nothing runs any more. Not from
  /// a pCPU thread.
  func shutdown() {
    lock.lock()
    isStopping = true
    let threads = pcpus.compactMap(\.thread)
    for pcpu in pcpus { pcpu.thread = nil }
    poke(PCPUSet(pcpus.map(\.id)))
    exchanged.broadcast()
    unlockAndSignal()
    for thread in threads { pthread_join(thread, nil) }
  }

  private func work(on pcpu: PCPU) {
    nameThread("pcpu \(pcpu.id.rawValue)")
    var ran = Nanoseconds.zero
    lock.lock()
    pcpu.clock = .current()
    pcpu.sliceStartCPU = HostClock.threadTime()
    while !isStopping, !pcpu.isLeaving {
      let now = HostClock.now()
      guard !isExchanging else {
        endStay(on: pcpu, now, .exchange)
        exchanged.wait(lock)
        ran = .zero
        continue
      }
      fireTimers(now)
      let decision = policy.schedule(pcpu.id, ran: ran, now: now)
      poke(decision.poke)
      ran = .zero
      let next = decision.run.flatMap { entries[$0] }
      if let stay = pcpu.stay, stay.entry !== next {
        endStay(on: pcpu, now, reason(for: stay, on: pcpu, decision, now))
      }
      if let next {
        ran = run(next, on: pcpu, until: decision.until, now)
      } else {
        sleep(pcpu, until: decision.until)
      }
    }
    endStay(on: pcpu, HostClock.now(), .exchange)
    lock.unlock()
  }

  /// Why the vCPU that ran until now does not go on.
  private func reason(
    for stay: PCPU.Stay, on pcpu: PCPU, _ decision: Decision, _ now: Nanoseconds
  ) -> SwitchReason {
    if let end = stay.end { return end }
    if stay.entry.domain.isHeld { return .paused }
    if decision.isHeldBack { return .heldBack }
    let allowed = stay.entry.parameters.hardAffinity.intersection(PCPUSet(pcpus.map(\.id)))
    if !allowed.isEmpty, !allowed.contains(pcpu.id) { return .affinity }
    return now >= stay.sliceEnd ? .slice : .preempted
  }

  private func endStay(on pcpu: PCPU, _ now: Nanoseconds, _ why: SwitchReason) {
    guard let stay = pcpu.stay else { return }
    pcpu.stay = nil
    stay.entry.account.switches += 1
    stay.entry.account.lastSwitch = why
    let key = stay.entry.key
    ring.append(
      SchedulingEvent(
        domain: key.domain, vcpu: VCPUID(Int(key.index)), pcpu: pcpu.id, from: stay.from, to: now, waited: stay.waited,
        why: why))
  }

  private func fireTimers(_ now: Nanoseconds) {
    while let first = timers.first, first.priority <= now {
      guard let entry = entryBySlot[first.id] else { return timers.remove(first.id) }
      wake(entry, now)
    }
    if policy.nextTimer <= now { poke(policy.expireTimers(now: now)) }
  }

  private func sleep(_ pcpu: PCPU, until: Nanoseconds) {
    pcpu.deadline = min(until, timerToCover(by: pcpu))
    pcpu.isAsleep = true
    signalSleepers()
    while !pcpu.isPoked, !isStopping, !pcpu.isLeaving, pcpu.wakeUp.wait(lock, until: pcpu.deadline) {}
    pcpu.isAsleep = false
    pcpu.isPoked = false
    pcpu.sliceStartCPU = HostClock.threadTime()
  }

  /// One slice. Gives up the lock while the vCPU runs. Answers the CPU time that it pays for: what it got, and what its
  /// domain's devices have cost meanwhile, so that I/O counts against weight and cap.
  private func run(_ entry: Entry, on pcpu: PCPU, until: Nanoseconds, _ now: Nanoseconds) -> Nanoseconds {
    let waited = endWait(entry, now)
    if entry.hasWoken {
      entry.hasWoken = false
      entry.account.wakeLatency.record(waited)
    }
    if pcpu.stay == nil {
      pcpu.stay = PCPU.Stay(entry: entry, from: now, waited: waited)
      if let last = entry.account.lastRanOn, last != pcpu.id { entry.account.migrations += 1 }
      entry.account.lastRanOn = pcpu.id
    }
    pcpu.stay?.sliceEnd = until
    pcpu.stay?.end = nil
    entry.runningOn = pcpu
    entry.wokenMeanwhile = false
    pcpu.running = entry
    pcpu.sliceStart = now
    pcpu.deadline = min(until, timerToCover(by: pcpu))
    let deadline = pcpu.deadline
    unlockAndSignal()

    let outcome = entry.vcpu.run(until: deadline, on: pcpu.id)
    let deviceTime = entry.vcpu.collectDeviceTime()

    lock.lock()
    // Both clocks are read with the lock held, so whoever looked at the slice before saw no more than this.
    let end = HostClock.now()
    let cpu = HostClock.threadTime()
    let ran = cpu - pcpu.sliceStartCPU
    pcpu.sliceStartCPU = cpu
    pcpu.running = nil
    pcpu.busy += ran
    pcpu.stolen += (end - now) - ran
    entry.account.cpuTime += ran + deviceTime
    entry.runningOn = nil
    settle(entry, outcome, on: pcpu, end)
    if waitersForQuiet > 0 { quiesced.broadcast() }
    return ran + deviceTime
  }

  /// Takes down what a vCPU wants after a slice.
  private func settle(_ entry: Entry, _ outcome: RunOutcome, on pcpu: PCPU, _ now: Nanoseconds) {
    switch outcome {
    case .blocked(let until) where until > now && !entry.wokenMeanwhile:
      entry.need = .wakeUp
      if until != .never { timers.insert(entry.slot, until) }
      pcpu.stay?.end = .blocked
    case .stopped where !entry.wokenMeanwhile:
      entry.need = .nothing
      pcpu.stay?.end = .offline
    case .preempted, .blocked, .stopped:
      if !entry.domain.isHeld { entry.waitingSince = now }
      return
    }
    poke(policy.sleep(entry.key, isOffline: entry.need == .nothing, now: now))
  }

  /// As debuggers and `top -H` show it.
  private func nameThread(_ name: String) {
    let file = open("/proc/thread-self/comm", O_WRONLY | O_CLOEXEC)
    guard file >= 0 else { return }
    _ = name.utf8CString.withUnsafeBytes { write(file, $0.baseAddress, $0.count - 1) }
    close(file)
  }
}
