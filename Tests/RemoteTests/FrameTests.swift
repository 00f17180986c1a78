import FoundationEssentials
import HypervisorModel
import NIOCore
import Remote
import Testing

@Suite struct FrameTests {
  @Test func aFrameIsCutOutOnlyWhenItIsWhole() throws {
    let whole = try #require(WireProtocol.frame(["a": 1], limit: 100))
    var buffer = ByteBuffer()
    for byte in Array(whole.readableBytesView).dropLast() {
      buffer.writeInteger(byte)
      #expect(try FrameDecoder.nextBody(in: &buffer, limit: 100) == nil)
    }
    buffer.writeBytes("}}".utf8)
    let body = try #require(try FrameDecoder.nextBody(in: &buffer, limit: 100))
    #expect(String(buffer: body) == #"{"a":1}"#)
    #expect(buffer.readableBytes == 1)
  }

  @Test func aFrameOfNoLengthOrTooMuchIsRefusedByItsFirstBytes() {
    var empty = ByteBuffer(bytes: [0, 0, 0, 0])
    #expect(throws: FrameError.empty) { try FrameDecoder.nextBody(in: &empty, limit: 100) }
    var long = ByteBuffer(bytes: [0, 0, 0, 101])
    #expect(throws: FrameError.tooLong(101, limit: 100)) { try FrameDecoder.nextBody(in: &long, limit: 100) }
    var huge = ByteBuffer(bytes: [255, 255, 255, 255])
    #expect(throws: FrameError.tooLong(0xFFFF_FFFF, limit: 100)) { try FrameDecoder.nextBody(in: &huge, limit: 100) }
  }

  private static let requests: [Request] = {
    let domain = TestHypervisor.domain
    let file = ConfigFileText(name: "a.cfg", text: "name = 'a'\n", settings: ["vcpus=2"], directory: "/srv")
    return [
      .creation(.create(source: .config(DomainConfig(name: "a", kernel: .builtin)), paused: true)),
      .creation(.create(source: .file(file), paused: false)),
      .creation(.checkConfig(file: file)), .life(domain, .pause), .life(domain, .unpause), .life(domain, .shutdown),
      .life(domain, .reboot), .life(domain, .destroy),
      .life(domain, .rename(to: "b")), .life(domain, .save(path: "/s", then: .goOn)),
      .life(domain, .dumpCore(path: "/c")),
      .creation(.restore(path: "/s", paused: true)),
      .life(domain, .migrate(host: "root@b")), .life(domain, .snapshot(name: "s")), .guest(domain, .sysrq(key: "h")),
      .guest(domain, .trigger(trigger: .nmi, vcpu: VCPUID(1))), .guest(domain, .showConfig),
      .guest(domain, .resizeConsole(columns: 80, rows: 24)),
      .resources(domain, .setMemory(memory: .mebibytes(64))),
      .resources(domain, .setMaxMemory(memory: .mebibytes(65))),
      .resources(domain, .setVCPUs(count: 2)), .resources(domain, .pinVCPU(vcpu: nil, hard: .of([0, 2]), soft: .all)),
      .devices(domain, .attachNetwork(network: NetworkSpec(bridge: "b"))),
      .devices(domain, .detachNetwork(device: "0")),
      .devices(domain, .attachDisk(disk: DiskSpec(target: "d", device: "xvdb"))),
      .devices(domain, .detachDisk(device: "xvdb")), .scheduling(domain, SchedulingChange(.credit, [.cap: 50])),
      .scheduling(domain, SchedulingChange(.credit2, [.weight: 512])),
      .scheduling(
        domain, SchedulingChange(.rtds, vcpu: VCPUID(0), [.period: 10000000, .budget: 4000000, .extratime: 1])),
      .scheduling(domain, SchedulingChange(.sedf, [.weight: 256, .sedfPeriod: 20000000, .slice: 5000000, .extra: 0])),
      .scheduling(domain, SchedulingChange(.bvt, [.advance: 5, .warpback: 1, .warpValue: 3_000_000])),
      .pools(.setParameters(pool: "p", change: PoolChange([.timeSlice: 5000000, .rateLimit: 0]))),
      .pools(
        .setParameters(
          pool: "p",
          change: PoolChange(
            [.migrationDelay: 0, .switchAllowance: 2000000],
            frame: FrameTable(
              majorFrame: .milliseconds(10), slots: [.init(domain: domain.uuid, runtime: .milliseconds(2))])))),
      .diagnostics(.trace(pool: "p", from: nil)), .diagnostics(.trace(pool: "p", from: 7)),
      .pools(.switchScheduler(pool: "p", to: .credit)), .pools(.create(pool: "p", scheduler: nil, pcpus: .of([3]))),
      .pools(.destroy(pool: "p")), .pools(.rename(pool: "p", to: "q")), .pools(.addPCPUs(pool: "p", pcpus: .of([1]))),
      .pools(.removePCPUs(pool: "p", pcpus: .of([1]))),
      .pools(.move(domain: domain, pool: "p")), .diagnostics(.dmesg), .diagnostics(.clearDmesg),
      .diagnostics(.debugKeys(keys: "r")),
    ]
  }()

  @Test func everyOperationIsAmongTheTestedRequests() {
    #expect(Set(Self.requests.map(\.operation)) == Set(Operation.allCases))
  }

  @Test(arguments: requests)
  func everyRequestSurvivesTheWire(_ request: Request) throws {
    let json = try JSONEncoder().encode(request)
    #expect(try JSONDecoder().decode(Request.self, from: json) == request)
  }

  @Test(arguments: [
    HypervisorError.noSuchDomain("d"), .wrongState(operation: .setCredit2, domain: "d", state: "s"), .invalid("i"),
    .exists("e"), .unavailable(operation: .create, reason: "r"), .noAgent(domain: "d"), .readOnly(operation: .reboot),
    .exhausted("x"), .disconnected("c"), .protocolViolation("p"), .failed("f"),
  ])
  func everyErrorSurvivesTheWire(_ error: HypervisorError) throws {
    let json = try JSONEncoder().encode(WireError(error))
    #expect(try JSONDecoder().decode(WireError.self, from: json).error == error)
  }

  @Test func anErrorOfAnUnknownKindOrOperationKeepsItsText() throws {
    let kind = #"{"kind":"onFire","text":"it burns","degrees":900}"#
    let operation = #"{"kind":"readOnly","text":"can't teleport: look only","operation":"teleport"}"#
    #expect(try JSONDecoder().decode(WireError.self, from: Data(kind.utf8)).error == .failed("it burns"))
    #expect(
      try JSONDecoder().decode(WireError.self, from: Data(operation.utf8)).error == .failed("can't teleport: look only")
    )
  }

  @Test func anAnswerThatJSONCannotHoldBecomesAnError() throws {
    let frame = WireProtocol.answer(3, .result, [Double.nan])
    let text = String(buffer: frame)
    #expect(text.contains(#""id":3"#) && text.contains(#""reply":"error""#))
  }
}

@Suite struct ConsoleBacklogTests {
  @Test func nothingGoesWithoutCredit() {
    var backlog = ConsoleBacklog(credit: 3)
    backlog.append([1, 2], bound: 100)
    backlog.append([3, 4], bound: 100)
    #expect(backlog.next(limit: 50) == .init(bytes: [1, 2, 3], lost: 0))
    #expect(backlog.next(limit: 50) == nil)
    backlog.grant(10)
    #expect(backlog.next(limit: 50) == .init(bytes: [4], lost: 0))
    #expect(backlog.isEmpty)
  }

  @Test func beyondItsBoundTheOldestBytesAreDroppedAndCounted() {
    var backlog = ConsoleBacklog(credit: 0)
    for byte in UInt8(0)..<100 {
      let dropped = backlog.append([byte], bound: 4)
      #expect(dropped == (byte >= 4))
    }
    backlog.append([100, 101, 102, 103, 104, 105], bound: 4)
    backlog.grant(.max)
    backlog.grant(.max)
    backlog.grant(-5)
    #expect(backlog.next(limit: 3) == .init(bytes: [102, 103, 104], lost: 102))
    #expect(backlog.next(limit: 3) == .init(bytes: [105], lost: 0))
    #expect(backlog.next(limit: 3) == nil)
  }

  @Test func whatIsNotDroppedKeepsItsOrder() {
    var backlog = ConsoleBacklog(credit: 1 << 20)
    var expected: [UInt8] = []
    var received: [UInt8] = []
    var random = SystemRandomNumberGenerator()
    for _ in 0..<2000 {
      let bytes = (0..<Int.random(in: 0...300, using: &random)).map { UInt8(truncatingIfNeeded: $0) }
      backlog.append(bytes, bound: 1 << 20)
      expected += bytes
      if Bool.random(using: &random), let piece = backlog.next(limit: Int.random(in: 1...500)) {
        received += piece.bytes
      }
      backlog.grant(300)
    }
    while let piece = backlog.next(limit: 1000) { received += piece.bytes }
    #expect(received == expected)
  }
}
