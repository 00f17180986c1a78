import HypervisorModel
import Schedulers

extension Domain {
  /// State and counters now, from the dispatcher's statistics.
  func snapshot(_ statistics: HostStatistics) -> DomainSnapshot { snapshot(statistics, state: currentState) }

  /// As above, for a caller that holds the state.
  func snapshot(_ statistics: HostStatistics, state: State) -> DomainSnapshot {
    let pool = pool
    let scheduler = statistics.scheduler(of: pool)
    let parameters = settings.domain
    let vcpus: [VCPUSnapshot]
    let memory: Bytes
    let visible: DomainState
    switch state {
    case .building:
      (vcpus, memory, visible) = ([], .zero, .building)
    case .live(let machine, let paused):
      vcpus = self.vcpus(machine.hartCount, in: statistics, scheduler)
      memory = machine.residentMemory()
      visible = paused ? .paused : Self.state(of: vcpus)
    case .shutdown(let reason, let kept, let final):
      (vcpus, memory, visible) = (Self.stopped(final), kept.residentSize(), .shutdown(reason))
    case .dying(let final):
      (vcpus, memory, visible) = (Self.stopped(final), .zero, .dying)
    }
    return DomainSnapshot(
      reference: reference, name: config.name, state: visible,
      cpuTime: vcpus.reduce(Nanoseconds.zero) { $0 + $1.cpuTime }, vcpus: vcpus, memory: memory,
      maxMemory: config.memory, weight: scheduler?.hasWeight == true ? parameters.weight : nil,
      cap: scheduler?.hasCap == true ? parameters.cap : nil, pool: pool.name, createdAt: createdAt,
      guestMemory: config.memory, sedf: scheduler == .sedf ? parameters.sedf : nil,
      bvt: scheduler == .bvt ? parameters.bvt : nil)
  }

  private func vcpus(
    _ count: Int, in statistics: HostStatistics, _ scheduler: Scheduler?
  ) -> [VCPUSnapshot] {
    let settings = settings.vcpus
    return (0..<count).compactMap { index in
      let key = VCPUKey(domain: reference.id, index: UInt32(index))
      guard let vcpu = statistics.vcpus[key], settings.indices.contains(index) else { return nil }
      return VCPUSnapshot(
        id: VCPUID(index), state: vcpu.state, pcpu: vcpu.pcpu, cpuTime: vcpu.cpuTime, waitTime: vcpu.waitTime,
        hardAffinity: CPUSet(settings[index].hardAffinity), softAffinity: CPUSet(settings[index].softAffinity),
        realTime: scheduler == .rtds ? settings[index].realTime : nil, scheduling: vcpu.counters)
    }
  }

  /// A domain runs if one of its vCPUs does, and is blocked only if none even wants to.
  private static func state(of vcpus: [VCPUSnapshot]) -> DomainState {
    if vcpus.contains(where: { $0.state == .running }) { return .running }
    if vcpus.contains(where: { $0.state == .runnable }) { return .runnable }
    return .blocked
  }

  private static func stopped(_ vcpus: [VCPUSnapshot]) -> [VCPUSnapshot] {
    vcpus.map { vcpu in
      var vcpu = vcpu
      vcpu.state = .paused
      return vcpu
    }
  }
}
