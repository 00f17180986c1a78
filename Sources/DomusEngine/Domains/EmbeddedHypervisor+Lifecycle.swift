import FoundationEssentials
import HypervisorModel
import Schedulers

extension EmbeddedHypervisor {
  // MARK: Making

  func create(_ config: DomainConfig, paused: Bool) async throws(HypervisorError) -> Domain {
    try check(config)
    return try await build(config, paused: paused, console: Console(), settings: SchedulingSettings(config))
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
    _ config: DomainConfig, paused: Bool, console: Console, settings: SchedulingSettings
  ) async throws(HypervisorError) -> Domain {
    let pool = try config.pool.map { name throws(HypervisorError) in try pools.pool(named: name) } ?? pools.first
    guard !pool.dispatcher.pcpuIDs.isEmpty else { throw .invalid("cpupool '\(pool.name)' has no pCPU") }
    let domain = try registry.add(config, host: hostID, console: console, pool: pool, settings: settings)
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
      do {
        try await start(domain, machine, paused: paused)
      } catch {
        machine.stop()
        registry.remove(domain, reason: nil, cpuTime: .zero)
        throw error
      }
      logger.info("domain \(domain.reference.id) '\(config.name)' created")
      return domain
    }
  }

  private func start(_ domain: Domain, _ machine: Machine, paused: Bool) async throws(HypervisorError) {
    machine.onEnd = { [weak self, weak machine] end in
      guard let self, let machine else { return }
      self.control.async { self.finish(domain, machine, end) }
    }
    let id = domain.reference.id
    // A domain on its way to another pool is woken there whatever happens. It holds the machine only while it is live.
    machine.onWake = { index in
      domain.pool.dispatcher.wake(VCPUKey(domain: id, index: UInt32(index)))
    }
    machine.onGuestError = { [logger] error in
      logger.warning("domain \(id) '\(domain.config.name)': a virtio driver erred: \(error.text)")
    }
    try await onSchedulingQueue { () throws(HypervisorError) in
      try? domain.transition { state throws(HypervisorError) in state = .live(machine, paused: paused) }
      let settings = domain.settings
      let vcpus = machine.harts.map { hart in
        Dispatcher.NewVCPU(
          vcpu: VCPU(hart: hart, machine: machine), isOnline: hart.id == 0, parameters: settings.vcpus[hart.id])
      }
      guard domain.pool.dispatcher.add(id, settings.domain, isPaused: paused, vcpus: vcpus) else {
        throw .failed("the cpupool of domain '\(domain.config.name)' has gone")
      }
      self.refreshFrame(of: domain.pool)
    }
    announce(domain)
  }

  /// Tells the subscribers what a domain is doing now.
  func announce(_ domain: Domain) {
    let snapshot = domain.snapshot(statistics())
    registry.events.publish(.changed(domain.reference, name: domain.config.name, state: snapshot.state))
  }

  // MARK: Stopping and going on

  func pause(_ domain: Domain) async throws(HypervisorError) {
    try domain.transition { state throws(HypervisorError) in
      guard case .live(let machine, paused: false) = state else { throw domain.refusal(of: .pause, in: state) }
      state = .live(machine, paused: true)
    }
    try await onSchedulingQueue { domain.pool.dispatcher.pause(domain.reference.id) }
    announce(domain)
  }

  func unpause(_ domain: Domain) async throws(HypervisorError) {
    try domain.transition { state throws(HypervisorError) in
      guard case .live(let machine, paused: true) = state else { throw domain.refusal(of: .unpause, in: state) }
      state = .live(machine, paused: false)
    }
    try await onSchedulingQueue { domain.pool.dispatcher.unpause(domain.reference.id) }
    announce(domain)
  }

  /// Asks the guest's agent to power off or to restart.
  func askGuest(_ domain: Domain, _ operation: Operation) async throws(HypervisorError) {
    let state = domain.currentState
    guard case .live(let machine, paused: false) = state else { throw domain.refusal(of: operation, in: state) }
    try await machine.agent.request(operation == .reboot ? .reboot : .powerdown)
  }

  /// Has the guest's agent set the size: the console is a serial line, which carries none.
  func resizeConsole(of domain: Domain, columns: Int, rows: Int) async throws(HypervisorError) {
    guard let width = UInt16(exactly: columns), let height = UInt16(exactly: rows), width > 0, height > 0 else {
      throw .invalid("a console of \(columns) columns and \(rows) rows is not possible")
    }
    try await domain.machine(for: .resizeConsole).agent.resizeConsole(columns: width, rows: height)
  }

  // MARK: Ending

  func destroy(_ domain: Domain) async throws(HypervisorError) {
    let statistics = statistics()
    let machine = try domain.transition { state throws(HypervisorError) -> Machine? in
      let machine: Machine?
      switch state {
      case .building, .dying: throw domain.refusal(of: .destroy, in: state)
      case .live(let live, _): machine = live
      case .shutdown: machine = nil
      }
      state = .dying(vcpus: domain.snapshot(statistics, state: state).vcpus)
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
    scheduling.sync {
      domain.pool.dispatcher.remove(domain.reference.id)
      refreshFrame(of: domain.pool)
    }
    machine.stop()
    domain.console.disconnect()
  }

  private func takeAway(_ domain: Domain, reason: ShutdownReason?) {
    let cpuTime = domain.snapshot(statistics()).cpuTime
    registry.remove(domain, reason: reason, cpuTime: cpuTime)
  }

  /// What follows when a guest ended by itself. Runs on the control queue.
  private func finish(_ domain: Domain, _ machine: Machine, _ end: MachineEnd) {
    let statistics = statistics()
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
    config.pool = old.pool.name
    let settings = old.settings
    let lived = HostClock.now() - old.createdTime
    let delay = Nanoseconds.seconds(1) - lived
    let successor = config
    Task {
      try? await Task.sleep(for: .nanoseconds(Int64(clamping: delay.rawValue)))
      do {
        _ = try await self.build(successor, paused: false, console: old.console, settings: settings)
      } catch {
        self.logger.error("domain '\(successor.name)' could not be restarted: \(error)")
        old.console.output.finish()
      }
    }
  }
}
