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
      .create(.config(DomainConfig(name: "a", kernel: .builtin)), paused: true), .create(.file(file), paused: false),
      .checkConfig(file), .pause(domain), .unpause(domain), .shutdown(domain), .reboot(domain), .destroy(domain),
      .rename(domain, to: "b"), .save(domain, path: "/s", then: .goOn), .restore(path: "/s", paused: true),
      .migrate(domain, to: "root@b"), .snapshot(domain, name: "s"), .sysrq(domain, key: "h"),
      .trigger(domain, .nmi, vcpu: VCPUID(1)), .showConfig(domain), .resizeConsole(domain, columns: 80, rows: 24),
      .setMemory(domain, .mebibytes(64)),
      .setMaxMemory(domain, .mebibytes(65)),
      .setVCPUs(domain, count: 2), .pinVCPU(domain, nil, hard: .of([0, 2]), soft: .all),
      .attachNetwork(domain, "bridge=b"), .detachNetwork(domain, "0"), .attachDisk(domain, "d,raw,xvdb,rw"),
      .detachDisk(domain, "xvdb"), .setCredit(domain, weight: nil, cap: Cap(rawValue: 50)),
      .setCredit2(domain, weight: Weight(rawValue: 512), cap: nil),
      .setRTDS(domain, VCPUID(0), period: .milliseconds(10), budget: .milliseconds(4), extratime: true),
      .setSEDF(domain, weight: .default, period: .milliseconds(20), slice: .milliseconds(5), extratime: false),
      .setBVT(domain, BVTParameters(advance: 5, isWarped: true, warpValue: .milliseconds(3))),
      .setPoolParameters(pool: "p", PoolChange(timeSlice: .milliseconds(5), rateLimit: .zero)),
      .setPoolParameters(
        pool: "p",
        PoolChange(
          migrationDelay: .zero, switchAllowance: .milliseconds(2),
          frame: FrameTable(
            majorFrame: .milliseconds(10), slots: [.init(domain: domain.uuid, runtime: .milliseconds(2))]))),
      .trace(pool: "p", from: nil), .trace(pool: "p", from: 7),
      .switchScheduler(pool: "p", to: "credit"), .createPool(name: "p", scheduler: nil, pcpus: .of([3])),
      .destroyPool("p"), .renamePool("p", to: "q"), .addToPool("p", .of([1])), .removeFromPool("p", .of([1])),
      .moveToPool(domain, "p"), .dmesg(clear: true), .debugKeys("r"),
    ]
  }()

  @Test func everyOperationIsAmongTheTestedRequests() {
    #expect(Set(Self.requests.map(\.operation)) == Set(Operation.allCases))
  }

  @Test(arguments: requests)
  func everyRequestSurvivesTheWire(_ request: Request) throws {
    let json = try JSONEncoder().encode(WireRequest(request))
    #expect(try JSONDecoder().decode(WireRequest.self, from: json).request == request)
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
