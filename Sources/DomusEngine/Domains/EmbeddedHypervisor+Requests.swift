import HypervisorModel
import Schedulers

/// Carries out requests: a function for each family, exhaustive over its cases.
extension EmbeddedHypervisor {
  public func perform(_ request: Request, id _: RequestID) async throws(HypervisorError) -> Reply {
    let operation = request.operation
    if case .unavailable(let reason) = operation.availability {
      throw .unavailable(operation: operation, reason: reason)
    }
    switch request {
    case .creation(let request): return try await perform(request)
    case .life(let reference, let request): try await perform(request, on: try target(reference, of: operation))
    case .resources(let reference, let request): try await perform(request, on: try target(reference, of: operation))
    case .devices: throw .notWritten(operation)
    case .scheduling(let reference, let change): try await perform(change, on: try target(reference, of: operation))
    case .pools(let request): try await perform(request)
    case .guest(let reference, let request):
      return try await perform(request, on: try target(reference, of: operation))
    case .diagnostics(let request): return try perform(request)
    }
    return .done
  }

  private func perform(_ request: CreationRequest) async throws(HypervisorError) -> Reply {
    switch request {
    case .create(let source, let paused):
      let (config, warnings) = try Self.config(from: source)
      return .created(try await create(config, paused: paused).reference, warnings: warnings)
    case .checkConfig(let file):
      return .text(try Self.config(from: .file(file)).warnings.map { $0 + "\n" }.joined())
    case .restore: throw .notWritten(request.operation)
    }
  }

  private func perform(_ request: LifeRequest, on domain: Domain) async throws(HypervisorError) {
    switch request {
    case .pause: try await pause(domain)
    case .unpause: try await unpause(domain)
    case .shutdown: try await askGuest(domain, .shutdown)
    case .reboot: try await askGuest(domain, .reboot)
    case .destroy: try await destroy(domain)
    case .rename, .save, .dumpCore, .snapshot, .migrate: throw .notWritten(request.operation)
    }
  }

  private func perform(_ request: ResourceRequest, on domain: Domain) async throws(HypervisorError) {
    switch request {
    case .setVCPUs(let count): try await setVCPUs(domain, count: count)
    case .pinVCPU(let vcpu, let hard, let soft): try await pin(domain, vcpu, hard: hard, soft: soft)
    case .setMemory, .setMaxMemory: throw .notWritten(request.operation)
    }
  }

  private func perform(_ change: SchedulingChange, on domain: Domain) async throws(HypervisorError) {
    try check(domain, isUnder: change.scheduler, change.operation)
    try await changeSettings(of: domain) { settings throws(HypervisorError) in try settings.apply(change) }
  }

  private func perform(_ request: PoolRequest) async throws(HypervisorError) {
    switch request {
    case .create(let name, let scheduler, let pcpus):
      try await onSchedulingQueue { [pools] () throws(HypervisorError) in
        try pools.create(name: name, scheduler: scheduler ?? pools.first.dispatcher.scheduler, pcpus: pcpus)
      }
    case .destroy(let name):
      try await onSchedulingQueue { [pools] () throws(HypervisorError) in try pools.destroy(name) }
    case .rename(let name, let new):
      try await onSchedulingQueue { [pools] () throws(HypervisorError) in try pools.rename(name, to: new) }
    case .addPCPUs(let name, let pcpus):
      try await onSchedulingQueue { [pools] () throws(HypervisorError) in try pools.add(pcpus, to: name) }
    case .removePCPUs(let name, let pcpus):
      try await onSchedulingQueue { [pools] () throws(HypervisorError) in
        try pools.remove(pcpus, from: name)
      }
    case .move(let reference, let pool):
      try await move(try target(reference, of: request.operation), toPool: pool)
    case .switchScheduler(let pool, let scheduler): try await switchScheduler(pool, to: scheduler)
    case .setParameters(let pool, let change): try await setPoolParameters(pool, change)
    }
  }

  private func perform(_ request: GuestRequest, on domain: Domain) async throws(HypervisorError) -> Reply {
    switch request {
    case .showConfig: return .text(domain.config.fileText)
    case .resizeConsole(let columns, let rows): try await resizeConsole(of: domain, columns: columns, rows: rows)
    case .sysrq, .trigger: throw .notWritten(request.operation)
    }
    return .done
  }

  private func perform(_ request: DiagnosticRequest) throws(HypervisorError) -> Reply {
    switch request {
    case .trace(let pool, let from): .trace(try pools.pool(named: pool).dispatcher.trace(from: from))
    case .dmesg, .clearDmesg, .debugKeys: throw .notWritten(request.operation)
    }
  }

  private static func config(
    from source: DomainSource
  ) throws(HypervisorError) -> (config: DomainConfig, warnings: [String]) {
    switch source {
    case .config(let config): return (config, [])
    case .file(let file):
      do throws(ConfigError) {
        let document = try DomainConfigFile.parse(bytes: Array(file.text.utf8), file: file.name)
        let (config, warnings) = try DomainConfigFile.domain(
          from: document, overrides: file.settings, workingDirectory: file.directory)
        return (config, warnings.map { "\($0)" })
      } catch {
        throw .invalid("\(error)")
      }
    }
  }

  /// The domain that a request is about. Domain-0 is the host process and receives no request.
  private func target(_ reference: DomainReference, of operation: Operation) throws(HypervisorError) -> Domain {
    guard reference.id != .domain0 else {
      throw .unavailable(operation: operation, reason: "Domain-0 is the host process itself")
    }
    return try registry.domain(reference)
  }
}

extension HypervisorError {
  fileprivate static func notWritten(_ operation: Operation) -> HypervisorError {
    .unavailable(operation: operation, reason: Operation.notWritten)
  }
}

extension Operation {
  fileprivate static let notWritten = "DomusEngine can't do that yet"

  /// What this engine does not do, with the reason.
  private static let refusals: [Operation: String] = {
    var refusals: [Operation: String] = [:]
    for operation in [
      Operation.restore, .rename, .save, .dumpCore, .snapshot, .migrate, .setMemory, .setMaxMemory, .attachNetwork,
      .detachNetwork,
      .attachDisk, .detachDisk,
    ] { refusals[operation] = notWritten }
    for operation in [Operation.dmesg, .clearDmesg, .debugKeys] {
      refusals[operation] = "DomusEngine writes a log instead: 'domus host log'"
    }
    for operation in [Operation.sysrq, .trigger] {
      refusals[operation] = "DomusEngine's guests have no such device; use the console"
    }
    return refusals
  }()

  /// Whether this engine offers it.
  var availability: HostDescription.Availability {
    Self.refusals[self].map { .unavailable(reason: $0) } ?? .available
  }
}
