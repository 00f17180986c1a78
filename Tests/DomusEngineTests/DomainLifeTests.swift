import HypervisorModel
import Testing

@testable import DomusEngine

/// What becomes of a domain when requests cross each other, and its guest's own end.
@Suite(.enabled(if: CrossTools.areInstalled), .serialized)
struct DomainLifeTests {
  /// Runs for ever.
  private static let hog = "start: j start"
  /// Asks for a cold reboot a little later.
  private static let rebooter = """
    start:
    li t0, 20000
    1: addi t0, t0, -1
    bnez t0, 1b
    li a0, 1
    li a1, 0
    sbi SRST, 0
    """

  private func config(_ name: String, _ kernel: String, pool: String? = nil) -> DomainConfig {
    var config = DomainConfig(name: name, kernel: .path(kernel), memory: .mebibytes(32))
    config.pool = pool
    return config
  }

  private func create(_ engine: EmbeddedHypervisor, _ config: DomainConfig) async throws -> DomainReference {
    guard
      case .created(let reference, _) = try await engine.perform(
        .creation(.create(source: .config(config), paused: false)))
    else {
      throw HypervisorError.failed("no domain")
    }
    return reference
  }

  private func withEngine(
    _ program: String, _ body: (EmbeddedHypervisor, _ kernel: String) async throws -> Void
  ) async throws {
    try await GuestProgram(program).withFile { kernel in
      let engine = try EmbeddedHypervisor(options: .init(pcpus: 2))
      try await body(engine, kernel)
      await engine.shutdown()
      #expect(try await engine.snapshot().domains.count == 1)
    }
  }

  private func domain(_ engine: EmbeddedHypervisor, _ name: String) async throws -> DomainSnapshot? {
    try await engine.snapshot().domains.first { $0.name == name }
  }

  /// Waits until a domain is in a state; false after some seconds.
  private func reaches(
    _ engine: EmbeddedHypervisor, _ name: String, _ condition: (DomainSnapshot?) -> Bool
  ) async throws -> Bool {
    for _ in 0..<1000 {
      if condition(try await domain(engine, name)) { return true }
      try await Task.sleep(for: .milliseconds(10))
    }
    return false
  }

  @Test func pausesThatCrossLeaveStateAndEffectAlike() async throws {
    try await withEngine(Self.hog) { engine, kernel in
      let reference = try await create(engine, config("one", kernel))
      for _ in 0..<200 {
        async let first: Void = attempt(engine, .life(reference, .pause))
        async let second: Void = attempt(engine, .life(reference, .unpause))
        async let third: Void = attempt(engine, .life(reference, .pause))
        async let fourth: Void = attempt(engine, .life(reference, .unpause))
        _ = await (first, second, third, fourth)
      }
      try await expectAgreement(engine)
      _ = try? await engine.perform(.life(reference, .unpause))
      try await expectAgreement(engine)
      #expect(try await domain(engine, "one")?.state != .paused)
    }
  }

  @Test func aDomainThatWaitsForItsRestartKeepsItsNameUUIDAndPoolAndCanBeDestroyed() async throws {
    try await withEngine(Self.rebooter) { engine, kernel in
      _ = try await engine.perform(.pools(.removePCPUs(pool: PoolSnapshot.standardName, pcpus: .of([1]))))
      _ = try await engine.perform(.pools(.create(pool: "p", scheduler: nil, pcpus: .of([1]))))
      let reference = try await create(engine, config("one", kernel, pool: "p"))
      #expect(try await reaches(engine, "one") { $0?.state == .shutdown(.reboot) })
      await #expect(throws: HypervisorError.exists("one")) { _ = try await create(engine, config("one", kernel)) }
      await #expect(throws: HypervisorError.self) {
        var other = config("other", kernel)
        other.uuid = reference.uuid
        _ = try await create(engine, other)
      }
      await #expect(throws: HypervisorError.self) { _ = try await engine.perform(.pools(.destroy(pool: "p"))) }
      let waiting = try #require(try await domain(engine, "one"))
      _ = try await engine.perform(.life(waiting.reference, .destroy))
      try await Task.sleep(for: .milliseconds(1500))
      #expect(try await domain(engine, "one") == nil)
      _ = try await engine.perform(.pools(.destroy(pool: "p")))
    }
  }

  @Test func aRestartComesInThePlaceOfWhatEnded() async throws {
    try await withEngine(Self.rebooter) { engine, kernel in
      let reference = try await create(engine, config("one", kernel))
      #expect(try await reaches(engine, "one") { $0.map { $0.reference.id != reference.id } ?? false })
      #expect(try await domain(engine, "one")?.reference.uuid == reference.uuid)
    }
  }

  @Test func whatIsDestroyedWhileItIsBuiltIsNotStarted() async throws {
    try await withEngine(Self.hog) { engine, kernel in
      for round in 0..<50 {
        let name = "one\(round)"
        let creation = Task { try await self.create(engine, self.config(name, kernel)) }
        while try await domain(engine, name) == nil { await Task.yield() }
        let reference = try #require(try await domain(engine, name)).reference
        _ = try await engine.perform(.life(reference, .destroy))
        _ = try? await creation.value
        #expect(try await domain(engine, name) == nil)
        await #expect(throws: HypervisorError.noSuchDomain(reference.id.description)) {
          _ = try await engine.perform(.life(reference, .destroy))
        }
      }
    }
  }

  @Test func eightClientsAtOnceLeaveStateAndEffectAlike() async throws {
    try await withEngine(Self.hog) { engine, kernel in
      _ = try await engine.perform(.pools(.removePCPUs(pool: PoolSnapshot.standardName, pcpus: .of([1]))))
      _ = try await engine.perform(.pools(.create(pool: "p", scheduler: .credit, pcpus: .of([1]))))
      await withTaskGroup { group in
        for client in 0..<8 {
          group.addTask {
            var random = SeededGenerator(seed: UInt64(client) + 1)
            for _ in 0..<60 { await self.act(engine, kernel, &random) }
          }
        }
      }
      try await expectAgreement(engine)
    }
  }

  /// One random thing that an operator may do to a few domains.
  private func act(_ engine: EmbeddedHypervisor, _ kernel: String, _ random: inout SeededGenerator) async {
    let name = "d\(Int.random(in: 0..<4, using: &random))"
    let pool = Bool.random(using: &random) ? "p" : PoolSnapshot.standardName
    let choice = Int.random(in: 0..<8, using: &random)
    guard let reference = try? await domain(engine, name)?.reference else {
      _ = try? await create(engine, config(name, kernel, pool: pool))
      return
    }
    switch choice {
    case 0, 1: await attempt(engine, .life(reference, .pause))
    case 2, 3: await attempt(engine, .life(reference, .unpause))
    case 4, 5: await attempt(engine, .pools(.move(domain: reference, pool: pool)))
    case 6:
      await attempt(engine, .pools(.switchScheduler(pool: pool, to: Bool.random(using: &random) ? .credit : .credit2)))
    default: await attempt(engine, .life(reference, .destroy))
    }
  }

  private func attempt(_ engine: EmbeddedHypervisor, _ request: Request) async {
    _ = try? await engine.perform(request)
  }

  /// What is paused gets no CPU time and what isn't gets some, each in the pool that it says it is in.
  private func expectAgreement(_ engine: EmbeddedHypervisor) async throws {
    let before = try await engine.snapshot()
    for domain in before.domains.dropFirst() {
      if domain.state == .paused {
        try await Task.sleep(for: .milliseconds(20))
        #expect(try await self.domain(engine, domain.name)?.cpuTime == domain.cpuTime)
      } else {
        #expect(try await reaches(engine, domain.name) { $0.map { $0.cpuTime > domain.cpuTime } ?? false }, "\(domain)")
      }
    }
  }
}
