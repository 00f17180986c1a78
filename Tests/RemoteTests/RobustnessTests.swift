import FoundationEssentials
import Glibc
import HypervisorModel
import Remote
import Testing

/// A host lives on whatever becomes of its clients.
@Suite struct RobustnessTests {
  private static func openEverything(_ peer: RawPeer) async throws {
    try await peer.greet()
    let domain = String(decoding: try JSONEncoder().encode(TestHypervisor.domain), as: UTF8.self)
    let endless = String(decoding: try JSONEncoder().encode(TestHypervisor.endless), as: UTF8.self)
    try await peer.send(#"{"id":1,"request":"console","body":{"domain":\#(domain),"credit":100000}}"#)
    try await peer.send(#"{"id":2,"request":"events"}"#)
    try await peer.send(#"{"id":3,"request":"perform","body":{"pause":{},"domain":\#(endless)}}"#)
  }

  private static func expectNothingLeft(_ host: TestHost) async throws {
    try await eventually {
      host.hypervisor.state.withLock { $0.openConsoles == 0 && $0.openListeners == 0 && $0.cancelled == 1 }
    }
    let client = try await host.client()
    try await eventually { try await client.hostStatus().clients == 1 }
  }

  @Test func aKilledClientLeavesNothingBehind() async throws {
    try await TestHost.run { host in
      var peer: RawPeer? = try await RawPeer(host.directory.socketPath)
      try await Self.openEverything(#require(peer))
      try await eventually {
        host.hypervisor.state.withLock { $0.openConsoles == 1 && $0.openListeners == 1 && !$0.performed.isEmpty }
      }
      // A child holds the connection, and we no longer do.
      let child = try spawnSleeper(holding: #require(peer).descriptor)
      peer = nil
      #expect(host.hypervisor.state.withLock(\.openConsoles) == 1)
      kill(child, SIGKILL)
      waitpid(child, nil, 0)
      try await Self.expectNothingLeft(host)
    }
  }

  @Test func aKilledClientThatNeverReadLeavesNothingBehind() async throws {
    try await TestHost.run { host in
      var peer: RawPeer? = try await RawPeer(host.directory.socketPath)
      try await Self.openEverything(#require(peer))
      try await eventually { host.hypervisor.state.withLock { $0.openListeners == 1 && !$0.performed.isEmpty } }
      // More than the socket holds and less than the bound: the host waits for room to write.
      let event = HypervisorEvent.progress(work: String(repeating: "w", count: 100_000), fraction: 0.5)
      for _ in 0..<40 { host.hypervisor.state.withLock { $0.listeners[0] }.yield(event) }
      let client = try await host.client()
      for _ in 0..<100 { _ = try await client.snapshot() }
      #expect(try await client.hostStatus().clients == 2)
      client.close()
      peer = nil
      try await Self.expectNothingLeft(host)
    }
  }

  @Test func aClientThatNeverReadsIsDisconnectedAtABound() async throws {
    var limits = ServerLimits()
    limits.unreadBytes = 1 << 20
    try await TestHost.run(limits: limits) { host in
      let peer = try await RawPeer(host.directory.socketPath)
      try await Self.openEverything(peer)
      try await eventually { host.hypervisor.state.withLock { $0.openListeners == 1 && !$0.performed.isEmpty } }
      let event = HypervisorEvent.progress(work: String(repeating: "w", count: 100_000), fraction: 0.5)
      for _ in 0..<40 { host.hypervisor.state.withLock { $0.listeners[0] }.yield(event) }
      try await Self.expectNothingLeft(host)
    }
  }

  @Test func aClientThatAsksAndNeverReadsIsNoLongerAsked() async throws {
    var limits = ServerLimits()
    limits.highWaterMark = 64 << 10
    try await TestHost.run(limits: limits) { host in
      host.hypervisor.state.withLock { $0.domains = 100 }
      let peer = try await RawPeer(host.directory.socketPath)
      try await peer.greet()
      // The answers would be hundreds of megabytes.
      let asking = Task {
        for id in 1...20_000 { try await peer.send(#"{"id":\#(id),"request":"snapshot"}"#) }
      }
      let client = try await host.client()
      for _ in 0..<50 { _ = try await client.snapshot() }
      #expect(try await client.hostStatus().clients == 2)
      asking.cancel()
      _ = try? await asking.value
    }
  }

  @Test func tooManyCallsAtOnceAreRefusedAndTheRestGoesOn() async throws {
    var limits = ServerLimits()
    limits.calls = 2
    limits.streams = 1
    try await TestHost.run(limits: limits) { host in
      let client = try await host.client()
      let calls = (0..<2).map { _ in Task { try await client.perform(.life(TestHypervisor.endless, .pause)) } }
      try await eventually { host.hypervisor.state.withLock(\.performed).count == 2 }
      await #expect(throws: HypervisorError.self) { try await client.snapshot() }
      let events = try await client.events()
      await #expect(throws: HypervisorError.self) { try await client.openConsole(of: TestHypervisor.domain) }
      for call in calls { call.cancel() }
      try await eventually { (try? await client.snapshot()) != nil }
      withExtendedLifetime(events) {}
    }
  }

  @Test func anIdThatIsInUseEndsTheConnection() async throws {
    try await TestHost.run { host in
      let peer = try await RawPeer(host.directory.socketPath)
      try await Self.openEverything(peer)
      try await eventually { !host.hypervisor.state.withLock(\.performed).isEmpty }
      try await peer.send(#"{"id":3,"request":"snapshot"}"#)
      var last: String?
      while let frame = try await peer.receive() { last = frame }
      #expect(last?.contains("the id 3 is that of another call") == true)
      try await Self.expectNothingLeft(host)
    }
  }

  @Test func randomBytesHarmNobody() async throws {
    try await TestHost.run { host in
      let client = try await host.client()
      for _ in 0..<50 {
        let peer = try await RawPeer(host.directory.socketPath)
        try await peer.greet()
        var bytes = (0..<Int.random(in: 1...2000)).map { _ in UInt8.random(in: 0...255) }
        if Bool.random() { bytes = RawPeer.frame(String(decoding: bytes, as: UTF8.self)) }
        _ = bytes.withUnsafeBytes { send(peer.descriptor, $0.baseAddress, $0.count, CInt(MSG_NOSIGNAL)) }
      }
      _ = try await client.snapshot()
      try await eventually { try await client.hostStatus().clients == 1 }
    }
  }

  @Test func framesWithAFewWrongBytesHarmNobody() async throws {
    try await TestHost.run { host in
      let domain = String(decoding: try JSONEncoder().encode(TestHypervisor.domain), as: UTF8.self)
      let frames = [
        #"{"id":1,"request":"console","body":{"domain":\#(domain),"credit":100000}}"#,
        #"{"id":2,"request":"input","body":{"console":1,"bytes":"AAAA"}}"#,
        #"{"id":3,"request":"credit","body":{"console":1,"bytes":5}}"#,
        #"{"id":4,"request":"perform","body":{"sched-credit2":{"values":{"weight":9,"cap":5}},"domain":\#(domain)}}"#,
        #"{"id":5,"request":"cancel","body":{"target":1}}"#,
      ]
      for _ in 0..<60 {
        let peer = try await RawPeer(host.directory.socketPath)
        try await peer.greet()
        for frame in frames {
          var bytes = Array(frame.utf8)
          for _ in 0..<Int.random(in: 0...2) { bytes[Int.random(in: 0..<bytes.count)] = UInt8.random(in: 32...126) }
          bytes = RawPeer.frame(String(decoding: bytes, as: UTF8.self))
          _ = bytes.withUnsafeBytes { send(peer.descriptor, $0.baseAddress, $0.count, CInt(MSG_NOSIGNAL)) }
        }
      }
      let client = try await host.client()
      try await eventually { try await client.hostStatus().clients == 1 }
      try await eventually { host.hypervisor.state.withLock(\.openConsoles) == 0 }
    }
  }

  @Test func nonsenseAboutStreamsIsIgnoredOrRefused() async throws {
    try await TestHost.run { host in
      let peer = try await RawPeer(host.directory.socketPath)
      try await peer.greet()
      try await peer.send(#"{"id":1,"request":"credit","body":{"console":77,"bytes":-9223372036854775808}}"#)
      try await peer.send(#"{"id":1,"request":"cancel","body":{"target":18446744073709551615}}"#)
      try await peer.send(#"{"id":1,"request":"input","body":{"console":77,"bytes":"AAAA"}}"#)
      #expect(try await peer.receive()?.contains("no console is open under the id 77") == true)
      try await peer.send(#"{"id":1,"request":"input","body":{"console":77,"bytes":"?!"}}"#)
      #expect(try await peer.receive()?.contains("can't be understood") == true)
    }
  }
}

/// A process that does nothing but hold the connection `descriptor` open.
private func spawnSleeper(holding descriptor: CInt) throws -> pid_t {
  var actions = posix_spawn_file_actions_t()
  posix_spawn_file_actions_init(&actions)
  defer { posix_spawn_file_actions_destroy(&actions) }
  posix_spawn_file_actions_adddup2(&actions, descriptor, 0)
  var arguments: [UnsafeMutablePointer<CChar>?] = [strdup("sleep"), strdup("1000"), nil]
  defer { for argument in arguments { free(argument) } }
  var pid: pid_t = 0
  try #require(posix_spawnp(&pid, "sleep", &actions, nil, &arguments, environ) == 0)
  return pid
}
