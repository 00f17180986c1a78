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

  @Test func everyOperationIsAmongTheTestedRequests() {
    #expect(Set(FrameSamples.requests.map(\.operation)) == Set(Operation.allCases))
  }

  @Test(arguments: FrameSamples.requests)
  func everyRequestSurvivesTheWire(_ request: Request) throws {
    let json = try JSONEncoder().encode(request)
    #expect(try JSONDecoder().decode(Request.self, from: json) == request)
  }

  @Test(arguments: FrameSamples.errors)
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
