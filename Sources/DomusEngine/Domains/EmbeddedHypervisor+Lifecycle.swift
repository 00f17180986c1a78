import FoundationEssentials
import HypervisorModel

extension EmbeddedHypervisor {
  // MARK: Making

  func create(_ config: DomainConfig, paused: Bool) async throws(HypervisorError) -> Domain {
    try check(config)
    return try await build(config, paused: paused, console: Console())
  }

  private func check(_ config: DomainConfig) throws(HypervisorError) {
    guard !config.name.isEmpty, config.name != "Domain-0", config.name.utf8.count <= 128 else {
      throw .invalid("'\(config.name)' is not possible as a domain's name")
    }
    guard DomainConfig.vcpuRange.contains(config.vcpus) else {
      throw .invalid("vcpus = \(config.vcpus) is out of range; it must be 1 to \(DomainConfig.vcpuRange.upperBound)")
    }
    guard config.memory >= DomainConfig.minimumMemory else {
      throw .invalid(
        "memory of \(config.memory.mebibytes) MiB is too little; at least \(DomainConfig.minimumMemory.mebibytes)")
    }
  }

  /// Registers a domain, fills its memory and starts it.
  private func build(
    _ config: DomainConfig, paused: Bool, console: Console
  ) async throws(HypervisorError) -> Domain {
    let domain = try registry.add(config, host: hostID, console: console)
    let builtin = options.builtinGuest
    let result = await onControlQueue { () -> Result<Machine, HypervisorError> in
      do throws(HypervisorError) {
        return .success(try Machine(config: config, console: console, builtinGuest: builtin))
      } catch {
        return .failure(error)
      }
    }
    switch result {
    case .failure(let error):
      registry.remove(domain, reason: nil, cpuTime: .zero)
      throw error
    case .success(let machine):
      start(domain, machine, paused: paused)
      logger.info("domain \(domain.reference.id) '\(config.name)' created")
      return domain
    }
  }

  private func start(_ domain: Domain, _ machine: Machine, paused: Bool) {
    machine.onEnd = { [weak self, weak machine] end in
      guard let self, let machine else { return }
      self.control.async { self.finish(domain, machine, end) }
    }
    let id = domain.reference.id
    machine.onWake = { [dispatcher] index in dispatcher.wake(VCPUKey(domain: id, index: UInt32(index))) }
    machine.onGuestError = { [logger] error in
      logger.warning("domain \(id) '\(domain.config.name)': a virtio driver erred: \(error.text)")
    }
    try? domain.transition { state throws(HypervisorError) in state = .live(machine, paused: paused) }
    dispatcher.add(
      id, DomainParameters(weight: domain.weight, cap: domain.cap), isPaused: paused,
      vcpus: machine.vcpus.map { .init(vcpu: $0, isOnline: $0.hart.id == 0) })
    announce(domain)
  }

  /// Tells the subscribers what a domain is doing now.
  func announce(_ domain: Domain) {
    let snapshot = domain.snapshot(dispatcher.statistics())
    registry.events.publish(.changed(domain.reference, name: domain.config.name, state: snapshot.state))
  }

  // MARK: Stopping and going on

  func pause(_ domain: Domain) async throws(HypervisorError) {
    try domain.transition { state throws(HypervisorError) in
      guard case .live(let machine, paused: false) = state else { throw domain.refusal(of: .pause, in: state) }
      state = .live(machine, paused: true)
    }
    await onControlQueue { [dispatcher] in dispatcher.pause(domain.reference.id) }
    announce(domain)
  }

  func unpause(_ domain: Domain) throws(HypervisorError) {
    try domain.transition { state throws(HypervisorError) in
      guard case .live(let machine, paused: true) = state else { throw domain.refusal(of: .unpause, in: state) }
      state = .live(machine, paused: false)
    }
    dispatcher.unpause(domain.reference.id)
    announce(domain)
  }

  /// Asks the guest's agent to power off or to restart.
  func askGuest(_ domain: Domain, _ operation: Operation) async throws(HypervisorError) {
    let state = domain.currentState
    guard case .live(let machine, paused: false) = state else { throw domain.refusal(of: operation, in: state) }
    try await machine.agent.request(operation == .reboot ? .reboot : .powerdown)
  }

  // MARK: Ending

  func destroy(_ domain: Domain) async throws(HypervisorError) {
    let machine = try domain.transition { state throws(HypervisorError) -> Machine? in
      let machine: Machine?
      switch state {
      case .building, .dying: throw domain.refusal(of: .destroy, in: state)
      case .live(let live, _): machine = live
      case .shutdown: machine = nil
      }
      state = .dying(vcpus: domain.snapshot(self.dispatcher.statistics(), state: state).vcpus)
      return machine
    }
    await onControlQueue {
      if let machine { self.stop(domain, machine) }
      self.takeAway(domain, reason: nil)
      domain.console.output.finish()
    }
    logger.info("domain \(domain.reference.id) '\(domain.config.name)' destroyed")
  }

  /// Takes the vCPUs from the pCPUs and ends the devices. Blocks.
  private func stop(_ domain: Domain, _ machine: Machine) {
    dispatcher.remove(domain.reference.id)
    machine.stop()
    domain.console.disconnect()
  }

  private func takeAway(_ domain: Domain, reason: ShutdownReason?) {
    let cpuTime = domain.snapshot(dispatcher.statistics()).cpuTime
    registry.remove(domain, reason: reason, cpuTime: cpuTime)
  }

  /// What follows when a guest ended by itself. Runs on the control queue.
  private func finish(_ domain: Domain, _ machine: Machine, _ end: MachineEnd) {
    let statistics = dispatcher.statistics()
    let isMine = try? domain.transition { state throws(HypervisorError) -> Bool in
      guard case .live(let live, _) = state, live === machine else { return false }
      state = .shutdown(end.reason, memory: machine.memory, vcpus: domain.snapshot(statistics, state: state).vcpus)
      return true
    }
    guard isMine == true else { return }
    stop(domain, machine)
    logger.info("domain \(domain.reference.id) '\(domain.config.name)' ended: \(end.text)")
    announce(domain)

    switch action(after: end.reason, domain.config) {
    case .preserve: return
    case .destroy:
      // Whoever destroyed it in the meantime takes it away.
      guard beginDying(domain) else { return }
      takeAway(domain, reason: end.reason)
      domain.console.output.finish()
    case .restart:
      guard beginDying(domain) else { return }
      takeAway(domain, reason: end.reason)
      restart(domain)
    }
  }

  private func beginDying(_ domain: Domain) -> Bool {
    let began = try? domain.transition { state throws(HypervisorError) -> Bool in
      guard case .shutdown(_, _, let vcpus) = state else { return false }
      state = .dying(vcpus: vcpus)
      return true
    }
    return began == true
  }

  private func action(after reason: ShutdownReason, _ config: DomainConfig) -> ShutdownAction {
    switch reason {
    case .poweroff, .suspend: config.onPoweroff
    case .reboot: config.onReboot
    case .crash, .watchdog: config.onCrash
    }
  }

  /// Builds the domain's successor under a new id, with the same UUID and console. A guest that ends again and again at
  /// once gets one life a second at most.
  private func restart(_ old: Domain) {
    var config = old.config
    config.uuid = old.reference.uuid
    config.weight = old.weight
    config.cap = old.cap
    let lived = HostClock.now() - old.createdTime
    let delay = Nanoseconds.seconds(1) - lived
    let successor = config
    Task {
      try? await Task.sleep(for: .nanoseconds(Int64(clamping: delay.rawValue)))
      do {
        _ = try await self.build(successor, paused: false, console: old.console)
      } catch {
        self.logger.error("domain '\(successor.name)' could not be restarted: \(error)")
        old.console.output.finish()
      }
    }
  }
}
