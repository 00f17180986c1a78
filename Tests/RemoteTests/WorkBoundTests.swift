import FoundationEssentials
import Glibc
import HypervisorModel
import Remote
import Testing

/// What one client asks for can't keep the host from answering others.
@Suite struct WorkBoundTests {
  @Test func anAbandonedCallCountsUntilItsWorkEnds() async throws {
    var limits = ServerLimits()
    limits.calls = 2
    try await TestHost.run(limits: limits) { host in
      host.hypervisor.state.withLock { $0.holdsWork = true }
      let client = try await host.client()
      let calls = (0..<2).map { _ in Task { try await client.perform(.life(TestHypervisor.stubborn, .pause)) } }
      try await eventually { host.hypervisor.state.withLock(\.performed).count == 2 }
      for call in calls { call.cancel() }
      for call in calls { await #expect(throws: HypervisorError.self) { try await call.value } }
      await #expect(throws: HypervisorError.self) { try await client.perform(.life(TestHypervisor.domain, .pause)) }
      host.hypervisor.state.withLock { $0.holdsWork = false }
      try await eventually { (try? await client.perform(.life(TestHypervisor.domain, .pause))) != nil }
    }
  }

  @Test func anIdOfAnAbandonedCallMayBeUsedAgainWhileItsWorkGoesOn() async throws {
    try await TestHost.run { host in
      host.hypervisor.state.withLock { $0.holdsWork = true }
      let peer = try await RawPeer(host.directory.socketPath)
      try await peer.greet()
      let domain = String(decoding: try JSONEncoder().encode(TestHypervisor.stubborn), as: UTF8.self)
      try await peer.send(#"{"id":1,"request":"perform","body":{"pause":{},"domain":\#(domain)}}"#)
      try await peer.send(#"{"id":2,"request":"cancel","body":{"target":1}}"#)
      try await peer.send(#"{"id":1,"request":"snapshot"}"#)
      #expect(try await peer.receive()?.contains(#""domains""#) == true)
      host.hypervisor.state.withLock { $0.holdsWork = false }
      try await peer.send(#"{"id":3,"request":"hostStatus"}"#)
      #expect(try await peer.receive()?.contains(#""id":3"#) == true, "the abandoned call has no answer")
    }
  }

  @Test func tracesThatAreAskedForAndCancelledCostNothing() async throws {
    try await TestHost.run { host in
      host.hypervisor.state.withLock { $0.holdsWork = true }
      let peer = try await RawPeer(host.directory.readOnlySocketPath)
      try await peer.greet()
      for id in 1...2000 {
        try await peer.send(#"{"id":\#(id),"request":"perform","body":{"sched-trace":{"pool":"p"}}}"#)
        try await peer.send(#"{"id":\#(id),"request":"cancel","body":{"target":\#(id)}}"#)
      }
      let client = try await host.client()
      _ = try await client.snapshot()
      #expect(host.hypervisor.state.withLock(\.traces) <= 2)
      host.hypervisor.state.withLock { $0.holdsWork = false }
      try await peer.send(#"{"id":1,"request":"snapshot"}"#)
      var answers: [String] = []
      while answers.last?.contains(#""domains""#) != true { answers.append(try #require(try await peer.receive())) }
      #expect(answers.allSatisfy { !$0.contains(#""trace""#) })
    }
  }

  @Test func readersThatAskForMuchAndHangUpLeaveTheOwnerAlone() async throws {
    try await TestHost.run { host in
      host.hypervisor.state.withLock { $0.holdsWork = true }
      for _ in 0..<10 {
        let peer = try await RawPeer(host.directory.readOnlySocketPath)
        try await peer.greet()
        for id in 1...128 {
          try await peer.send(#"{"id":\#(id),"request":"perform","body":{"sched-trace":{"pool":"p"}}}"#)
        }
      }
      let client = try await host.client()
      for _ in 0..<20 { _ = try await client.snapshot() }
      try await eventually { try await client.hostStatus().clients == 1 }
      #expect(host.hypervisor.state.withLock(\.traces) <= ServerLimits().answersOfReaders)
      host.hypervisor.state.withLock { $0.holdsWork = false }
      let reader = try await host.reader()
      _ = try await reader.snapshot()
      #expect(host.hypervisor.state.withLock(\.traces) <= ServerLimits().answersOfReaders)
    }
  }

  @Test func requestsThatWaitAreBoundedInBytes() async throws {
    try await TestHost.run { host in
      host.hypervisor.state.withLock { $0.holdsWork = true }
      let peer = try await RawPeer(host.directory.socketPath)
      try await peer.greet()
      let text = String(repeating: "#", count: 900_000)
      for id in 1...2 {
        try await peer.send(#"{"id":\#(id),"request":"perform","body":{"sched-trace":{"pool":"p"}}}"#)
      }
      for id in 3...5 {
        try await peer.send(
          #"{"id":\#(id),"request":"perform","body":{"create-dryrun":{"#
            + #""file":{"name":"a","text":"\#(text)","settings":[],"directory":"/"}}}}"#)
      }
      let refusal = try #require(try await peer.receive())
      #expect(refusal.contains(#""id":5"#) && refusal.contains("exhausted"))
      host.hypervisor.state.withLock { $0.holdsWork = false }
    }
  }

  @Test func whoLeavesMoreThanTheAverageUnreadIsDisconnectedWhenAllTogetherLeaveTooMuch() async throws {
    var limits = ServerLimits()
    limits.unreadBytesOfAll = 2 << 20
    try await TestHost.run(limits: limits) { host in
      let greedy = try await RawPeer(host.directory.readOnlySocketPath)
      try await greedy.greet()
      try await greedy.send(#"{"id":1,"request":"events"}"#)
      try await eventually { host.hypervisor.state.withLock(\.openListeners) == 1 }
      let modest = try await host.reader()
      let event = HypervisorEvent.progress(work: String(repeating: "w", count: 100_000), fraction: 0.5)
      for _ in 0..<60 { host.hypervisor.state.withLock { $0.listeners[0] }.yield(event) }
      try await eventually { host.hypervisor.state.withLock(\.openListeners) == 0 }
      _ = try await modest.snapshot()
    }
  }

  @Test func allConsolesOfAClientShareOneBacklog() async throws {
    var limits = ServerLimits()
    limits.consoleBacklogs = 100_000
    try await TestHost.run(limits: limits) { host in
      let peer = try await RawPeer(host.directory.socketPath)
      try await peer.greet()
      let domain = String(decoding: try JSONEncoder().encode(TestHypervisor.domain), as: UTF8.self)
      for id in 1...10 {
        try await peer.send(#"{"id":\#(id),"request":"console","body":{"domain":\#(domain),"credit":0}}"#)
        #expect(try await peer.receive()?.contains(#""result""#) == true)
      }
      for number in 0..<10 { host.hypervisor.print(Array(repeating: 1, count: 50_000), console: number) }
      for number in 0..<10 { host.hypervisor.state.withLock { $0.consoles[number] }.finish() }
      try await eventually { host.hypervisor.state.withLock(\.openConsoles) == 0 }
      for id in 1...10 {
        try await peer.send(#"{"id":\#(id),"request":"credit","body":{"console":\#(id),"bytes":1000000}}"#)
      }
      var bytes = 0
      var ends = 0
      while ends < 10 {
        let frame = try #require(try await peer.receive())
        if frame.contains(#""end""#) { ends += 1 } else { bytes += frame.utf8.count * 3 / 4 }
      }
      #expect(bytes < 120_000)
    }
  }
}
