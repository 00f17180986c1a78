import FoundationEssentials
import HypervisorModel
import Testing

/// What every `Hypervisor` owes to those who use it, whoever implements it.
struct HypervisorContract {
  let hypervisor: any Hypervisor
  /// What a new domain of this name is made from.
  let config: @Sendable (_ name: String) -> DomainSource

  /// Makes a domain, tries everything that `body` does with it, and destroys it.
  @discardableResult
  private func withDomain<Result>(
    _ name: String, _ body: (DomainReference) async throws -> Result
  ) async throws -> Result {
    let reply = try await hypervisor.perform(.creation(.create(source: config(name), paused: false)))
    guard case .created(let domain, _) = reply else { throw HypervisorError.failed("create answered \(reply)") }
    do {
      let result = try await body(domain)
      _ = try? await hypervisor.perform(.life(domain, .destroy))
      return result
    } catch {
      _ = try? await hypervisor.perform(.life(domain, .destroy))
      throw error
    }
  }

  // MARK: Clauses

  /// Each operation that is offered is carried out, or fails for a reason of the moment; each that isn't is refused with the
  /// reason that the description gives.
  func whatIsOfferedIsDoneAndTheRestIsRefusedWithItsReason() async throws {
    let offers = try await hypervisor.describe().operations
    for operation in Operation.allCases {
      let offer = try #require(offers[operation], "the description says of each operation whether it is offered")
      try await withDomain("contract-\(operation.rawValue)") { domain in
        try await prepare(for: operation, domain)
        let outcome = await outcome(of: Self.request(operation, domain, config))
        switch (offer, outcome) {
        case (.unavailable(let reason), .failure(.unavailable(operation, let told))): #expect(told == reason)
        case (.unavailable, _): Issue.record("\(operation.rawValue) is not offered, and answers \(outcome)")
        case (.available, .failure(.unavailable(_, let reason))):
          Issue.record("\(operation.rawValue) is offered, and refused: \(reason)")
        case (.available, .failure(.protocolViolation(let text))): Issue.record("\(operation.rawValue): \(text)")
        case (.available, _): break
        }
        try await tidy(after: operation, outcome)
      }
    }
  }

  /// Host, UUID and id must agree.
  func aReferenceToAnotherDomainIsRefused() async throws {
    let offers = try await hypervisor.describe().operations
    try await withDomain("contract-reference") { domain in
      var (otherUUID, otherHost) = (domain, domain)
      otherUUID.uuid = UUID()
      otherHost.host = HostID(rawValue: "somewhere else")
      for operation in Operation.allCases where offers[operation] == .available {
        for reference in [otherUUID, otherHost] {
          let request = Self.request(operation, reference, config)
          guard request.domain != nil else { continue }
          guard case .failure(.noSuchDomain) = await outcome(of: request) else {
            Issue.record("\(operation.rawValue) reached a domain that was not meant")
            continue
          }
        }
      }
      let now = try await hypervisor.snapshot()[domain]
      #expect(now != nil)
    }
  }

  /// A paused domain can't be paused, a running one not resumed, and a snapshot says which it is.
  func statesAllowWhatTheyShould() async throws {
    try await withDomain("contract-states") { domain in
      guard case .failure(.wrongState) = await outcome(of: .life(domain, .unpause)) else {
        Issue.record("a running domain was resumed")
        return
      }
      _ = try await hypervisor.perform(.life(domain, .pause))
      let now = try await hypervisor.snapshot()[domain]
      #expect(now?.state == .paused)
      guard case .failure(.wrongState) = await outcome(of: .life(domain, .pause)) else {
        Issue.record("a paused domain was paused")
        return
      }
      _ = try await hypervisor.perform(.life(domain, .unpause))
      let later = try await hypervisor.snapshot()[domain]
      #expect(later?.state != .paused)
    }
  }

  /// Names are unique.
  func aNameIsGivenOnce() async throws {
    try await withDomain("contract-name") { _ in
      guard
        case .failure(.exists) = await outcome(
          of: .creation(.create(source: config("contract-name"), paused: false)))
      else {
        Issue.record("two domains have one name")
        return
      }
    }
  }

  /// Whoever listens learns of a domain that comes and goes; a snapshot has Domain-0 first, and counters that don't go back.
  func eventsAndSnapshotsAgree() async throws {
    let events = try await hypervisor.events()
    let before = try await hypervisor.snapshot()
    #expect(before.domains.first?.reference.id == .domain0)
    let domain = try await withDomain("contract-events") { domain in
      let during = try await hypervisor.snapshot()
      #expect(during[domain]?.name == "contract-events" && during.time >= before.time)
      #expect(during.domains.map(\.reference.id) == during.domains.map(\.reference.id).sorted())
      return domain
    }
    let now = try await hypervisor.snapshot()[domain]
    #expect(now == nil)
    for await event in events { if case .gone(domain, _, _) = event { break } }
  }

  /// A console opens, and ends with its domain.
  func aConsoleEndsWithItsDomain() async throws {
    let stream = try await withDomain("contract-console") { domain in try await hypervisor.openConsole(of: domain) }
    for await _ in stream.output {}
  }

  // MARK: Samples

  private func outcome(of request: Request) async -> Result<Reply, HypervisorError> {
    do throws(HypervisorError) {
      return .success(try await hypervisor.perform(request))
    } catch {
      return .failure(error)
    }
  }

  /// Brings about what an operation needs, as far as this hypervisor can.
  private func prepare(for operation: HypervisorModel.Operation, _ domain: DomainReference) async throws {
    if case .scheduling(let scheduler) = operation.family { try? await schedule(scheduler) }
    if operation == .unpause { _ = try? await hypervisor.perform(.life(domain, .pause)) }
    let free = PoolRequest.removePCPUs(pool: PoolSnapshot.standardName, pcpus: .of([1]))
    if operation == .createPool || operation == .addToPool { _ = try? await hypervisor.perform(.pools(free)) }
    if [.destroyPool, .renamePool, .moveToPool].contains(operation) {
      _ = try? await hypervisor.perform(.pools(free))
      _ = try? await hypervisor.perform(.pools(.create(pool: "contract", scheduler: nil, pcpus: .of([1]))))
    }
  }

  private func schedule(_ scheduler: Scheduler) async throws {
    _ = try await hypervisor.perform(.pools(.switchScheduler(pool: PoolSnapshot.standardName, to: scheduler)))
  }

  private func tidy(
    after operation: HypervisorModel.Operation, _ outcome: Result<Reply, HypervisorError>
  ) async throws {
    if case .success(.created(let made, _)) = outcome { _ = try? await hypervisor.perform(.life(made, .destroy)) }
    if operation == .moveToPool, let snapshot = try? await hypervisor.snapshot() {
      for domain in snapshot.domains where domain.pool == "contract" {
        _ = try? await hypervisor.perform(.pools(.move(domain: domain.reference, pool: PoolSnapshot.standardName)))
      }
    }
    for pool in ["contract", "contract-2"] { _ = try? await hypervisor.perform(.pools(.destroy(pool: pool))) }
    _ = try? await hypervisor.perform(.pools(.addPCPUs(pool: PoolSnapshot.standardName, pcpus: .of([1]))))
    if operation.facts.family != .life { try? await schedule(.credit2) }
  }

  /// A request of each kind that could be carried out.
  static func request(
    _ operation: HypervisorModel.Operation, _ domain: DomainReference, _ config: (String) -> DomainSource
  ) -> Request {
    let pool = PoolSnapshot.standardName
    let file = ConfigFileText(
      name: "c.cfg", text: "name = 'c'\nkernel = 'builtin:guest'\nmemory = 32\n", directory: "/")
    return switch operation {
    case .create: .creation(.create(source: config("contract-made"), paused: true))
    case .checkConfig: .creation(.checkConfig(file: file))
    case .restore: .creation(.restore(path: "/nonexistent/state", paused: true))
    case .pause: .life(domain, .pause)
    case .unpause: .life(domain, .unpause)
    case .shutdown: .life(domain, .shutdown)
    case .reboot: .life(domain, .reboot)
    case .destroy: .life(domain, .destroy)
    case .rename: .life(domain, .rename(to: "contract-renamed"))
    case .save: .life(domain, .save(path: "/nonexistent/state", then: .goOn))
    case .dumpCore: .life(domain, .dumpCore(path: "/nonexistent/core"))
    case .snapshot: .life(domain, .snapshot(name: "s"))
    case .migrate: .life(domain, .migrate(host: "host.invalid"))
    case .setMemory: .resources(domain, .setMemory(memory: .mebibytes(32)))
    case .setMaxMemory: .resources(domain, .setMaxMemory(memory: .mebibytes(64)))
    case .setVCPUs: .resources(domain, .setVCPUs(count: 1))
    case .pinVCPU: .resources(domain, .pinVCPU(vcpu: nil, hard: .of([0]), soft: nil))
    case .attachNetwork: .devices(domain, .attachNetwork(network: NetworkSpec()))
    case .detachNetwork: .devices(domain, .detachNetwork(device: "0"))
    case .attachDisk: .devices(domain, .attachDisk(disk: DiskSpec(target: "/nonexistent/disk", device: "xvdb")))
    case .detachDisk: .devices(domain, .detachDisk(device: "xvdb"))
    case .setCredit: .scheduling(domain, SchedulingChange(.credit, [.weight: 512]))
    case .setCredit2: .scheduling(domain, SchedulingChange(.credit2, [.cap: 50]))
    case .setRTDS: .scheduling(domain, SchedulingChange(.rtds, [.budget: 2_000_000]))
    case .setSEDF: .scheduling(domain, SchedulingChange(.sedf, [.slice: 5_000_000]))
    case .setBVT: .scheduling(domain, SchedulingChange(.bvt, [.advance: 5]))
    case .createPool: .pools(.create(pool: "contract", scheduler: nil, pcpus: .of([1])))
    case .destroyPool: .pools(.destroy(pool: "contract"))
    case .renamePool: .pools(.rename(pool: "contract", to: "contract-2"))
    case .addToPool: .pools(.addPCPUs(pool: pool, pcpus: .of([1])))
    case .removeFromPool: .pools(.removePCPUs(pool: pool, pcpus: .of([1])))
    case .moveToPool: .pools(.move(domain: domain, pool: "contract"))
    case .switchScheduler: .pools(.switchScheduler(pool: pool, to: .credit))
    case .setPoolParameters: .pools(.setParameters(pool: pool, change: PoolChange([.rateLimit: 2_000_000])))
    case .sysrq: .guest(domain, .sysrq(key: "h"))
    case .trigger: .guest(domain, .trigger(trigger: .nmi, vcpu: nil))
    case .showConfig: .guest(domain, .showConfig)
    case .resizeConsole: .guest(domain, .resizeConsole(columns: 80, rows: 24))
    case .trace: .diagnostics(.trace(pool: pool, from: nil))
    case .dmesg: .diagnostics(.dmesg)
    case .clearDmesg: .diagnostics(.clearDmesg)
    case .debugKeys: .diagnostics(.debugKeys(keys: "h"))
    }
  }
}
