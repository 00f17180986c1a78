import HypervisorModel
import NIOCore
import Remote
import Testing

@Suite struct HandshakeTests {
  @Test func aClientIsWelcomedWithTheHostsVersion() async throws {
    try await TestHost.run { host in
      let client = try await host.client()
      #expect(client.hostVersion == "9.9")
      #expect(!client.readOnly)
      #expect(try await host.client(readOnly: true).readOnly)
    }
  }

  @Test func anotherProtocolVersionIsRefusedWithBothVersions() async throws {
    try await TestHost.run { host in
      let peer = try await RawPeer(host.directory.socketPath)
      try await peer.send(
        #"{"id":0,"request":"hello","body":{"protocolVersion":99,"readOnly":false,"client":"new","clientVersion":"5"}}"#
      )
      let answer = try #require(try await peer.receive())
      #expect(answer.contains(#""refused""#) && answer.contains("protocol 2") && answer.contains("protocol 99"))
      #expect(try await peer.receive() == nil)
    }
  }

  @Test func unknownFieldsAreIgnored() async throws {
    try await TestHost.run { host in
      let peer = try await RawPeer(host.directory.socketPath)
      try await peer.send(
        #"{"new":[1,{}],"id":4,"request":"hello","body":{"colour":"red","protocolVersion":2,"readOnly":false,"#
          + #""client":"raw","clientVersion":""}}"#)
      #expect(try await peer.receive()?.contains(#""welcome""#) == true)
    }
  }

  @Test(arguments: [
    #"{"id":0,"request":"snapshot"}"#, #"{"id":0,"request":"conquer"}"#, #"{"id":0,"request":"hello"}"#,
  ])
  func anythingButAHelloAtFirstEndsTheConnection(_ frame: String) async throws {
    try await TestHost.run { host in
      let peer = try await RawPeer(host.directory.socketPath)
      try await peer.send(frame)
      #expect(try await peer.receive()?.contains("the first frame must be a hello") == true)
      #expect(try await peer.receive() == nil)
    }
  }

  @Test func aClientThatSaysNothingIsDisconnected() async throws {
    var limits = ServerLimits()
    limits.handshake = .milliseconds(20)
    try await TestHost.run(limits: limits) { host in
      let peer = try await RawPeer(host.directory.socketPath)
      #expect(try await peer.receive()?.contains("no hello came") == true)
      #expect(try await peer.receive() == nil)
    }
  }

  @Test func moreClientsThanTheLimitAreRefused() async throws {
    var limits = ServerLimits()
    limits.clients = 2
    try await TestHost.run(limits: limits) { host in
      let clients = [try await host.client(), try await host.client()]
      await #expect(throws: HypervisorError.self) { try await host.client() }
      for client in clients { #expect(try await client.hostStatus().clients == 2) }
      clients[0].close()
      try await eventually { (try? await host.client()) != nil }
    }
  }

  @Test func aFloodOfConnectionsIsRefusedAndLeavesThoseThatAreThereAlone() async throws {
    var limits = ServerLimits()
    limits.clients = 2
    try await TestHost.run(limits: limits) { host in
      let client = try await host.client()
      var peers: [RawPeer] = []
      for _ in 0..<60 { peers.append(try await RawPeer(host.directory.socketPath)) }
      _ = try await client.snapshot()
      for peer in peers.dropFirst() {
        guard let answer = try await peer.receive() else { continue }
        #expect(answer.contains("2 clients are connected already"))
      }
    }
  }

  @Test func aHostHasNoMoreClientsThanThereAreDescriptorsFor() {
    #expect(ServerLimits(freeDescriptors: 100).clients == 20)
    #expect(ServerLimits(freeDescriptors: 10).clients == 2)
    #expect(ServerLimits(freeDescriptors: .max).clients == ServerLimits().clients)
  }

  @Test(arguments: [
    Array("GET / HTTP/1.1\r\n\r\n".utf8), [0, 0, 0, 0], [0, 16, 0, 1], RawPeer.frame("[]"), RawPeer.frame("{\"id\":"),
    RawPeer.frame(#"{"id":-1,"request":"snapshot"}"#), RawPeer.frame(#"{"id":1}"#), RawPeer.frame("\u{0}\u{0}"),
    RawPeer.frame(String(repeating: "[", count: 100_000)),
  ])
  func aMangledFrameEndsTheConnectionWithAReason(_ bytes: [UInt8]) async throws {
    try await TestHost.run { host in
      for greets in [false, true] {
        let peer = try await RawPeer(host.directory.socketPath)
        if greets { try await peer.greet() }
        try await peer.send(bytes)
        #expect(try await peer.receive()?.contains(#""refused""#) == true)
        #expect(try await peer.receive() == nil)
      }
      _ = try await host.client().snapshot()
    }
  }

  @Test(arguments: [
    (
      Array("Welcome to Debian GNU/Linux\n".utf8),
      "text came before the protocol: 'Welcome to Debian GNU/Linux'; if a start-up file of the shell there prints it"
    ),
    ([0xFF, 1, 2, 3], "a frame that claims 4278256131 bytes, where at most 16777216 are allowed"),
  ])
  func aPeerThatIsNoDomusHostIsNamedSo(_ bytes: [UInt8], _ expected: String) async throws {
    let (client, peer) = try socketPair()
    let raw = RawPeer(descriptor: peer)
    let connected = Task { try await HostClient.connect(input: client.input, output: client.output) }
    try await raw.send(bytes)
    do {
      _ = try await connected.value
      Issue.record("it was taken for a host")
    } catch {
      #expect("\(error)".contains(expected))
    }
  }
}
