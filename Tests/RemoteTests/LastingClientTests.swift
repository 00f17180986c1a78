import HypervisorModel
import Remote
import Synchronization
import Testing

@Suite struct LastingClientTests {
  @Test func aHostThatComesBackIsUsedAgain() async throws {
    let second = Mutex<TestHost?>(nil)
    let attempts = Atomic(0)
    try await TestHost.run { first in
      let lasting = LastingClient(try await first.client()) { () throws(HypervisorError) in
        attempts.add(1, ordering: .relaxed)
        guard let path = second.withLock({ $0?.directory.socketPath }) else { throw .disconnected("nobody is there") }
        return try await HostClient.connect(socketPath: path)
      }
      #expect(try await lasting.snapshot().domains.count == first.hypervisor.state.withLock(\.domains))
      first.server.stop()
      try await eventually { (try? await lasting.snapshot()) == nil }
      for _ in 0..<3 {
        await #expect(throws: HypervisorError.disconnected("nobody is there")) { try await lasting.snapshot() }
      }
      #expect(attempts.load(ordering: .relaxed) == 1, "not each call is an attempt")
      try await TestHost.run { host in
        second.withLock { $0 = host }
        try await eventually { (try? await lasting.snapshot()) != nil }
        _ = try await lasting.perform(.pause(TestHypervisor.domain))
        #expect(host.hypervisor.state.withLock(\.performed) == [.pause(TestHypervisor.domain)])
      }
    }
  }
}
