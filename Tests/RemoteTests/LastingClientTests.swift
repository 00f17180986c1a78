import HypervisorModel
import Synchronization
import Testing

@testable import Remote

@Suite struct BackoffTests {
  @Test func theGapDoublesUntilAConnectionIsGood() {
    let start = ContinuousClock.now
    var backoff = Backoff()
    /// Seconds after the start at which attempts are made, if one is wanted ten times a second.
    func attempts(_ seconds: Range<Int>) -> [Int] {
      (seconds.lowerBound * 10..<seconds.upperBound * 10)
        .filter { backoff.begin(at: start + .milliseconds($0 * 100)) }.map { $0 / 10 }
    }
    #expect(attempts(0..<50) == [0, 1, 3, 7, 15, 30, 45])
    backoff.connectionIsGood()
    #expect(attempts(50..<70) == [60, 61, 63, 67], "also a good one is not tried again at once")
  }
}

@Suite struct LastingClientTests {
  @Test func aHostThatComesBackIsUsedAgain() async throws {
    let second = Mutex<TestHost?>(nil)
    try await TestHost.run { first in
      let lasting = LastingClient(try await first.client()) { () throws(HypervisorError) in
        guard let path = second.withLock({ $0?.directory.socketPath }) else { throw .disconnected("nobody is there") }
        return try await HostClient.connect(socketPath: path)
      }
      #expect(try await lasting.snapshot().domains.count == first.hypervisor.state.withLock(\.domains))
      first.server.stop()
      try await eventually { (try? await lasting.snapshot()) == nil }
      for _ in 0..<3 {
        await #expect(throws: HypervisorError.disconnected("nobody is there")) { try await lasting.snapshot() }
      }
      try await TestHost.run { host in
        second.withLock { $0 = host }
        try await eventually { (try? await lasting.snapshot()) != nil }
        _ = try await lasting.perform(.life(TestHypervisor.domain, .pause))
        #expect(host.hypervisor.state.withLock(\.performed) == [.life(TestHypervisor.domain, .pause)])
      }
    }
  }
}
