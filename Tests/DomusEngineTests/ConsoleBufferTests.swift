import Testing

@testable import DomusEngine

@Suite struct ConsoleBufferTests {
  @Test func theLastBytesAreReplayed() {
    let buffer = ConsoleBuffer()
    buffer.write(Array("abc".utf8))
    #expect(buffer.backlog == Array("abc".utf8))
    buffer.write([UInt8](repeating: 1, count: ConsoleBuffer.capacity - 1))
    #expect(buffer.backlog.count == ConsoleBuffer.capacity)
    #expect(buffer.backlog.first == UInt8(ascii: "c"))
    buffer.write([UInt8](repeating: 2, count: 3 * ConsoleBuffer.capacity))
    #expect(buffer.backlog == [UInt8](repeating: 2, count: ConsoleBuffer.capacity))
  }

  @Test func everySubscriberGetsWhatIsKeptAndWhatComesAfter() async {
    let buffer = ConsoleBuffer()
    buffer.write(1)
    let first = buffer.subscribe().stream
    buffer.write(2)
    let second = buffer.subscribe().stream
    buffer.write(3)
    buffer.finish()
    buffer.write(4)
    #expect(await collect(first) == [1, 2, 3])
    #expect(await collect(second) == [1, 2, 3])
  }

  @Test func aReaderThatWaitsIsWoken() async {
    let buffer = ConsoleBuffer()
    let stream = buffer.subscribe().stream
    let reader = Task { await collect(stream) }
    for byte in 0..<100 as Range<UInt8> {
      buffer.write(byte)
      await Task.yield()
    }
    buffer.finish()
    #expect(await reader.value == Array(0..<100))
  }

  @Test func aSlowReaderLosesTheOldestAndIsTold() async throws {
    let buffer = ConsoleBuffer()
    let stream = buffer.subscribe().stream
    let total = 3 * ConsoleSubscriber.capacity
    for index in 0..<total { buffer.write(UInt8(truncatingIfNeeded: index >> 12)) }
    buffer.finish()
    let bytes = await collect(stream)
    #expect(bytes.count <= ConsoleSubscriber.capacity + 100)
    let text = String(decoding: bytes.prefix(100), as: UTF8.self)
    let lost = try #require(Int(text.split(separator: "[")[1].split(separator: " ")[0]))
    let mark = "\r\n[\(lost) bytes of console output lost]\r\n".utf8.count
    #expect(lost + bytes.count - mark == total)
    #expect(bytes.last == UInt8(truncatingIfNeeded: (total - 1) >> 12))
  }

  @Test func aStreamThatIsLetGoUnsubscribes() {
    let buffer = ConsoleBuffer()
    do {
      let subscription = buffer.subscribe()
      #expect(buffer.subscriberCount == 1)
      _ = subscription
    }
    #expect(buffer.subscriberCount == 0)
    buffer.write(1)
  }

  @Test func aCancelledReaderUnsubscribes() async {
    let buffer = ConsoleBuffer()
    let stream = buffer.subscribe().stream
    let reader = Task { await collect(stream) }
    reader.cancel()
    #expect(await reader.value.isEmpty)
    #expect(buffer.subscriberCount == 0)
  }

  @Test func aFinishedConsoleOnlyReplays() async {
    let buffer = ConsoleBuffer()
    buffer.write(7)
    buffer.finish()
    #expect(await collect(buffer.subscribe().stream) == [7])
  }

  @Test func aCancelledSubscriptionEndsItsStream() async {
    let buffer = ConsoleBuffer()
    let (stream, cancel) = buffer.subscribe()
    let reader = Task { await collect(stream) }
    cancel()
    #expect(await reader.value.isEmpty)
    #expect(buffer.subscriberCount == 0)
  }

  @Test func manyWritersLoseNothing() async {
    let buffer = ConsoleBuffer()
    let stream = buffer.subscribe().stream
    let reader = Task { await collect(stream) }
    await withTaskGroup(of: Void.self) { group in
      for writer in 0..<4 as Range<UInt8> {
        group.addTask { for _ in 0..<1000 { buffer.write(writer) } }
      }
    }
    buffer.finish()
    #expect(await reader.value.count == 4000)
  }

  private func collect(_ stream: AsyncStream<[UInt8]>) async -> [UInt8] {
    var bytes: [UInt8] = []
    for await chunk in stream { bytes += chunk }
    return bytes
  }
}
