import FoundationEssentials
import HypervisorModel
import Synchronization
import Testing

@testable import DomusEngine

@Suite struct GuestAgentTests {
  /// A guest that answers each line with what `reply` says, on another thread.
  final class Guest: Sendable {
    let lines = Recorder<String>()
    private let agentSlot = Mutex<GuestAgent?>(nil)
    private let reply: @Sendable (String, Int64?) -> [String]

    init(reply: @escaping @Sendable (_ command: String, _ id: Int64?) -> [String]) { self.reply = reply }

    func makeAgent(limits: GuestAgent.Limits, isOpen: Bool = true) -> GuestAgent {
      let agent = GuestAgent(domain: "d1", limits: limits, isOpen: { isOpen }, send: { [self] in take($0) })
      agentSlot.withLock { $0 = agent }
      return agent
    }

    private func take(_ bytes: [UInt8]) -> Int {
      let line = String(decoding: bytes.drop { $0 == 0xff }, as: UTF8.self)
      lines.append(line)
      let command = String(line.split(separator: "\"")[3])
      let id = line.split(separator: "\"id\":").last.flatMap { Int64($0.prefix { $0.isNumber }) }
      let answers = reply(command, id)
      let agent = agentSlot.withLock { $0 }
      Task { for answer in answers { agent?.receive(Array(answer.utf8)) } }
      return bytes.count
    }
  }

  private let patient = GuestAgent.Limits(answer: .seconds(60), refusal: .seconds(60))
  private let hasty = GuestAgent.Limits(answer: .seconds(60), refusal: .milliseconds(1))
  private let impatient = GuestAgent.Limits(answer: .milliseconds(20), refusal: .milliseconds(1))

  private static let wellBehaved: @Sendable (String, Int64?) -> [String] = { command, id in
    switch command {
    case "guest-sync-delimited": ["{\"return\": 99}\n", "\u{0}garbage\n{\"return\": \(id ?? 0)}\n"]
    case "guest-ping": ["{\"return\": {}}\n"]
    default: []
    }
  }

  @Test func silenceAfterTheRequestIsSuccess() async throws {
    let guest = Guest(reply: Self.wellBehaved)
    try await guest.makeAgent(limits: hasty).request(.powerdown)
    #expect(
      guest.lines.all.last == "{\"execute\":\"guest-shutdown\",\"arguments\":{\"mode\":\"powerdown\"}}\n")
    #expect(guest.lines.all.count == 2)
  }

  @Test func aPingIsAnswered() async throws {
    try await Guest(reply: Self.wellBehaved).makeAgent(limits: patient).ping()
  }

  @Test func theConsolesSizeGoesToSttyWhoseEndIsAskedFor() async throws {
    let questions = Mutex(0)
    let guest = Guest { command, id in
      switch command {
      case "guest-exec": return ["{\"return\": {\"pid\": 7}}\n"]
      case "guest-exec-status":
        let count = questions.withLock { count in
          count += 1
          return count
        }
        return ["{\"return\": {\"exited\": \(count > 1)\(count > 1 ? ", \"exitcode\": 0" : "")}}\n"]
      default: return Self.wellBehaved(command, id)
      }
    }
    try await guest.makeAgent(limits: patient).resizeConsole(columns: 132, rows: 50)
    #expect(guest.lines.all[1].contains(#""path":"stty","arg":["-F","/dev/console","rows","50","columns","132"]"#))
    #expect(guest.lines.all.count == 4 && guest.lines.all[3].contains(#""pid":7"#))
  }

  @Test func aProgramThatFailsIsAFailure() async {
    let guest = Guest { command, id in
      switch command {
      case "guest-exec": ["{\"return\": {\"pid\": 7}}\n"]
      case "guest-exec-status": ["{\"return\": {\"exited\": true, \"exitcode\": 1}}\n"]
      default: Self.wellBehaved(command, id)
      }
    }
    await #expect(throws: HypervisorError.failed("stty failed in domain 'd1'")) {
      try await guest.makeAgent(limits: patient).resizeConsole(columns: 80, rows: 24)
    }
  }

  @Test func requestsWaitForEachOther() async throws {
    let agent = Guest(reply: Self.wellBehaved).makeAgent(limits: patient)
    try await withThrowingTaskGroup(of: Void.self) { group in
      for _ in 0..<8 { group.addTask { try await agent.ping() } }
      try await group.waitForAll()
    }
  }

  @Test func theOlderSynchronisationIsTriedToo() async throws {
    let guest = Guest { command, id in
      switch command {
      case "guest-sync": ["{\"return\": \(id ?? 0)}\n"]
      case "guest-sync-delimited": ["{\"error\": {\"class\": \"CommandNotFound\", \"desc\": \"no\"}}\n"]
      default: []
      }
    }
    try await guest.makeAgent(limits: hasty).request(.reboot)
    #expect(guest.lines.all.count == 3)
  }

  @Test func aRefusalIsToldWithoutControlCharacters() async {
    let guest = Guest { command, id in
      command == "guest-shutdown"
        ? ["{\"error\": {\"class\": \"GenericError\", \"desc\": \"no \\u001b[2J\"}}\n"] : Self.wellBehaved(command, id)
    }
    await #expect(throws: HypervisorError.failed("the guest agent of domain 'd1' refused to shut down: no ?[2J")) {
      try await guest.makeAgent(limits: patient).request(.halt)
    }
  }

  @Test func nobodyThereIsNoAgent() async {
    let guest = Guest { _, _ in [] }
    await #expect(throws: HypervisorError.noAgent(domain: "d1")) {
      try await guest.makeAgent(limits: impatient).request(.powerdown)
    }
    await #expect(throws: HypervisorError.noAgent(domain: "d1")) {
      try await guest.makeAgent(limits: patient, isOpen: false).request(.powerdown)
    }
    #expect(guest.lines.all.count == 1)
  }

  @Test func requestsTravelThroughThePortOfAConsoleDevice() async throws {
    let (console, agent) = GuestAgent.withConsole(domain: "d1", limits: hasty, output: { _ in })
    let driver = try VirtioTestDriver(console)
    driver.start(1 << 32 | 3, queues: 6)
    let buffer = VirtioTestDriver.buffers
    // The guest opens port 1 and gives it a buffer for what comes.
    driver.fill(buffer, [1, 0, 0, 0, 6, 0, 1, 0])
    driver.chain(3, [.init(address: buffer, count: 8)])
    driver.offer(3, head: 0)
    driver.chain(4, [.init(address: buffer + 0x1000, count: 4096, flags: VirtioTestDriver.writable)])
    driver.offer(4, head: 0)
    driver.kick(3)

    let request = Task { try await agent.request(.powerdown) }
    while driver.takeUsed(4).isEmpty { await Task.yield() }
    let line = driver.bytes(buffer + 0x1000, 200)
    #expect(line.first == 0xff)
    let id = String(decoding: line, as: UTF8.self).split(separator: "\"id\":")[1].prefix { $0.isNumber }

    let answer = [0xff] + Array("{\"return\": \(id)}\n".utf8)
    driver.fill(buffer + 0x2000, answer)
    driver.chain(5, [.init(address: buffer + 0x2000, count: UInt32(answer.count))])
    driver.offer(5, head: 0)
    driver.kick(5)
    try await request.value
  }

  @Test func aFullPortIsNoAgent() async {
    let agent = GuestAgent(domain: "d1", isOpen: { true }, send: { _ in 0 })
    await #expect(throws: HypervisorError.noAgent(domain: "d1")) { try await agent.ping() }
  }

  @Test func anEndingDomainEndsTheWait() async throws {
    let slot = Mutex<GuestAgent?>(nil)
    let guest = Guest { command, id in
      if command == "guest-shutdown" { slot.withLock { $0 }?.domainEnded() }
      return Self.wellBehaved(command, id)
    }
    let agent = guest.makeAgent(limits: patient)
    slot.withLock { $0 = agent }
    try await agent.request(.powerdown)
    await #expect(throws: HypervisorError.noAgent(domain: "d1")) { try await agent.ping() }
  }

  @Test func aClosedPortEndsTheWait() async {
    let slot = Mutex<GuestAgent?>(nil)
    let guest = Guest { _, _ in
      slot.withLock { $0 }?.openChanged(false)
      return []
    }
    let agent = guest.makeAgent(limits: impatient)
    slot.withLock { $0 = agent }
    await #expect(throws: HypervisorError.noAgent(domain: "d1")) { try await agent.ping() }
  }

  @Test func garbageWithoutEndIsBoundedAndSurvived() async throws {
    let guest = Guest { command, id in
      let flood = String(repeating: "[", count: 100_000)
      return command == "guest-sync-delimited"
        ? [flood, flood, "\n", "{\"return\":\n", "{\"return\": 1e400}\n", "{}\n", "\n\n", "{\"return\": \(id ?? 0)}\n"]
        : Self.wellBehaved(command, id)
    }
    try await guest.makeAgent(limits: patient).ping()
  }

  @Test(arguments: 1...5 as ClosedRange<UInt64>) func randomAnswersAreSurvived(seed: UInt64) async {
    let guest = Guest { _, _ in
      var random = SeededGenerator(seed: seed)
      let alphabet = Array("{}[]\":,returnerrordescclass0123456789\n\\ ")
      return (0..<50).map { _ in String((0..<200).map { _ in alphabet.randomElement(using: &random) ?? "x" }) }
    }
    await #expect(throws: HypervisorError.noAgent(domain: "d1")) {
      try await guest.makeAgent(limits: impatient).request(.powerdown)
    }
  }
}
