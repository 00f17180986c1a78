import HypervisorModel
import Testing

@testable import DomusEngine

@Suite struct VirtioQueueTests {
  typealias Driver = VirtioTestDriver
  typealias Descriptor = VirtioTestDriver.Descriptor

  static let indirectFeature: UInt64 = 1 << 28
  static let eventFeature: UInt64 = 1 << 29
  static let version1: UInt64 = 1 << 32

  /// Queue 0 of an entropy device.
  private func start(_ features: UInt64 = version1) throws -> Driver {
    let driver = try Driver(VirtioEntropy())
    driver.start(features, queues: 1)
    return driver
  }

  @Test func randomBytesFillAChainOfSeveralBuffers() throws {
    let driver = try start()
    driver.chain(
      0,
      [
        Descriptor(address: Driver.buffers, count: 16, flags: Driver.writable),
        Descriptor(address: Driver.buffers + 0x100, count: 16, flags: Driver.writable),
      ])
    driver.offer(0, head: 0)
    driver.kick(0)
    let used = driver.takeUsed(0)
    #expect(used.count == 1 && used[0].head == 0 && used[0].count == 32)
    #expect(driver.bytes(Driver.buffers, 16) != [UInt8](repeating: 0, count: 16))
    #expect(driver.bytes(Driver.buffers + 0x100, 16) != [UInt8](repeating: 0, count: 16))
    #expect(driver.bytes(Driver.buffers + 16, 16) == [UInt8](repeating: 0, count: 16))
    #expect(driver.wire.level)
    #expect(driver.read(0x60) == 1)
    driver.write(0x64, 1)
    #expect(!driver.wire.level)
  }

  @Test func oneRequestGetsABoundedAnswer() throws {
    let driver = try start()
    driver.chain(0, [Descriptor(address: Driver.buffers, count: 0x10_0000, flags: Driver.writable)])
    driver.offer(0, head: 0)
    driver.kick(0)
    #expect(driver.takeUsed(0).map(\.count) == [4096])
  }

  @Test func theRingWrapsManyTimes() throws {
    let driver = try start()
    driver.chain(0, [Descriptor(address: Driver.buffers, count: 8, flags: Driver.writable)])
    for _ in 0..<1000 {
      driver.offer(0, head: 0)
      driver.kick(0)
      #expect(driver.takeUsed(0).map(\.count) == [8])
    }
    #expect(!driver.needsReset)
  }

  @Test func moreThanOneBatchIsFinishedWithoutAnotherNotification() throws {
    let driver = try Driver(VirtioEntropy(), size: 64)
    driver.start(queues: 1)
    driver.chain(0, [Descriptor(address: Driver.buffers, count: 8, flags: Driver.writable)])
    for _ in 0..<64 { driver.offer(0, head: 0) }
    driver.kick(0)
    #expect(driver.takeUsed(0).count == 64)
  }

  @Test func indirectTablesAreFollowed() throws {
    let driver = try start(Self.version1 | Self.indirectFeature)
    let table = Driver.buffers + 0x1000
    driver.describe(
      0, at: table, Descriptor(address: Driver.buffers, count: 4, flags: Driver.writable | Driver.next, next: 1))
    driver.describe(1, at: table, Descriptor(address: Driver.buffers + 64, count: 4, flags: Driver.writable))
    driver.chain(0, first: 3, [Descriptor(address: table, count: 32, flags: Driver.indirect)])
    driver.offer(0, head: 3)
    driver.kick(0)
    let used = driver.takeUsed(0)
    #expect(used.count == 1 && used[0].head == 3 && used[0].count == 8)
  }

  @Test func theDriverCanForbidInterrupts() throws {
    let driver = try start()
    driver.chain(0, [Descriptor(address: Driver.buffers, count: 4, flags: Driver.writable)])
    driver.store(driver.driverRing(0), UInt16(1))
    driver.offer(0, head: 0)
    driver.kick(0)
    #expect(driver.takeUsed(0).count == 1)
    #expect(!driver.wire.level)
  }

  @Test func eventIndicesSayWhenToInterruptAndWhenToNotify() throws {
    let driver = try start(Self.version1 | Self.eventFeature)
    let usedEvent = driver.driverRing(0) + 4 + 2 * UInt64(driver.size)
    let availableEvent = driver.usedRing(0) + 4 + 8 * UInt64(driver.size)
    driver.chain(0, [Descriptor(address: Driver.buffers, count: 4, flags: Driver.writable)])
    driver.store(usedEvent, UInt16(1))
    driver.offer(0, head: 0)
    driver.kick(0)
    #expect(!driver.wire.level)
    #expect(driver.load(availableEvent) == UInt16(1))
    driver.offer(0, head: 0)
    driver.kick(0)
    #expect(driver.wire.level)
    #expect(driver.load(availableEvent) == UInt16(2))
  }

  // MARK: Malformed chains

  struct Malformed: CustomTestStringConvertible, Sendable {
    let testDescription: String
    let error: VirtioGuestError
    var features = VirtioQueueTests.version1 | VirtioQueueTests.indirectFeature
    let build: @Sendable (Driver) -> Void
  }

  private static func chain(_ descriptors: Descriptor...) -> @Sendable (Driver) -> Void {
    let copies = descriptors.map { ($0.address, $0.count, $0.flags, $0.next) }
    return { driver in
      for (index, copy) in copies.enumerated() {
        driver.describe(
          index, at: driver.table(0), Descriptor(address: copy.0, count: copy.1, flags: copy.2, next: copy.3))
      }
      driver.offer(0, head: 0)
    }
  }

  static let malformed: [Malformed] = [
    Malformed(testDescription: "head beyond the table", error: .descriptorOutOfRange(16)) { $0.offer(0, head: 16) },
    Malformed(
      testDescription: "next beyond the table", error: .descriptorOutOfRange(0xffff),
      build: chain(Descriptor(address: Driver.buffers, count: 4, flags: 3, next: 0xffff))),
    Malformed(
      testDescription: "circle of one", error: .chainTooLong,
      build: chain(Descriptor(address: Driver.buffers, count: 4, flags: 3, next: 0))),
    Malformed(
      testDescription: "circle of two", error: .chainTooLong,
      build: chain(
        Descriptor(address: Driver.buffers, count: 4, flags: 3, next: 1),
        Descriptor(address: Driver.buffers, count: 4, flags: 3, next: 0))),
    Malformed(
      testDescription: "empty buffer", error: .emptyBuffer,
      build: chain(Descriptor(address: Driver.buffers, count: 0, flags: 2))),
    Malformed(
      testDescription: "buffer below RAM", error: .bufferOutsideMemory(address: 0x1000, count: 4),
      build: chain(Descriptor(address: 0x1000, count: 4, flags: 2))),
    Malformed(
      testDescription: "buffer over the end of RAM",
      error: .bufferOutsideMemory(address: GuestMemory.base + 0x3f_fff0, count: 17),
      build: chain(Descriptor(address: GuestMemory.base + 0x3f_fff0, count: 17, flags: 2))),
    Malformed(
      testDescription: "buffer that wraps", error: .bufferOutsideMemory(address: .max, count: .max),
      build: chain(Descriptor(address: .max, count: .max, flags: 2))),
    Malformed(
      testDescription: "readable after writable", error: .readableAfterWritable,
      build: chain(
        Descriptor(address: Driver.buffers, count: 4, flags: 3, next: 1),
        Descriptor(address: Driver.buffers, count: 4, flags: 0))),
    Malformed(
      testDescription: "nothing to write to",
      error: .unexpectedChain("an entropy request has no room for an answer"),
      build: chain(Descriptor(address: Driver.buffers, count: 4, flags: 0))),
    Malformed(
      testDescription: "indirect that was not negotiated", error: .badIndirectDescriptor, features: version1,
      build: chain(Descriptor(address: Driver.buffers, count: 16, flags: 4))),
    Malformed(
      testDescription: "indirect with a successor", error: .badIndirectDescriptor,
      build: chain(Descriptor(address: Driver.buffers, count: 16, flags: 5, next: 1))),
    Malformed(
      testDescription: "indirect table of an odd length", error: .badIndirectDescriptor,
      build: chain(Descriptor(address: Driver.buffers, count: 17, flags: 4))),
    Malformed(
      testDescription: "indirect table without entries", error: .badIndirectDescriptor,
      build: chain(Descriptor(address: Driver.buffers, count: 0, flags: 4))),
    Malformed(
      testDescription: "indirect table larger than the queue", error: .badIndirectDescriptor,
      build: chain(Descriptor(address: Driver.buffers, count: 17 * 16, flags: 4))),
    Malformed(
      testDescription: "indirect table outside RAM", error: .badIndirectDescriptor,
      build: chain(Descriptor(address: 0, count: 16, flags: 4))),
    Malformed(testDescription: "nested indirect table", error: .badIndirectDescriptor) { driver in
      driver.describe(0, at: Driver.buffers, Descriptor(address: Driver.buffers, count: 16, flags: 4))
      driver.describe(0, at: driver.table(0), Descriptor(address: Driver.buffers, count: 16, flags: 4))
      driver.offer(0, head: 0)
    },
    Malformed(testDescription: "circle in an indirect table", error: .chainTooLong) { driver in
      driver.describe(
        0, at: Driver.buffers, Descriptor(address: Driver.buffers + 64, count: 4, flags: 3, next: 0))
      driver.describe(0, at: driver.table(0), Descriptor(address: Driver.buffers, count: 16, flags: 4))
      driver.offer(0, head: 0)
    },
    Malformed(testDescription: "available index that jumps", error: .availableIndexJump(queue: 0)) { driver in
      driver.store(driver.driverRing(0) + 2, UInt16(17))
    },
  ]

  @Test(arguments: malformed) func aMalformedChainMakesTheDeviceNeedAReset(_ input: Malformed) throws {
    let driver = try start(input.features)
    input.build(driver)
    driver.kick(0)
    #expect(driver.errors.all == [input.error])
    #expect(driver.needsReset)
    #expect(driver.read(0x60) & 2 == 2)
    #expect(driver.takeUsed(0).isEmpty)

    // Dead until it is reset, and as new after that.
    driver.kick(0)
    #expect(driver.errors.all.count == 1)
    driver.start(queues: 1)
    driver.chain(0, [Descriptor(address: Driver.buffers, count: 8, flags: Driver.writable)])
    driver.offer(0, head: 0)
    driver.kick(0)
    #expect(driver.takeUsed(0).map(\.count) == [8])
  }

  @Test(arguments: 1...20 as ClosedRange<UInt64>) func randomRingsAreSurvived(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    let device = VirtioConsole(ports: [
      VirtioConsole.Port(kind: .console, output: { _ in }),
      VirtioConsole.Port(kind: .named("agent"), output: { _ in }),
    ])
    let driver = try Driver(device)
    for _ in 0..<50 {
      driver.start(Driver.allFeatures, queues: 6)
      for queue in 0..<6 {
        for index in 0..<16 {
          let isSane = Int.random(in: 0..<4, using: &random) > 0
          driver.describe(
            index, at: driver.table(queue),
            Descriptor(
              address: isSane ? Driver.buffers + UInt64.random(in: 0..<0x1000, using: &random) : random.next(),
              count: isSane ? UInt32.random(in: 1..<64, using: &random) : UInt32(truncatingIfNeeded: random.next()),
              flags: UInt16.random(in: 0..<8, using: &random), next: UInt16.random(in: 0..<20, using: &random)))
        }
        for offset in 0..<20 as Range<UInt64> {
          driver.store(driver.driverRing(queue) + 2 * offset, UInt16.random(in: 0..<18, using: &random))
        }
      }
      driver.fill(Driver.buffers, (0..<4096).map { _ in UInt8.random(in: 0..<8, using: &random) })
      _ = device.send([1, 2, 3], to: 0)
      for queue in 0..<6 { driver.kick(queue) }
    }
    // The device still does what it should.
    driver.start(queues: 2)
    driver.chain(1, [Descriptor(address: Driver.buffers, count: 8)])
    driver.offer(1, head: 0)
    driver.kick(1)
    #expect(driver.takeUsed(1).count == 1)
  }
}
