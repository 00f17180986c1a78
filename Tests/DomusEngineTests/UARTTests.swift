import Testing

@testable import DomusEngine

@Suite struct UARTTests {
  private let wire = Wire()
  private let printed = Recorder<UInt8>()
  private let space = Recorder<Bool>()

  private func makeUART() -> UART16550 {
    UART16550(
      interrupt: wire.line, output: { [printed] in printed.append($0) }, inputSpace: { [space] in space.append(true) })
  }

  private func get(_ uart: UART16550, _ offset: UInt64) -> UInt64 { uart.read(offset: offset, width: 1) }
  private func put(_ uart: UART16550, _ offset: UInt64, _ value: UInt64) {
    uart.write(offset: offset, width: 1, value: value)
  }

  @Test func bytesWrittenComeOutAndTheTransmitterIsAlwaysEmpty() {
    let uart = makeUART()
    for byte in "hi".utf8 {
      #expect(get(uart, 5) & 0x60 == 0x60)
      put(uart, 0, UInt64(byte))
    }
    #expect(printed.all == Array("hi".utf8))
  }

  @Test func aTypedByteInterruptsUntilItIsRead() {
    let uart = makeUART()
    put(uart, 1, 1)
    #expect(!wire.level)
    #expect(uart.receive([0x41]) == 1)
    #expect(wire.level)
    #expect(get(uart, 2) == 0x04)
    #expect(get(uart, 5) & 1 == 1)
    #expect(get(uart, 0) == 0x41)
    #expect(!wire.level)
    #expect(get(uart, 2) == 0x01)
    #expect(get(uart, 0) == 0)
  }

  @Test func withFIFOsFewBytesAreATimeOutAndManyAreData() {
    let uart = makeUART()
    put(uart, 2, 0x81)
    put(uart, 1, 1)
    _ = uart.receive([1])
    #expect(get(uart, 2) == 0xcc)
    _ = uart.receive([UInt8](repeating: 2, count: 7))
    #expect(get(uart, 2) == 0xc4)
  }

  @Test func enablingTheTransmitInterruptRaisesItEveryTime() {
    let uart = makeUART()
    for _ in 0..<2 {
      put(uart, 1, 2)
      #expect(wire.level)
      #expect(get(uart, 2) & 0x0f == 0x02)
      #expect(!wire.level)
      put(uart, 1, 0)
    }
    put(uart, 1, 2)
    _ = get(uart, 2)
    put(uart, 0, 0x41)
    #expect(wire.level)
  }

  @Test func theDivisorHidesBehindItsLatchBit() {
    let uart = makeUART()
    put(uart, 3, 0x83)
    put(uart, 0, 0x34)
    put(uart, 1, 0x12)
    #expect(get(uart, 0) == 0x34)
    #expect(get(uart, 1) == 0x12)
    put(uart, 3, 0x03)
    #expect(get(uart, 1) == 0)
    #expect(printed.all.isEmpty)
  }

  @Test func linuxFindsA16550A() {
    let uart = makeUART()
    put(uart, 7, 0x5a)
    #expect(get(uart, 7) == 0x5a)
    put(uart, 1, 0xff)
    #expect(get(uart, 1) == 0x0f)
    put(uart, 1, 0)
    put(uart, 4, 0x10 | 0x0a)
    #expect(get(uart, 6) & 0xf0 == 0x90)
    put(uart, 4, 0)
    put(uart, 2, 1)
    #expect(get(uart, 2) >> 6 == 3)
    put(uart, 2, 0)
    #expect(get(uart, 2) >> 6 == 0)
  }

  @Test func loopbackKeepsBytesInsideAndOverruns() {
    let uart = makeUART()
    _ = uart.receive([9])
    put(uart, 4, 0x10)
    #expect(get(uart, 5) & 1 == 0)
    for byte in 0..<17 { put(uart, 0, UInt64(byte)) }
    #expect(get(uart, 5) & 0x03 == 0x03)
    #expect(get(uart, 5) & 0x02 == 0)
    for byte in 0..<16 { #expect(get(uart, 0) == UInt64(byte)) }
    put(uart, 4, 0)
    #expect(get(uart, 0) == 9)
    #expect(printed.all.isEmpty)
  }

  @Test func modemLinesThatChangeInterrupt() {
    let uart = makeUART()
    put(uart, 1, 8)
    put(uart, 4, 0x10)
    #expect(wire.level)
    #expect(get(uart, 2) & 0x0f == 0x00)
    #expect(get(uart, 6) == 0x0b)
    #expect(!wire.level)
  }

  @Test func inputIsBoundedAndTellsWhenThereIsSpace() {
    let uart = makeUART()
    let count = UART16550.inputCapacity
    #expect(uart.receive([UInt8](repeating: 1, count: count + 5)) == count)
    #expect(uart.receive([1]) == 0)
    for _ in 0..<count / 2 - 1 { _ = get(uart, 0) }
    #expect(space.all.isEmpty)
    _ = get(uart, 0)
    #expect(space.all == [true])
    #expect(uart.receive([1]) == 1)
  }

  @Test func clearingTheReceiverDropsNothingThatWasTypedAhead() {
    let uart = makeUART()
    _ = uart.receive((1...20).map { UInt8($0) })
    put(uart, 2, 0x03)
    #expect(get(uart, 0) == 1)
  }

  @Test(arguments: [1, 2, 3] as [UInt64]) func garbageIsHarmless(seed: UInt64) {
    let uart = makeUART()
    var random = SeededGenerator(seed: seed)
    for _ in 0..<100_000 {
      let offset = UInt64.random(in: 0..<16, using: &random)
      switch Int.random(in: 0..<5, using: &random) {
      case 0, 1: _ = uart.read(offset: offset, width: 1)
      case 2, 3: uart.write(offset: offset, width: 8, value: random.next())
      default: _ = uart.receive([1, 2, 3])
      }
    }
    #expect(get(uart, 5) & 0x60 == 0x60)
  }
}
