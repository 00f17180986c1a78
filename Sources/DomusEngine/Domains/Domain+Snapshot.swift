import HypervisorModel

extension Domain {
  /// State and counters now, from the dispatcher's statistics.
  func snapshot(_ statistics: SchedulingStatistics) -> DomainSnapshot { snapshot(statistics, state: currentState) }

  /// As above, for a caller that holds the state.
  func snapshot(_ statistics: SchedulingStatistics, state: State) -> DomainSnapshot {
    let vcpus: [VCPUSnapshot]
    let memory: Bytes
    let visible: DomainState
    switch state {
    case .building:
      (vcpus, memory, visible) = ([], .zero, .building)
    case .live(let machine, let paused):
      vcpus = self.vcpus(machine.vcpus.count, in: statistics)
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
      maxMemory: config.memory, weight: weight, cap: cap, createdAt: createdAt, guestMemory: config.memory)
  }

  private func vcpus(_ count: Int, in statistics: SchedulingStatistics) -> [VCPUSnapshot] {
    (0..<count).compactMap { index in
      let key = VCPUKey(domain: reference.id, index: UInt32(index))
      guard let vcpu = statistics.vcpus[key] else { return nil }
      return VCPUSnapshot(
        id: VCPUID(index), state: vcpu.state, pcpu: vcpu.pcpu, cpuTime: vcpu.cpuTime, waitTime: vcpu.waitTime)
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
