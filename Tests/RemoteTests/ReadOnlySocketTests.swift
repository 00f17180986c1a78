import HypervisorModel
import Remote
import Testing

/// The socket at which a client comes in bounds what it may do, whatever the client says.
@Suite struct ReadOnlySocketTests {
  @Test func aClientThatClaimsFullRightsAtTheReadOnlySocketMayOnlyLook() async throws {
    try await TestHost.run { host in
      let client = try await host.reader()
      #expect(client.readOnly)
      _ = try await client.snapshot()
      for request in [
        Request.life(TestHypervisor.domain, .destroy), .life(TestHypervisor.domain, .pause), .diagnostics(.clearDmesg),
      ] {
        await #expect(throws: HypervisorError.readOnly(operation: request.operation)) {
          try await client.perform(request)
        }
      }
      await #expect(throws: HypervisorError.failed("can't stop the host: this connection is read-only")) {
        try await client.stopHost()
      }
      #expect(host.hypervisor.state.withLock(\.performed).isEmpty)
    }
  }

  @Test func aSecondHelloChangesNothing() async throws {
    try await TestHost.run { host in
      let peer = try await RawPeer(host.directory.readOnlySocketPath)
      try await peer.greet()
      try await peer.send(
        #"{"id":1,"request":"hello","body":{"protocolVersion":2,"readOnly":false,"client":"raw","clientVersion":""}}"#)
      #expect(try await peer.receive()?.contains(#""error""#) == true)
      try await peer.send(#"{"id":2,"request":"hostStop"}"#)
      #expect(try await peer.receive()?.contains("read-only") == true)
    }
  }

  @Test func readersCannotTakeTheOwnersShareOfConnections() async throws {
    var limits = ServerLimits()
    limits.clients = 4
    limits.readers = 2
    try await TestHost.run(limits: limits) { host in
      let readers = [try await host.reader(), try await host.client(readOnly: true)]
      await #expect(throws: HypervisorError.self) { try await host.reader() }
      await #expect(throws: HypervisorError.self) { try await host.client(readOnly: true) }
      let owners = [try await host.client(), try await host.client()]
      await #expect(throws: HypervisorError.self) { try await host.client() }
      for client in owners + readers { _ = try await client.snapshot() }
      readers[0].close()
      try await eventually { (try? await host.reader()) != nil }
    }
  }

  @Test func readersHaveAShareOfTheStreams() async throws {
    var limits = ServerLimits()
    limits.streamsOfReader = 2
    limits.streamsOfReaders = 3
    try await TestHost.run(limits: limits) { host in
      let (first, second, owner) = (try await host.reader(), try await host.reader(), try await host.client())
      var open = [try await first.events(), try await first.events()]
      await #expect(throws: HypervisorError.self) { try await first.events() }
      open.append(try await second.events())
      await #expect(throws: HypervisorError.self) { try await second.events() }
      open.append(try await owner.events())
      first.close()
      try await eventually { (try? await second.events()) != nil }
      withExtendedLifetime(open) {}
    }
  }
}
