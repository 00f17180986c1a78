import HypervisorModel
import Remote
import Testing

@Suite struct ConsoleTests {
  private static func read(_ stream: ConsoleStream, _ count: Int) async -> [UInt8] {
    var bytes: [UInt8] = []
    for await chunk in stream.output {
      bytes += chunk
      if bytes.count >= count { break }
    }
    return bytes
  }

  @Test func consolesOfOneConnectionKeepApart() async throws {
    try await TestHost.run { host in
      let client = try await host.client()
      var consoles: [ConsoleStream] = []
      for _ in 0..<5 { consoles.append(try await client.openConsole(of: TestHypervisor.domain)) }
      for (number, console) in consoles.enumerated() {
        try await console.send(Array(repeating: UInt8(number), count: 100_000))
      }
      for (number, console) in consoles.enumerated() {
        #expect(await Self.read(console, 100_000) == Array(repeating: UInt8(number), count: 100_000))
      }
    }
  }

  @Test func aConsoleThatCannotBeOpenedSaysWhy() async throws {
    try await TestHost.run { host in
      let client = try await host.client()
      await #expect(throws: HypervisorError.noSuchDomain("8")) {
        try await client.openConsole(of: TestHypervisor.endless)
      }
    }
  }

  @Test func closingOrForgettingAConsoleClosesItInTheHost() async throws {
    try await TestHost.run { host in
      let client = try await host.client()
      let console = try await client.openConsole(of: TestHypervisor.domain)
      _ = try await client.openConsole(of: TestHypervisor.domain)
      try await eventually { host.hypervisor.state.withLock(\.openConsoles) == 1 }
      console.close()
      try await eventually { host.hypervisor.state.withLock(\.openConsoles) == 0 }
      #expect(await Self.read(console, 1).isEmpty)
    }
  }

  @Test func aConsoleEndsWithItsDomainAfterItsLastBytes() async throws {
    try await TestHost.run { host in
      let client = try await host.client()
      let console = try await client.openConsole(of: TestHypervisor.domain)
      host.hypervisor.print(Array(repeating: 1, count: 200_000))
      host.hypervisor.state.withLock { $0.consoles[0] }.finish()
      #expect(await Self.read(console, .max).count == 200_000)
      try await eventually { host.hypervisor.state.withLock(\.openConsoles) == 0 }
    }
  }

  @Test func aFloodReachesAReaderWholeOrWithItsGapsMarked() async throws {
    try await TestHost.run { host in
      let client = try await host.client()
      let console = try await client.openConsole(of: TestHypervisor.domain)
      let total = 20_000_000
      for _ in 0..<2000 { host.hypervisor.print(Array(repeating: UInt8(ascii: "x"), count: 10_000)) }
      host.hypervisor.state.withLock { $0.consoles[0] }.finish()
      let output = await Self.read(console, .max)
      let text = String(decoding: output, as: UTF8.self)
      let lost = text.split(separator: "\r\n").compactMap { line -> Int? in
        guard line.hasPrefix("[domus: ") else { return nil }
        return Int(line.dropFirst("[domus: ".count).prefix { $0.isNumber })
      }
      #expect(output.count { $0 == UInt8(ascii: "x") } + lost.reduce(0, +) == total)
    }
  }

  @Test func aClientThatReadsNoConsoleCostsTheHostABoundedBacklog() async throws {
    try await TestHost.run { host in
      let client = try await host.client()
      let console = try await client.openConsole(of: TestHypervisor.domain)
      for _ in 0..<300 { host.hypervisor.print(Array(repeating: 0, count: 10_000)) }
      host.hypervisor.print([7])
      // Other calls go on meanwhile.
      for _ in 0..<50 { _ = try await client.snapshot() }
      host.hypervisor.state.withLock { $0.consoles[0] }.finish()
      // The host has taken all of it from the guest, though nobody read a byte.
      try await eventually { host.hypervisor.state.withLock(\.openConsoles) == 0 }
      let output = await Self.read(console, .max)
      #expect(output.last == 7)
      #expect(output.count < 2 * (256 << 10) + 1000)
      #expect(String(decoding: output, as: UTF8.self).contains(" bytes of output skipped]"))
    }
  }

  @Test func typedBytesThatTheGuestDoesNotTakeAreRefusedAtABound() async throws {
    var limits = ServerLimits()
    limits.consoleInput = 1000
    try await TestHost.run(limits: limits) { host in
      let client = try await host.client()
      let console = try await client.openConsole(of: TestHypervisor.domain)
      host.hypervisor.state.withLock { $0.blocksInput = true }
      let outcomes = await withTaskGroup(of: Bool.self) { group in
        for _ in 0..<2 {
          group.addTask { (try? await console.send(Array(repeating: 1, count: 900))) != nil }
        }
        var outcomes: [Bool] = []
        for await taken in group {
          outcomes.append(taken)
          host.hypervisor.state.withLock { $0.blocksInput = false }
        }
        return outcomes
      }
      #expect(outcomes == [false, true])
      #expect(host.hypervisor.state.withLock(\.typed).count == 900)
    }
  }
}
