import Dispatch
import HypervisorModel
import Synchronization
import Testing

@testable import DomusEngine

/// Requests that are completed late, and resets that come before.
@Suite struct VirtioLifeTests {
  typealias Driver = VirtioTestDriver

  private func offer(_ driver: Driver, head: UInt16 = 0) {
    driver.chain(
      0, first: Int(head),
      [.init(address: Driver.buffers + UInt64(head) * 0x1000, count: 8, flags: Driver.writable)])
    driver.offer(0, head: head)
    driver.kick(0)
  }

  @Test func aRequestIsCompletedLaterByAnotherThread() throws {
    let device = StubDevice()
    let driver = try Driver(device)
    driver.start(queues: 1)
    offer(driver)
    offer(driver, head: 1)
    #expect(driver.takeUsed(0).isEmpty)
    #expect(!driver.wire.level)
    let requests = device.takeRequests()
    #expect(requests.map(\.chain.head) == [0, 1])
    DispatchQueue(label: "test").sync {
      for request in requests.reversed() { request.complete(written: request.write([1, 2, 3])) }
    }
    #expect(driver.takeUsed(0).map(\.head) == [1, 0])
    #expect(driver.bytes(Driver.buffers, 3) == [1, 2, 3])
    #expect(driver.wire.level)
  }

  @Test func whatIsCompletedAfterAResetTouchesNothing() throws {
    let device = StubDevice()
    let driver = try Driver(device)
    driver.start(queues: 1)
    offer(driver)
    let late = try #require(device.takeRequests().first)
    driver.start(queues: 1)
    offer(driver)
    let request = try #require(device.takeRequests().first)

    #expect(late.write([9]) == 0)
    #expect(late.read(limit: 8) == [])
    late.complete(written: 1)
    #expect(driver.takeUsed(0).isEmpty)
    #expect(driver.bytes(Driver.buffers, 1) == [0])
    #expect(!driver.wire.level)

    request.complete(written: request.write([7]))
    #expect(driver.takeUsed(0).map(\.count) == [1])
    #expect(driver.bytes(Driver.buffers, 1) == [7])
  }

  @Test func whatIsCompletedAfterItsQueueWasDisabledTouchesNothing() throws {
    let device = StubDevice()
    let driver = try Driver(device)
    driver.start(queues: 1)
    offer(driver)
    let late = try #require(device.takeRequests().first)
    driver.write(0x30, 0)
    driver.write(0x44, 0)
    driver.setUp(0)
    #expect(late.write([9]) == 0)
    late.complete(written: 1)
    #expect(driver.takeUsed(0).isEmpty)
  }

  @Test func registerAccessesAndAResetDoNotWaitForTheDevice() throws {
    let device = StubDevice()
    let driver = try Driver(device)
    driver.start(queues: 1)
    device.isHeld.withLock { $0 = true }
    driver.chain(0, [.init(address: Driver.buffers, count: 8, flags: Driver.writable)])
    driver.offer(0, head: 0)
    driver.write(0x50, 0)
    device.entered.wait()
    // The device is in its work, and stays there until all of this is done.
    #expect(driver.status == 15)
    driver.write(0x70, 0)
    #expect(driver.status == 0)
    driver.negotiate()
    driver.setUp(0)
    driver.write(0x70, 15)
    #expect(driver.status == 15)
    #expect(device.resets.load(ordering: .relaxed) == 1, "only that of the first start")
    device.isHeld.withLock { $0 = false }
    device.goOn.signal()
    driver.settle()
    #expect(device.resets.load(ordering: .relaxed) == 2)
    offer(driver)
    for request in device.takeRequests() { request.complete(written: 0) }
    #expect(driver.takeUsed(0).count == 1, "the one of the first life is dropped")
  }

  @Test func anyNumberOfResetsIsOnePieceOfWork() throws {
    let device = StubDevice()
    let driver = try Driver(device)
    driver.start(queues: 1)
    let before = device.resets.load(ordering: .relaxed)
    let gate = DispatchSemaphore(value: 0)
    driver.executor.submit { gate.wait() }
    for _ in 0..<1000 { driver.write(0x70, 0) }
    gate.signal()
    driver.settle()
    #expect(device.resets.load(ordering: .relaxed) == before + 1)
  }

  @Test func aResetWaitsForAPieceThatIsBeingCopied() throws {
    let device = StubDevice()
    let driver = try Driver(device)
    driver.start(queues: 1)
    offer(driver)
    let request = try #require(device.takeRequests().first)
    let copying = DispatchSemaphore(value: 0)
    let goOn = DispatchSemaphore(value: 0)
    let steps = Recorder<String>()
    let group = DispatchGroup()
    DispatchQueue(label: "device").async(group: group) {
      _ = request.forEachWritable { _ in
        copying.signal()
        goOn.wait()
        steps.append("copied")
      }
    }
    copying.wait()
    let transport = driver.transport
    DispatchQueue(label: "vcpu").async(group: group) {
      transport.write(offset: 0x70, width: 4, value: 0)
      steps.append("reset")
    }
    while driver.status != 0 {}
    goOn.signal()
    group.wait()
    #expect(steps.all == ["copied", "reset"])
  }

  @Test func completionsAndResetsAtTheSameTimeAreSurvived() throws {
    let device = StubDevice()
    let driver = try Driver(device)
    driver.start(queues: 1)
    let transport = driver.transport
    let memory = driver.memory
    let ring = driver.driverRing(0)
    driver.chain(0, [.init(address: Driver.buffers, count: 8, flags: Driver.writable)])
    DispatchQueue.concurrentPerform(iterations: 3) { role in
      for round in 0..<3000 as Range<UInt64> {
        switch role {
        case 0:
          for value in [0, 1, 3] as [UInt64] { transport.write(offset: 0x70, width: 4, value: value) }
          transport.write(offset: 0x24, width: 4, value: 1)
          transport.write(offset: 0x20, width: 4, value: 1)
          for value in [11, 15] as [UInt64] { transport.write(offset: 0x70, width: 4, value: value) }
          transport.write(offset: 0x44, width: 4, value: round & 1)
        case 1:
          _ = memory.store(PhysicalAddress(ring + 2), UInt16(truncatingIfNeeded: round))
          transport.write(offset: 0x50, width: 4, value: 0)
        default:
          for request in device.takeRequests() { request.complete(written: request.write([1, 2, 3, 4])) }
        }
      }
    }
    driver.settle()
    _ = device.takeRequests()
    driver.start(queues: 1)
    offer(driver)
    for request in device.takeRequests() { request.complete(written: 0) }
    #expect(driver.takeUsed(0).count == 1)
  }
}

/// A device that keeps its requests until a test completes them.
final class StubDevice: VirtioDevice {
  struct State: Codable, Hashable {}

  static let stateName = "stub"
  static let stateVersion = 1

  let deviceID: UInt32 = 42
  let features: UInt64 = 0
  let queueSizes: [UInt16] = [64]
  let chainByteLimit: UInt64 = 1 << 20

  let resets = Atomic(0)
  /// While it is, `process` says that it has begun and waits for `goOn`.
  let isHeld = Mutex(false)
  let entered = DispatchSemaphore(value: 0)
  let goOn = DispatchSemaphore(value: 0)
  private let requests = Mutex<[VirtioRequest]>([])

  func process(queue: Int, _ batch: inout VirtioBatch) throws(VirtioGuestError) {
    if isHeld.withLock({ $0 }) {
      entered.signal()
      goOn.wait()
    }
    while let request = try batch.next(queue) { requests.withLock { $0.append(request) } }
  }

  func reset() { resets.add(1, ordering: .relaxed) }

  func save() -> State { State() }
  func restore(_ state: State) {}

  func takeRequests() -> [VirtioRequest] {
    requests.withLock { requests in
      defer { requests = [] }
      return requests
    }
  }
}
