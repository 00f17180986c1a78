import HypervisorModel
import Schedulers

extension Domain {
  /// State and counters now, from the dispatcher's statistics.
  func snapshot(_ statistics: HostStatistics) -> DomainSnapshot {
    let state = currentState
    let pool = pool
    let scheduler = statistics.scheduler(of: pool)
    let parameters = settings.domain
    let vcpus: [VCPUSnapshot]
    let memory: Bytes
    switch state {
    case .live(let machine, _):
      (vcpus, memory) = (self.vcpus(machine.hartCount, in: statistics, scheduler), machine.residentMemory)
    case .shutdown(_, _, let resident, let last): (vcpus, memory) = (Self.stopped(last), resident)
    case .building, .restarting, .dying: (vcpus, memory) = (Self.stopped(state.lastVCPUs), .zero)
    }
    return DomainSnapshot(
      reference: reference, name: config.name, state: Self.visible(state, vcpus: vcpus.map(\.state)),
      cpuTime: vcpus.reduce(Nanoseconds.zero) { $0 + $1.cpuTime }, vcpus: vcpus, memory: memory,
      maxMemory: config.memory, weight: scheduler?.hasWeight == true ? parameters.weight : nil,
      cap: scheduler?.hasCap == true ? parameters.cap : nil, pool: pool.name,
      createdAt: statistics.wallClock(at: createdTime),
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

  /// What it is doing, where its vCPUs are doing this.
  func visibleState(vcpus: [VCPUSnapshot.State]) -> DomainState { Self.visible(currentState, vcpus: vcpus) }

  private static func visible(_ state: State, vcpus: [VCPUSnapshot.State]) -> DomainState {
    switch state {
    case .building: .building
    case .live(_, paused: true): .paused
    // It runs if one of its vCPUs does, and is blocked only if none even wants to.
    case .live: vcpus.contains(.running) ? .running : vcpus.contains(.runnable) ? .runnable : .blocked
    case .shutdown(let reason, _, _, _), .restarting(let reason, _): .shutdown(reason)
    case .dying: .dying
    }
  }

  private static func stopped(_ vcpus: [VCPUSnapshot]) -> [VCPUSnapshot] {
    vcpus.map { vcpu in
      var vcpu = vcpu
      vcpu.state = .paused
      return vcpu
    }
  }
}
