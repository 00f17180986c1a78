import FoundationEssentials
import Glibc
import HypervisorModel
import Remote
import Testing

/// A client lives on whatever the other side is.
@Suite struct RogueHostTests {
  /// Receives a frame, which has to ask for `request`, and answers its id.
  private static func receive(_ request: String, from host: RawPeer) async throws -> UInt64 {
    let frame = try #require(try await host.receive())
    #expect(frame.contains("\"\(request)\""))
    return try JSONDecoder().decode(ReceivedFrame.self, from: Data(frame.utf8)).id
  }

  /// A client that is past the handshake with a host that the test plays.
  private static func connect() async throws -> (HostClient, RawPeer) {
    let (ends, peer) = try socketPair()
    let host = RawPeer(descriptor: peer)
    let client = Task { try await HostClient.connect(input: ends.input, output: ends.output) }
    let id = try await Self.receive("hello", from: host)
    try await host.send(
      #"{"id":\#(id),"reply":"welcome","body":{"protocolVersion":2,"hostVersion":"r","readOnly":false,"mood":"odd"}}"#)
    return (try await client.value, host)
  }

  @Test func aHostOfAnotherProtocolIsRefused() async throws {
    let (ends, peer) = try socketPair()
    let host = RawPeer(descriptor: peer)
    let client = Task { try await HostClient.connect(input: ends.input, output: ends.output) }
    let id = try await Self.receive("hello", from: host)
    try await host.send(
      #"{"id":\#(id),"reply":"welcome","body":{"protocolVersion":3,"hostVersion":"r","readOnly":false}}"#)
    await #expect(
      throws: HypervisorError.protocolViolation("the host speaks protocol 3, and this program protocol 2")
    ) { try await client.value }
  }

  @Test func aRefusalIsShownWithItsReason() async throws {
    let (ends, peer) = try socketPair()
    let host = RawPeer(descriptor: peer)
    let client = Task { try await HostClient.connect(input: ends.input, output: ends.output) }
    let id = try await Self.receive("hello", from: host)
    try await host.send(#"{"id":\#(id),"reply":"refused","body":{"reason":"the house is full"}}"#)
    await #expect(
      throws: HypervisorError.protocolViolation("the host refused this client: the house is full")
    ) { try await client.value }
  }

  @Test func aConnectionThatEndsInsideAFrameBrokeOff() async throws {
    let (client, peer) = try await Self.connect()
    var host: RawPeer? = peer
    let call = Task { try await client.snapshot() }
    let id = try await Self.receive("snapshot", from: peer)
    try await host?.send(Array(RawPeer.frame(#"{"id":\#(id),"reply":"result"}"#).dropLast(3)))
    shutdown(peer.descriptor, CInt(SHUT_WR))
    host = nil
    await #expect(throws: HypervisorError.disconnected("the connection to the host broke off")) {
      try await call.value
    }
  }

  @Test func unknownRepliesAndEventsAreLeftOut() async throws {
    let (client, host) = try await Self.connect()
    let opening = Task { try await client.events() }
    let id = try await Self.receive("events", from: host)
    try await host.send(#"{"id":\#(id),"reply":"applause"}"#)
    try await host.send(#"{"id":\#(UInt64.max),"reply":"result","body":{}}"#)
    try await host.send(#"{"id":\#(id),"reply":"result","body":{}}"#)
    try await host.send(#"{"id":\#(id),"reply":"event","body":{"exploded":{"loudly":true}}}"#)
    try await host.send(#"{"id":\#(id),"reply":"event","body":{"progress":{"work":"save","fraction":0.5}}}"#)
    try await host.send(#"{"id":\#(id),"reply":"end","body":{}}"#)
    var received: [HypervisorEvent] = []
    for await event in try await opening.value { received.append(event) }
    #expect(received == [.progress(work: "save", fraction: 0.5)])
  }

  @Test func aHostThatSendsMoreThanItsCreditIsDisconnected() async throws {
    let (client, host) = try await Self.connect()
    let opening = Task { try await client.openConsole(of: TestHypervisor.domain) }
    let id = try await Self.receive("console", from: host)
    try await host.send(#"{"id":\#(id),"reply":"result","body":{}}"#)
    let console = try await opening.value
    let bytes = String(repeating: "AAAA", count: 10_000)
    for _ in 0..<9 { try await host.send(#"{"id":\#(id),"reply":"data","body":{"bytes":"\#(bytes)"}}"#) }
    while try await host.receive() != nil {}
    await #expect(throws: HypervisorError.self) { try await console.send([1]) }
    await #expect(throws: HypervisorError.self) { try await client.snapshot() }
  }

  @Test func anAnswerThatDoesNotFitItsCallFailsThatCallAlone() async throws {
    let (client, host) = try await Self.connect()
    let call = Task { try await client.snapshot() }
    let id = try await Self.receive("snapshot", from: host)
    try await host.send(#"{"id":\#(id),"reply":"result","body":{"time":"noon"}}"#)
    await #expect(throws: HypervisorError.self) { try await call.value }
    let status = Task { try await client.hostStatus() }
    let next = try await Self.receive("hostStatus", from: host)
    try await host.send(
      #"{"id":\#(next),"reply":"result","body":{"pid":1,"uptime":2,"version":"","clients":1,"socketPath":"","logPath":""}}"#
    )
    #expect(try await status.value.pid == 1)
  }
}
