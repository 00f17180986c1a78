import Dispatch
import HypervisorModel
import Schedulers

/// The life of a domain. What changes it is done on the domain's own queue: first the effect and then the state, or both
/// at once, so that they never disagree for long, and one change after the other.
extension EmbeddedHypervisor {
  /// Tells the subscribers what a domain is doing now.
  func announce(_ domain: Domain) {
    let state = domain.visibleState(vcpus: domain.pool.dispatcher.states(of: domain.reference.id))
    registry.events.publish(.changed(domain.reference, name: domain.config.name, state: state))
  }

  // MARK: Stopping and going on

  func pause(_ domain: Domain) async throws(HypervisorError) {
    try await domain.queue.run { () throws(HypervisorError) in
      let state = domain.currentState
      guard case .live(let machine, paused: false) = state else { throw domain.refusal(of: .pause, in: state) }
      self.scheduling.sync { domain.pool.dispatcher.pause(domain.reference.id) }
      domain.become(.live(machine, paused: true))
      self.announce(domain)
    }
  }

  func unpause(_ domain: Domain) async throws(HypervisorError) {
    try await domain.queue.run { () throws(HypervisorError) in
      let state = domain.currentState
      guard case .live(let machine, paused: true) = state else { throw domain.refusal(of: .unpause, in: state) }
      domain.become(.live(machine, paused: false))
      self.scheduling.sync { domain.pool.dispatcher.unpause(domain.reference.id) }
      self.announce(domain)
    }
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

  /// Takes a domain away, whatever it is doing. One that is being built goes at once, and what has been built by then is
  /// dropped; one that waits for its restart isn't restarted.
  func destroy(_ domain: Domain) async throws(HypervisorError) {
    if !domain.cancelBuilding() {
      try await domain.queue.run { () throws(HypervisorError) in
        switch domain.currentState {
        case .live(let machine, _): self.leave(domain, machine) { .dying(vcpus: $0) }
        case .building, .shutdown, .restarting: break
        case .dying: throw .noSuchDomain(domain.reference.id.description)
        }
        domain.become(.dying(vcpus: domain.currentState.lastVCPUs))
      }
    }
    registry.remove(domain, reason: nil)
    domain.console.output.finish()
    logger.info("domain \(domain.reference.id) '\(domain.config.name)' destroyed")
  }

  /// Takes the vCPUs off the pCPUs, changes the state, which gets their last counters, and ends the devices. On the
  /// domain's queue. Blocks.
  private func leave(_ domain: Domain, _ machine: Machine, _ state: ([VCPUSnapshot]) -> Domain.State) {
    scheduling.sync {
      let (id, pool) = (domain.reference.id, domain.pool)
      pool.dispatcher.pause(id)
      let vcpus = domain.snapshot(HostStatistics(pools)).vcpus
      pool.dispatcher.remove(id)
      domain.become(state(vcpus))
      refreshFrame(of: pool)
    }
    machine.stop()
  }

  /// Frees the id, name and all that a domain had which ended by itself. On the domain's queue.
  func takeAway(_ domain: Domain, reason: ShutdownReason?) {
    domain.become(.dying(vcpus: domain.currentState.lastVCPUs))
    registry.remove(domain, reason: reason)
  }

  /// What follows when a guest ended by itself. On the domain's queue.
  func finish(_ domain: Domain, _ machine: Machine, _ end: MachineEnd) {
    guard case .live(let live, _) = domain.currentState, live === machine else { return }
    let action = domain.config.action(after: end.reason)
    leave(domain, machine) { vcpus in
      switch action {
      case .preserve:
        .shutdown(end.reason, memory: machine.memory, resident: machine.memory.residentSize(), vcpus: vcpus)
      case .destroy: .dying(vcpus: vcpus)
      case .restart: .restarting(end.reason, vcpus: vcpus)
      }
    }
    logger.info("domain \(domain.reference.id) '\(domain.config.name)' ended: \(end.text)")
    registry.events.publish(.changed(domain.reference, name: domain.config.name, state: .shutdown(end.reason)))
    switch action {
    case .preserve: return
    case .destroy:
      takeAway(domain, reason: end.reason)
      domain.console.output.finish()
    case .restart:
      // A guest that ends again and again at once gets one life a second at most.
      let delay = Nanoseconds.seconds(1) - (HostClock.now() - domain.createdTime)
      domain.queue.asyncAfter(deadline: .now() + .nanoseconds(Int(clamping: delay.rawValue))) { self.restart(domain) }
    }
  }
}

extension DomainConfig {
  fileprivate func action(after reason: ShutdownReason) -> ShutdownAction {
    switch reason {
    case .poweroff, .suspend: onPoweroff
    case .reboot: onReboot
    case .crash, .watchdog: onCrash
    }
  }
}
