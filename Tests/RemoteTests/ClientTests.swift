import FoundationEssentials
import Glibc
import HypervisorModel
import Remote
import Testing

/// Two ends of a connection; the client's end as two descriptors, as pipes would be.
func socketPair() throws -> (client: (input: CInt, output: CInt), peer: CInt) {
  var ends: [CInt] = [0, 0]
  try #require(socketpair(AF_UNIX, CInt(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0, &ends) == 0)
  return ((ends[0], fcntl(ends[0], F_DUPFD_CLOEXEC, 0)), ends[1])
}

@Suite struct ClientTests {
  @Test func theClientAnswersAsTheHypervisorDoes() async throws {
    try await TestHost.run { host in
      let client = try await host.client()
      #expect(try await client.describe() == host.hypervisor.describe())
      #expect(try await client.snapshot() == host.hypervisor.snapshot())
      #expect(try await client.history() == host.hypervisor.history())
      let config = DomainConfig(name: "a", uuid: UUID(), kernel: .path("/k"), commandLine: "x=\"y\"\n")
      #expect(
        try await client.perform(.creation(.create(source: .config(config), paused: true)))
          == .created(TestHypervisor.domain, warnings: ["odd"]))
      #expect(try await client.perform(.diagnostics(.dmesg)) == .text("(XEN) text\n"))
      #expect(try await client.perform(.life(TestHypervisor.domain, .unpause)) == .done)
      await #expect(throws: HypervisorError.wrongState(operation: .destroy, domain: "d", state: "dying")) {
        try await client.perform(.life(TestHypervisor.domain, .destroy))
      }
      #expect(
        host.hypervisor.state.withLock(\.performed).first == .creation(.create(source: .config(config), paused: true)))
    }
  }

  @Test func theHostTellsItsStatus() async throws {
    try await TestHost.run { host in
      let status = try await host.client().hostStatus()
      #expect(status.pid == getpid())
      #expect(status.version == "9.9")
      #expect(status.socketPath == host.directory.socketPath)
      #expect(status.logPath == host.directory.logPath)
    }
  }

  @Test func anUnknownRequestIsRefusedByNameAndTheConnectionGoesOn() async throws {
    try await TestHost.run { host in
      let peer = try await RawPeer(host.directory.socketPath)
      try await peer.greet()
      try await peer.send(#"{"id":1,"request":"foo","body":{"a":1}}"#)
      #expect(try await peer.receive()?.contains("unknown request 'foo'") == true)
      try await peer.send(#"{"id":2,"request":"perform","body":{"teleport":{"to":"mars"}}}"#)
      #expect(try await peer.receive()?.contains("unknown request 'teleport'") == true)
      try await peer.send(#"{"id":3,"request":"perform","body":{"pause":{}}}"#)
      #expect(try await peer.receive()?.contains("'domain' is missing") == true)
      try await peer.send(#"{"id":4,"request":"snapshot"}"#)
      #expect(try await peer.receive()?.contains(#""result""#) == true)
    }
  }

  @Test func manyClientsAndCallsRunSideBySide() async throws {
    try await TestHost.run { host in
      host.hypervisor.state.withLock { $0.domains = 100 }
      let expected = TestHypervisor.snapshot(domains: 100)
      try await withThrowingTaskGroup(of: Bool.self) { group in
        for _ in 0..<10 {
          let client = try await host.client()
          for _ in 0..<20 { group.addTask { try await client.snapshot() == expected } }
        }
        for try await same in group { #expect(same) }
      }
    }
  }

  @Test func aCancelledCallEndsHereAndInTheHost() async throws {
    try await TestHost.run { host in
      let client = try await host.client()
      let call = Task { try await client.perform(.life(TestHypervisor.endless, .pause)) }
      try await eventually { !host.hypervisor.state.withLock(\.performed).isEmpty }
      call.cancel()
      await #expect(throws: HypervisorError.self) { try await call.value }
      try await eventually { host.hypervisor.state.withLock(\.cancelled) == 1 }
      _ = try await client.snapshot()
    }
  }

  @Test func eventsArriveInOrderAndEndWithTheConnection() async throws {
    try await TestHost.run { host in
      let client = try await host.client()
      let events = try await client.events()
      let sent = (0..<100).map { HypervisorEvent.changed(TestHypervisor.domain, name: "\($0)", state: .paused) }
      for event in sent { host.hypervisor.state.withLock { $0.listeners[0] }.yield(event) }
      var received: [HypervisorEvent] = []
      for await event in events {
        received.append(event)
        if received.count == sent.count { client.close() }
      }
      #expect(received == sent)
      try await eventually { host.hypervisor.state.withLock(\.openListeners) == 0 }
    }
  }

  @Test func everyWaitingCallFailsWhenTheHostGoes() async throws {
    try await TestHost.run { host in
      let client = try await host.client()
      let console = try await client.openConsole(of: TestHypervisor.domain)
      let call = Task { try await client.perform(.life(TestHypervisor.endless, .pause)) }
      try await eventually { !host.hypervisor.state.withLock(\.performed).isEmpty }
      try await host.client().stopHost()
      await #expect(throws: HypervisorError.disconnected("the host closed the connection")) { try await call.value }
      for await _ in console.output {}
      await #expect(throws: HypervisorError.disconnected("the host closed the connection")) {
        try await client.snapshot()
      }
      try await eventually { !FileManager.default.fileExists(atPath: host.directory.socketPath) }
    }
  }

  @Test func aReadOnlyClientLooksAndChangesNothing() async throws {
    try await TestHost.run { host in
      let client = try await host.client(readOnly: true)
      _ = try await client.snapshot()
      await #expect(throws: HypervisorError.readOnly(operation: .reboot)) {
        try await client.perform(.life(TestHypervisor.domain, .reboot))
      }
      let console = try await client.openConsole(of: TestHypervisor.domain)
      await #expect(throws: HypervisorError.failed("can't type into a console: this connection is read-only")) {
        try await console.send([1])
      }
      await #expect(throws: HypervisorError.failed("can't stop the host: this connection is read-only")) {
        try await client.stopHost()
      }
      host.hypervisor.print([5])
      var output = console.output.makeAsyncIterator()
      #expect(await output.next() == [5])
      #expect(host.hypervisor.state.withLock { $0.performed.isEmpty && $0.typed.isEmpty })
    }
  }

  @Test func aReadOnlyHostServesNobodyElse() async throws {
    try await TestHost.run(readOnly: true) { host in
      let client = try await host.client()
      #expect(client.readOnly)
      await #expect(throws: HypervisorError.readOnly(operation: .pause)) {
        try await client.perform(.life(TestHypervisor.domain, .pause))
      }
    }
  }

  @Test func withoutAHostTheClientSaysSo() async throws {
    let scratch = try ScratchDirectory()
    await #expect(
      throws: HypervisorError.disconnected("no host process listens at '\(scratch.path)/host.sock'; 'domus' starts one")
    ) { try await HostClient.connect(socketPath: scratch.path + "/host.sock") }
  }
}
