import Dispatch
import FoundationEssentials
import HypervisorModel
import Schedulers

/// Making domains, and making them again when their guests restart.
extension EmbeddedHypervisor {
  func create(_ config: DomainConfig, paused: Bool) async throws(HypervisorError) -> Domain {
    try check(config)
    let domain = try await onSchedulingQueue { () throws(HypervisorError) in try self.register(config) }
    try await domain.queue.run { () throws(HypervisorError) in try self.build(domain, paused: paused) }
    return domain
  }

  /// What a config over the wire may say; a config file's reader has looked at it before.
  private func check(_ config: DomainConfig) throws(HypervisorError) {
    if let fault = DomainConfig.fault(ofName: config.name) { throw .invalid("the domain's name \(fault)") }
    guard config.uuid != .zero else { throw .invalid("UUID \(UUID.zero.uuidString) is Domain-0's") }
    guard DomainConfig.vcpuRange.contains(config.vcpus) else {
      throw .invalid("vcpus = \(config.vcpus) is out of range; it must be 1 to \(DomainConfig.vcpuRange.upperBound)")
    }
    if let online = config.onlineVCPUs, !(1...config.vcpus).contains(online) {
      throw .invalid("\(online) vCPUs can't be online: the domain has 1 to \(config.vcpus)")
    }
    guard DomainConfig.memoryRange.contains(config.memory) else {
      let (least, most) = (DomainConfig.memoryRange.lowerBound, DomainConfig.memoryRange.upperBound)
      throw .invalid(
        "memory of \(config.memory.mebibytes) MiB is out of range; it must be \(least.mebibytes) to \(most.mebibytes) MiB"
      )
    }
  }

  /// Gives a domain its id, and keeps its name, UUID, memory and pool for it. On the scheduling queue, which cpupools
  /// change on.
  private func register(_ config: DomainConfig) throws(HypervisorError) -> Domain {
    let pool = try config.pool.map { name throws(HypervisorError) in try pools.pool(named: name) } ?? pools.first
    guard !pool.dispatcher.pcpuIDs.isEmpty else { throw .invalid("cpupool '\(pool.name)' has no pCPU") }
    return try registry.add(config, host: hostID, pool: pool, admission: admission)
  }

  /// Fills the memory of a registered domain and starts it. On the domain's queue.
  private func build(_ domain: Domain, paused: Bool) throws(HypervisorError) {
    do throws(HypervisorError) {
      try domain.checkIsWanted()
      let machine = try Machine(config: domain.config, console: domain.console, builtinGuest: options.builtinGuest)
      do throws(HypervisorError) {
        connect(machine, to: domain)
        try start(domain, machine, paused: paused)
      } catch {
        machine.stop()
        throw error
      }
    } catch {
      takeAway(domain, reason: nil)
      domain.console.output.finish()
      throw error
    }
    logger.info("domain \(domain.reference.id) '\(domain.config.name)' created")
  }

  private func connect(_ machine: Machine, to domain: Domain) {
    machine.onEnd = { [weak self, weak machine] end in
      guard let self, let machine else { return }
      domain.queue.async { self.finish(domain, machine, end) }
    }
    let id = domain.reference.id
    // A domain on its way to another pool is woken there whatever happens. It holds the machine only while it is live.
    machine.onWake = { index in
      domain.pool.dispatcher.wake(VCPUKey(domain: id, index: UInt32(truncatingIfNeeded: index)))
    }
    machine.onGuestError = { [logger] error in
      logger.warning("domain \(id) '\(domain.config.name)': a virtio driver erred: \(error.text)")
    }
  }

  private func start(_ domain: Domain, _ machine: Machine, paused: Bool) throws(HypervisorError) {
    machine.countResidentMemory()
    try domain.goLive(machine, paused: paused)
    let hasStarted = scheduling.sync {
      let settings = domain.settings
      let vcpus = machine.harts.map { hart in
        Dispatcher.NewVCPU(
          vcpu: VCPU(hart: hart, machine: machine), isOnline: hart.id == 0, parameters: settings.vcpus[hart.id])
      }
      defer { refreshFrame(of: domain.pool) }
      return domain.pool.dispatcher.add(domain.reference.id, settings.domain, isPaused: paused, vcpus: vcpus)
    }
    guard hasStarted else { throw .failed("the cpupool of domain '\(domain.config.name)' has gone") }
    announce(domain)
  }

  /// Builds a domain's successor under a new id, with the same UUID and console, unless the domain was destroyed in the
  /// meantime. On the domain's queue.
  func restart(_ domain: Domain) {
    guard case .restarting(let reason, _) = domain.currentState else { return }
    let successor = scheduling.sync { registry.replace(domain, reason: reason) }
    guard let successor else { return }
    successor.queue.async {
      do throws(HypervisorError) {
        try self.build(successor, paused: false)
      } catch {
        self.logger.error("domain '\(successor.config.name)' could not be restarted: \(error)")
      }
    }
  }
}
