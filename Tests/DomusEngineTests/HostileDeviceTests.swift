import HypervisorModel
import Testing

@testable import DomusEngine

/// Guests that use their devices as weapons.
@Suite(.enabled(if: CrossTools.areInstalled), .serialized)
struct HostileDeviceTests {
  /// Resets the entropy device behind a batch of 64 requests for 4 KiB each, again and again.
  private static let resetter = """
    start:
      li s0, 0x10002000
      li s1, 0x80810000
      li s2, 0x80811000
      li s3, 0x80812000
      li t0, 0
      li t1, 64
    fill:
      slli t2, t0, 4
      add t2, t2, s1
      li t3, 0x80820000
      sd t3, 0(t2)
      li t3, 4096
      sw t3, 8(t2)
      li t3, 2
      sw t3, 12(t2)
      slli t2, t0, 1
      add t2, t2, s2
      sh t0, 4(t2)
      addi t0, t0, 1
      blt t0, t1, fill
      sh t1, 2(s2)
    attack:
      sw zero, 0x70(s0)
      li t0, 3
      sw t0, 0x70(s0)
      li t0, 1
      sw t0, 0x24(s0)
      sw t0, 0x20(s0)
      li t0, 11
      sw t0, 0x70(s0)
      sw zero, 0x30(s0)
      sw t1, 0x38(s0)
      sw s1, 0x80(s0)
      sw s2, 0x90(s0)
      sw s3, 0xa0(s0)
      li t0, 1
      sw t0, 0x44(s0)
      li t0, 15
      sw t0, 0x70(s0)
      sw zero, 0x50(s0)
      j attack
    """

  private func create(
    _ engine: EmbeddedHypervisor, _ name: String, _ program: GuestProgram
  ) async throws -> DomainReference {
    try await program.withFile { kernel in
      let config = DomainConfig(name: name, kernel: .path(kernel), memory: .mebibytes(32))
      let reply = try await engine.perform(.creation(.create(source: .config(config), paused: false)))
      guard case .created(let domain, _) = reply else { throw CrossTools.Failure(text: "\(reply)") }
      return domain
    }
  }

  @Test func aGuestThatResetsItsDevicesPaysForTheirWork() async throws {
    let engine = try EmbeddedHypervisor(options: .init(pcpus: 1))
    let attacker = try await create(engine, "attacker", GuestProgram(Self.resetter))
    let victim = try await create(engine, "victim", GuestProgram("start:\nj start"))
    let before = try await engine.snapshot()
    var after = before
    func spent(_ domain: DomainReference) -> Nanoseconds {
      func cpuTime(_ snapshot: HostSnapshot) -> Nanoseconds {
        snapshot.domains.first { $0.reference == domain }?.cpuTime ?? .zero
      }
      return cpuTime(after) - cpuTime(before)
    }
    func busy(_ snapshot: HostSnapshot) -> Double {
      snapshot.pcpus.reduce(0) { $0 + ($1.busy?.seconds ?? 0) }
    }
    // By the guests' time, not the clock's: on a machine that is busy the first may have run for long alone.
    while (spent(attacker) + spent(victim)).seconds < 3 {
      try await Task.sleep(for: .milliseconds(100))
      after = try await engine.snapshot()
    }
    await engine.shutdown()

    let (paid, got) = (spent(attacker), spent(victim))
    #expect(got.seconds > 0.6 * paid.seconds && got.seconds < 1.6 * paid.seconds, "\(paid) \(got)")
    // What the vCPUs did not burn on the pCPU was burned by the attacker's devices.
    #expect((paid + got).seconds > (busy(after) - busy(before)) * 1.02, "\(paid) \(got) \(busy(after))")
  }
}
