import DomusEngine
import Foundation
import HypervisorModel
import Logging
import Remote
import Testing

/// The contract, kept by the embedded engine in this process and by a client of it over a socket.
@Suite(.serialized) struct ContractTests {
  enum Implementation: String, CaseIterable { case engine, remote }

  private static let guest = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    .appendingPathComponent("Guests/build/guest.elf").path

  private func with(
    _ implementation: Implementation, _ body: (HypervisorContract) async throws -> Void
  ) async throws {
    let engine = try EmbeddedHypervisor(options: .init(pcpus: 2, builtinGuest: Self.guest))
    func contract(of hypervisor: any Hypervisor) -> HypervisorContract {
      HypervisorContract(hypervisor: hypervisor) {
        .config(DomainConfig(name: $0, kernel: .builtin, memory: .mebibytes(32), onReboot: .destroy))
      }
    }
    switch implementation {
    case .engine: try await body(contract(of: engine))
    case .remote:
      let path = FileManager.default.temporaryDirectory.appendingPathComponent("domus-\(UUID().uuidString.prefix(8))")
      try FileManager.default.createDirectory(
        at: path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
      defer { try? FileManager.default.removeItem(at: path) }
      let directory = try HostDirectory(path: path.path)
      let server = HostServer(
        hypervisor: engine, lock: try HostLock(directory: directory), version: "1", readOnly: false,
        limits: ServerLimits(), logger: Logger(label: "contract") { _ in SwiftLogNoOpLogHandler() })
      let running = Task { try await server.run() }
      while !FileManager.default.fileExists(atPath: directory.readOnlySocketPath) {
        try await Task.sleep(for: .milliseconds(5))
      }
      let client = try await HostClient.connect(socketPath: directory.socketPath, readOnly: false)
      try await body(contract(of: client))
      server.stop()
      try await running.value
    }
    await engine.shutdown()
  }

  @Test(arguments: Implementation.allCases)
  func whatIsOfferedIsDoneAndTheRestIsRefusedWithItsReason(_ implementation: Implementation) async throws {
    try await with(implementation) { try await $0.whatIsOfferedIsDoneAndTheRestIsRefusedWithItsReason() }
  }

  @Test(arguments: Implementation.allCases)
  func aReferenceToAnotherDomainIsRefused(_ implementation: Implementation) async throws {
    try await with(implementation) { try await $0.aReferenceToAnotherDomainIsRefused() }
  }

  @Test(arguments: Implementation.allCases)
  func statesAllowWhatTheyShould(_ implementation: Implementation) async throws {
    try await with(implementation) { try await $0.statesAllowWhatTheyShould() }
  }

  @Test(arguments: Implementation.allCases)
  func aNameIsGivenOnce(_ implementation: Implementation) async throws {
    try await with(implementation) { try await $0.aNameIsGivenOnce() }
  }

  @Test(arguments: Implementation.allCases)
  func eventsAndSnapshotsAgree(_ implementation: Implementation) async throws {
    try await with(implementation) { try await $0.eventsAndSnapshotsAgree() }
  }

  @Test(arguments: Implementation.allCases)
  func aConsoleEndsWithItsDomain(_ implementation: Implementation) async throws {
    try await with(implementation) { try await $0.aConsoleEndsWithItsDomain() }
  }
}
