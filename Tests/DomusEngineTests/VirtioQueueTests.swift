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
