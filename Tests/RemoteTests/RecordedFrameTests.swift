import Foundation
import HypervisorModel
import Testing

@testable import Remote

/// Frames of this version of the protocol, as they were when they were recorded: every later version has to read them.
///
/// `DOMUS_RECORD_FRAMES=1 swift test -c release --filter RecordedFrameTests` appends those that are missing; what stands in
/// the files is never written anew.
@Suite struct RecordedFrameTests {
  private func lines(_ path: String) -> [String] {
    let text = FileManager.default.contents(atPath: path).map { String(decoding: $0, as: UTF8.self) }
    return text?.split(separator: "\n").map(String.init) ?? []
  }

  private static func written(_ value: some Encodable) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return String(decoding: try encoder.encode(value), as: UTF8.self)
  }

  /// Each recorded frame is read as one of `samples`, and each sample has a frame. `read` gives a frame as this version
  /// writes it.
  private func expectRecorded(_ name: String, _ samples: [String], read: (Data) throws -> String) throws {
    let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("Fixtures/v2")
    let path = folder.appendingPathComponent(name + ".jsonl").path
    var recorded = lines(path)
    if ProcessInfo.processInfo.environment["DOMUS_RECORD_FRAMES"] == "1" {
      let known = try recorded.map { try read(Data($0.utf8)) }
      recorded += samples.filter { !known.contains($0) }
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
      try Data(recorded.map { $0 + "\n" }.joined().utf8).write(to: URL(fileURLWithPath: path))
    }
    let present = try recorded.map { try read(Data($0.utf8)) }
    for (line, frame) in zip(recorded, present) {
      #expect(samples.contains(frame), "read as something else: \(line.prefix(300))")
    }
    for sample in samples {
      #expect(present.contains(sample), "no frame is recorded (DOMUS_RECORD_FRAMES=1): \(sample.prefix(300))")
    }
  }

  private func expectRecorded<Body: Codable>(_ name: String, _ kind: AnswerKind, _ bodies: [Body]) throws {
    let samples = try bodies.map { try Self.written(HostFrame(id: 7, reply: kind, body: $0)) }
    try expectRecorded(name, samples) { data in
      #expect(try JSONDecoder().decode(HostFrameHeader.self, from: data).reply == kind.rawValue)
      return try Self.written(JSONDecoder().decode(HostFrame<Body>.self, from: data))
    }
  }

  @Test func everyCallIsRead() throws {
    let samples = try FrameSamples.calls.map { try Self.written(ClientFrame(id: 7, call: $0)) }
    try expectRecorded("calls", samples) { data in
      let frame = try JSONDecoder().decode(ReceivedFrame.self, from: data)
      return try Self.written(ClientFrame(id: frame.id, call: try frame.call.get()))
    }
  }

  @Test func everyAnswerIsRead() throws {
    try expectRecorded("describe", .result, [WireDescription(FrameSamples.description)])
    try expectRecorded("snapshot", .result, [FrameSamples.host])
    try expectRecorded("history", .result, [FrameSamples.history])
    try expectRecorded("hostStatus", .result, [FrameSamples.status])
    try expectRecorded("perform", .result, FrameSamples.replies.map(WireReply.init))
    try expectRecorded("errors", .error, FrameSamples.errors.map(WireError.init))
  }

  @Test func everyFrameOfAStreamIsRead() throws {
    try expectRecorded("events", .event, FrameSamples.events)
    try expectRecorded("data", .data, [ConsoleData(bytes: Data([104, 105]), lost: 4096)])
    try expectRecorded("end", .end, [NoBody()])
  }

  @Test func bothEndsOfAHandshakeAreRead() throws {
    let loss = HostLoss(
      pid: 7, lastSeen: 1.7e9, found: 1.7e9, reason: "signal 9",
      domains: [.init(name: "web", id: DomainID(7), createdAt: 1.6e9)])
    let welcome = Welcome(protocolVersion: 2, hostVersion: "1", readOnly: false, losses: [loss], lossesAreNews: true)
    try expectRecorded("welcome", .welcome, [welcome])
    try expectRecorded("refused", .refused, [Refusal(reason: "another protocol")])
  }
}
