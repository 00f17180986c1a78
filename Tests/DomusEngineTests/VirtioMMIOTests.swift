import Dispatch
import HypervisorModel
import Testing

@testable import DomusEngine

@Suite struct VirtioMMIOTests {
  typealias Driver = VirtioTestDriver

  @Test func theDeviceIntroducesItself() throws {
    let driver = try Driver(VirtioEntropy())
    #expect(driver.read(0x00) == 0x7472_6976)
    #expect(driver.read(0x04) == 2)
    #expect(driver.read(0x08) == 4)
    #expect(driver.read(0x34) == 64)
    driver.write(0x30, 1)
    #expect(driver.read(0x34) == 0)
    #expect(driver.read(0xb0) == 0xffff_ffff)
  }

  @Test func featuresWithoutVersion1AreRefused() throws {
    let driver = try Driver(VirtioEntropy())
    #expect(!driver.negotiate(1 << 28))
    driver.write(0x70, 15)
    #expect(driver.status & 4 == 0)
    #expect(driver.negotiate(1 << 32))
  }

  @Test func featuresThatWereNotOfferedAreRefused() throws {
    let driver = try Driver(VirtioEntropy())
    driver.write(0x70, 3)
    driver.write(0x24, 1)
    driver.write(0x20, 1)
    driver.write(0x24, 0)
    driver.write(0x20, 1)
    driver.write(0x70, 11)
    #expect(driver.status & 8 == 0)
  }

  @Test func queuesAreNotTouchedBeforeTheDriverIsReady() throws {
    let driver = try Driver(VirtioEntropy())
    driver.negotiate()
    driver.setUp(0)
    driver.chain(0, [.init(address: Driver.buffers, count: 8, flags: Driver.writable)])
    driver.offer(0, head: 0)
    driver.kick(0)
    #expect(driver.takeUsed(0).isEmpty)
    driver.write(0x70, 15)
    driver.settle()
    #expect(driver.takeUsed(0).count == 1)
  }

  @Test func aResetForgetsQueuesAndInterrupts() throws {
    let driver = try Driver(VirtioEntropy())
    driver.start(queues: 1)
    driver.chain(0, [.init(address: Driver.buffers, count: 8, flags: Driver.writable)])
    driver.offer(0, head: 0)
    driver.kick(0)
    #expect(driver.wire.level)
    driver.write(0x70, 0)
    #expect(driver.status == 0)
    #expect(driver.read(0x60) == 0)
    #expect(!driver.wire.level)
    #expect(driver.read(0x44) == 0)
    driver.offer(0, head: 0)
    driver.kick(0)
    #expect(driver.takeUsed(0).count == 1)
  }

  @Test(
    arguments: [
      (0, 0x80), (3, 0x80), (128, 0x80), (65536, 0x80), (16, 0x1000), (16, 0x81),
    ] as [(UInt64, UInt64)])
  func aBadQueueMakesTheDeviceNeedAReset(size: UInt64, table: UInt64) throws {
    let driver = try Driver(VirtioEntropy())
    driver.negotiate()
    driver.setUp(0)
    driver.write(0x44, 0)
    driver.write(0x38, size)
    // The low half of the address: 0x80 is in RAM and aligned, 0x81 isn't aligned, and 0x1000 goes to no RAM.
    driver.write(0x80, table == 0x1000 ? table : 0x8001_0000 | table)
    driver.write(0x44, 1)
    #expect(driver.read(0x44) == 0)
    #expect(driver.needsReset)
    #expect(driver.errors.all == [.badQueueLayout(queue: 0)])
  }

  @Test func aReadyQueueKeepsItsLayout() throws {
    let driver = try Driver(VirtioEntropy())
    driver.start(queues: 1)
    driver.write(0x30, 0)
    driver.write(0x80, 0)
    driver.write(0x38, 3)
    driver.chain(0, [.init(address: Driver.buffers, count: 8, flags: Driver.writable)])
    driver.offer(0, head: 0)
    driver.kick(0)
    #expect(driver.takeUsed(0).count == 1)
  }

  @Test func aStoppedExecutorDoesNothingMore() throws {
    let driver = try Driver(VirtioEntropy())
    driver.start(queues: 1)
    driver.executor.stop()
    driver.chain(0, [.init(address: Driver.buffers, count: 8, flags: Driver.writable)])
    driver.offer(0, head: 0)
    driver.kick(0)
    #expect(driver.takeUsed(0).isEmpty)
  }

  @Test(arguments: 1...5 as ClosedRange<UInt64>) func garbageInRegistersIsHarmless(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    let driver = try Driver(VirtioConsole(ports: [VirtioConsole.Port(kind: .console, output: { _ in })]))
    for round in 0..<20_000 {
      let width = 1 << Int.random(in: 0...3, using: &random)
      let offset = UInt64.random(in: 0..<0x200, using: &random) & ~UInt64(width - 1)
      if Bool.random(using: &random) {
        _ = driver.transport.read(offset: offset, width: width)
      } else {
        let value = Bool.random(using: &random) ? random.next() : UInt64.random(in: 0..<20, using: &random)
        driver.transport.write(offset: offset, width: width, value: value)
      }
      if round % 100 == 0 { driver.negotiate(Driver.allFeatures) }
    }
    driver.settle()
    _ = driver.transport.read(offset: .max - 7, width: 8)
    driver.transport.write(offset: .max - 7, width: 8, value: 1)
    #expect(driver.negotiate(Driver.allFeatures))
  }

  @Test func resetsNotificationsAndInputAtTheSameTimeAreSurvived() throws {
    let device = VirtioConsole(ports: [VirtioConsole.Port(kind: .console, output: { _ in })])
    let driver = try Driver(device)
    driver.start(queues: 4)
    for queue in 0..<4 {
      driver.chain(queue, [.init(address: Driver.buffers, count: 64, flags: queue & 1 == 0 ? Driver.writable : 0)])
    }
    let transport = driver.transport
    let memory = driver.memory
    let rings = (0..<4).map { driver.driverRing($0) }
    DispatchQueue.concurrentPerform(iterations: 3) { role in
      for round in 0..<3000 as Range<UInt64> {
        switch role {
        case 0:
          for value in [0, 1, 3, 11, 15] as [UInt64] { transport.write(offset: 0x70, width: 4, value: value) }
          for queue in 0..<4 as Range<UInt64> {
            transport.write(offset: 0x30, width: 4, value: queue)
            transport.write(offset: 0x44, width: 4, value: round & 1)
          }
        case 1:
          for queue in 0..<4 {
            _ = memory.store(PhysicalAddress(rings[queue] + 2), UInt16(truncatingIfNeeded: round))
            transport.write(offset: 0x50, width: 4, value: UInt64(queue))
          }
        default:
          _ = device.send([1, 2, 3], to: 0)
          device.resize(columns: 80, rows: UInt16(truncatingIfNeeded: round))
        }
      }
    }
    driver.settle()
    driver.start(queues: 2)
    driver.chain(1, [.init(address: Driver.buffers, count: 8)])
    driver.offer(1, head: 0)
    driver.kick(1)
    #expect(driver.takeUsed(1).count == 1)
  }
}
