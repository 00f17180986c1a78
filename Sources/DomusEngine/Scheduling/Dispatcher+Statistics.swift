import HypervisorModel
import Schedulers

/// Counters of a cpupool at one moment. None of them ever decreases while its vCPU or pCPU is there.
struct SchedulingStatistics: Sendable {
  struct VCPU: Hashable, Sendable {
    var state: VCPUSnapshot.State
    /// Where it runs or ran last; nil if it never ran.
    var pcpu: PCPUID?
    /// CPU time that it really got, the slice that is running now included.
    var cpuTime: Nanoseconds
    /// Time in which it could have run but had no pCPU, the wait that goes on now included.
    var waitTime: Nanoseconds
    var counters: SchedulingCounters
  }

  struct PCPU: Hashable, Sendable {
    var id: PCPUID
    /// CPU time that vCPUs really got on it.
    var busy: Nanoseconds
    /// Wall time in which a vCPU was on it but other programs of the machine had the CPU.
    var stolen: Nanoseconds
  }

  /// The wall clock when the counters were read.
  var time: Nanoseconds
  var vcpus: [VCPUKey: VCPU]
  /// In order of their ids.
  var pcpus: [PCPU]
  var scheduler: Scheduler
  var parameters: PoolParameters
}

extension Dispatcher {
  /// State and counters now. Costs a system call for each vCPU that is running.
  func statistics() -> SchedulingStatistics {
    lock.withLock {
      let now = HostClock.now()
      let slices = pcpus.map { currentSlice(of: $0) }
      var vcpus: [VCPUKey: SchedulingStatistics.VCPU] = [:]
      vcpus.reserveCapacity(entries.count)
      for (key, entry) in entries {
        let waiting = entry.waitingSince.map { now - $0 } ?? .zero
        let account = entry.account
        vcpus[key] = SchedulingStatistics.VCPU(
          state: state(of: entry), pcpu: account.lastRanOn, cpuTime: account.cpuTime,
          waitTime: account.waitTime + waiting,
          counters: SchedulingCounters(
            switches: account.switches, migrations: account.migrations, wakeLatency: account.wakeLatency.percentiles,
            lastSwitch: account.lastSwitch, isHeldBack: policy.isHeldBack(key)))
      }
      var physical: [SchedulingStatistics.PCPU] = []
      for (pcpu, slice) in zip(pcpus, slices) {
        if let entry = pcpu.running { vcpus[entry.key]?.cpuTime += slice }
        let stolen = pcpu.running == nil ? .zero : (now - pcpu.sliceStart) - slice
        pcpu.shownStolen = max(pcpu.shownStolen, pcpu.stolen + stolen)
        physical.append(SchedulingStatistics.PCPU(id: pcpu.id, busy: pcpu.busy + slice, stolen: pcpu.shownStolen))
      }
      return SchedulingStatistics(
        time: now, vcpus: vcpus, pcpus: physical, scheduler: policy.scheduler, parameters: poolParameters)
    }
  }

  /// What a domain's vCPUs are doing; none if it isn't here.
  func states(of domain: DomainID) -> [VCPUSnapshot.State] {
    lock.withLock { domains[domain]?.entries.map { state(of: $0) } ?? [] }
  }

  /// What the pool's pCPUs did: events from a number on, or with nil as far back as they are kept.
  func trace(from first: UInt64?) -> SchedulingTrace {
    lock.withLock { ring.trace(from: first, time: HostClock.now()) }
  }

  /// CPU time of the slice that a pCPU runs now.
  private func currentSlice(of pcpu: PCPU) -> Nanoseconds {
    guard pcpu.running != nil, let clock = pcpu.clock else { return .zero }
    return clock.now() - pcpu.sliceStartCPU
  }

  private func state(of entry: Entry) -> VCPUSnapshot.State {
    if entry.runningOn != nil { return .running }
    if entry.domain.isHeld, entry.need != .nothing { return .paused }
    return switch entry.need {
    case .cpu: .runnable
    case .wakeUp: .blocked
    case .nothing: .offline
    }
  }
}
