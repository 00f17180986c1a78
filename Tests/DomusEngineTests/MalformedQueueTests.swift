import HypervisorModel
import Testing

@testable import DomusEngine

/// What no driver may do to a queue, tried on every queue of every device.
@Suite struct MalformedQueueTests {
  typealias Driver = VirtioTestDriver
  typealias Descriptor = VirtioTestDriver.Descriptor

  /// A queue of a device that looks at it when it is notified.
  struct Subject: CustomTestStringConvertible, Sendable {
    let testDescription: String
    let queue: Int
    let isWritable: Bool
    /// A driver that has started the device with these features.
    let start: @Sendable (UInt64) throws -> Driver
  }

  static let subjects: [Subject] = [
    Subject(testDescription: "entropy", queue: 0, isWritable: true) { features in
      let driver = try Driver(VirtioEntropy())
      driver.start(features, queues: 1)
      return driver
    },
    Subject(testDescription: "console input", queue: 0, isWritable: true) { features in
      let device = VirtioConsole(ports: [VirtioConsole.Port(kind: .console, output: { _ in })])
      let driver = try Driver(device)
      driver.start(features, queues: 2)
      _ = device.send([1, 2, 3], to: 0)
      driver.settle()
      return driver
    },
    Subject(testDescription: "console output", queue: 1, isWritable: false) { features in
      let driver = try Driver(VirtioConsole(ports: [VirtioConsole.Port(kind: .console, output: { _ in })]))
      driver.start(features, queues: 2)
      return driver
    },
    Subject(testDescription: "console control", queue: 3, isWritable: false) { features in
      let driver = try Driver(VirtioConsole(ports: [VirtioConsole.Port(kind: .console, output: { _ in })]))
      driver.start(features | VirtioConsole.Feature.multiport, queues: 4)
      return driver
    },
  ]

  struct Malformed: CustomTestStringConvertible, Sendable {
    let testDescription: String
    let error: VirtioGuestError
    var features = VirtioQueueTests.version1 | VirtioQueueTests.indirectFeature
    let build: @Sendable (_ driver: Driver, _ queue: Int) -> Void
  }

  private static func chain(_ descriptors: Descriptor...) -> @Sendable (Driver, Int) -> Void {
    let copies = descriptors.map { ($0.address, $0.count, $0.flags, $0.next) }
    return { driver, queue in
      for (index, copy) in copies.enumerated() {
        driver.describe(
          index, at: driver.table(queue), Descriptor(address: copy.0, count: copy.1, flags: copy.2, next: copy.3))
      }
      driver.offer(queue, head: 0)
    }
  }

  static let malformed: [Malformed] = [
    Malformed(testDescription: "head beyond the table", error: .descriptorOutOfRange(16)) { $0.offer($1, head: 16) },
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
      testDescription: "indirect that was not negotiated", error: .badIndirectDescriptor,
      features: VirtioQueueTests.version1,
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
    Malformed(testDescription: "nested indirect table", error: .badIndirectDescriptor) { driver, queue in
      driver.describe(0, at: Driver.buffers, Descriptor(address: Driver.buffers, count: 16, flags: 4))
      driver.describe(0, at: driver.table(queue), Descriptor(address: Driver.buffers, count: 16, flags: 4))
      driver.offer(queue, head: 0)
    },
    Malformed(testDescription: "circle in an indirect table", error: .chainTooLong) { driver, queue in
      driver.describe(
        0, at: Driver.buffers, Descriptor(address: Driver.buffers + 64, count: 4, flags: 3, next: 0))
      driver.describe(0, at: driver.table(queue), Descriptor(address: Driver.buffers, count: 16, flags: 4))
      driver.offer(queue, head: 0)
    },
    Malformed(testDescription: "available index that jumps", error: .availableIndexJump(queue: 0)) { driver, queue in
      driver.store(driver.driverRing(queue) + 2, UInt16(17))
    },
  ]

  @Test(arguments: malformed, subjects)
  func aMalformedChainMakesTheDeviceNeedAReset(_ input: Malformed, _ subject: Subject) throws {
    let driver = try subject.start(input.features)
    input.build(driver, subject.queue)
    driver.kick(subject.queue)
    var expected = input.error
    if case .availableIndexJump = expected { expected = .availableIndexJump(queue: subject.queue) }
    #expect(driver.errors.all == [expected])
    #expect(driver.needsReset)
    #expect(driver.read(0x60) & 2 == 2)
    #expect(driver.takeUsed(subject.queue).isEmpty)

    // Dead until it is reset, and as new after that.
    driver.kick(subject.queue)
    #expect(driver.errors.all.count == 1)
    driver.start(queues: 1)
    #expect(driver.status == 15)
    #expect(driver.errors.all.count == 1)
  }

  @Test(arguments: subjects) func aBufferOfTheWrongDirectionMakesTheDeviceNeedAReset(_ subject: Subject) throws {
    let driver = try subject.start(VirtioQueueTests.version1)
    driver.chain(
      subject.queue, [Descriptor(address: Driver.buffers, count: 4, flags: subject.isWritable ? 0 : Driver.writable)])
    driver.offer(subject.queue, head: 0)
    driver.kick(subject.queue)
    guard case .unexpectedChain = driver.errors.all.first else {
      Issue.record("\(driver.errors.all)")
      return
    }
    #expect(driver.needsReset)
    #expect(driver.takeUsed(subject.queue).isEmpty)
  }
}
