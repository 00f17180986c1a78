import HypervisorModel
import Testing

@testable import DomusEngine

@Suite struct VirtioConsoleTests {
  typealias Driver = VirtioTestDriver
  private static let multiport: UInt64 = 1 << 32 | 3

  private let console = Recorder<[UInt8]>()
  private let agent = Recorder<[UInt8]>()
  private let opened = Recorder<Bool>()
  private let space = Recorder<Bool>()

  private func makeDevice() -> VirtioConsole {
    VirtioConsole(ports: [
      VirtioConsole.Port(
        kind: .console, output: { [console] in console.append(Array($0)) },
        inputSpace: { [space] in space.append(true) }),
      VirtioConsole.Port(
        kind: .named("org.qemu.guest_agent.0"), output: { [agent] in agent.append(Array($0)) },
        openChanged: { [opened] in opened.append($0) }),
    ])
  }

  /// A driver that has given buffers to the control receive queue, as Linux does first.
  private func start(_ device: VirtioConsole) throws -> Driver {
    let driver = try Driver(device)
    driver.start(Self.multiport, queues: 6)
    for index in 0..<16 {
      driver.chain(
        2, first: index,
        [.init(address: Driver.buffers + 0x1000 * UInt64(index), count: 4096, flags: Driver.writable)])
      driver.offer(2, head: UInt16(index))
    }
    driver.kick(2)
    return driver
  }

  private func message(_ port: UInt32, _ event: UInt16, _ value: UInt16) -> [UInt8] {
    [UInt8(port & 0xff), UInt8(port >> 8 & 0xff), UInt8(port >> 16 & 0xff), UInt8(port >> 24)]
      + [UInt8(event & 0xff), UInt8(event >> 8), UInt8(value & 0xff), UInt8(value >> 8)]
  }

  private func control(_ driver: Driver, _ bytes: [UInt8]) {
    let address = Driver.buffers + 0x10_0000
    driver.fill(address, bytes)
    driver.chain(3, [.init(address: address, count: UInt32(bytes.count))])
    driver.offer(3, head: 0)
    driver.kick(3)
  }

  private func answers(_ driver: Driver) -> [[UInt8]] {
    driver.takeUsed(2).map { driver.bytes(Driver.buffers + 0x1000 * UInt64($0.head), Int($0.count)) }
  }

  private func bringUp(_ driver: Driver) {
    control(driver, message(.max, 0, 1))
    for port in 0..<2 as Range<UInt32> {
      control(driver, message(port, 3, 1))
      control(driver, message(port, 6, 1))
    }
    _ = answers(driver)
  }

  @Test func portsAreIntroducedInTheOrderThatLinuxExpects() throws {
    let device = makeDevice()
    let driver = try start(device)
    #expect(answers(driver).isEmpty)
    control(driver, message(.max, 0, 1))
    #expect(answers(driver) == [message(0, 1, 1), message(1, 1, 1)])
    control(driver, message(0, 3, 1))
    #expect(answers(driver) == [message(0, 4, 1), message(0, 6, 1)])
    control(driver, message(1, 3, 1))
    #expect(answers(driver) == [message(1, 7, 1) + Array("org.qemu.guest_agent.0".utf8), message(1, 6, 1)])
    #expect(!device.isOpen(port: 1))
    control(driver, message(1, 6, 1))
    #expect(device.isOpen(port: 1))
    control(driver, message(1, 6, 0))
    #expect(!device.isOpen(port: 1))
    #expect(opened.all == [true, false])
    #expect(driver.takeUsed(3).count == 5)
  }

  @Test func theTerminalSizeIsToldWhenTheConsoleIsSetUpAndWhenItChanges() throws {
    let device = makeDevice()
    device.resize(columns: 80, rows: 24)
    let driver = try start(device)
    control(driver, message(.max, 0, 1))
    _ = answers(driver)
    control(driver, message(0, 3, 1))
    #expect(answers(driver) == [message(0, 4, 1), message(0, 5, 0) + [80, 0, 24, 0], message(0, 6, 1)])
    device.resize(columns: 132, rows: 50)
    driver.settle()
    #expect(answers(driver) == [message(0, 5, 0) + [132, 0, 50, 0]])
    #expect(driver.transport.read(offset: 0x100, width: 2) == 132)
    #expect(driver.transport.read(offset: 0x102, width: 2) == 50)
    #expect(driver.transport.read(offset: 0x104, width: 4) == 2)
    #expect(driver.read(0xfc) == 1)
  }

  @Test func outputComesFromTheRightPort() throws {
    let driver = try start(makeDevice())
    bringUp(driver)
    for (queue, text) in [(1, "console"), (5, "agent")] {
      driver.fill(Driver.buffers + 0x11_0000, Array(text.utf8))
      driver.chain(queue, [.init(address: Driver.buffers + 0x11_0000, count: UInt32(text.utf8.count))])
      driver.offer(queue, head: 0)
      driver.kick(queue)
      #expect(driver.takeUsed(queue).map(\.count) == [0])
    }
    #expect(console.all == [Array("console".utf8)])
    #expect(agent.all == [Array("agent".utf8)])
  }

  @Test func inputWaitsForBuffersAndIsSplitOverThem() throws {
    let device = makeDevice()
    let driver = try start(device)
    bringUp(driver)
    #expect(device.send(Array("hello".utf8), to: 1) == 5)
    driver.settle()
    #expect(driver.takeUsed(4).isEmpty)
    let buffer = Driver.buffers + 0x12_0000
    for index in 0..<2 {
      driver.chain(
        4, first: index, [.init(address: buffer + 16 * UInt64(index), count: 3, flags: Driver.writable)])
      driver.offer(4, head: UInt16(index))
    }
    driver.kick(4)
    #expect(driver.takeUsed(4).map(\.count) == [3, 2])
    #expect(driver.bytes(buffer, 3) + driver.bytes(buffer + 16, 2) == Array("hello".utf8))
  }

  @Test func aClosedPortTakesNothingAndDropsWhatWaited() throws {
    let device = makeDevice()
    let driver = try start(device)
    #expect(device.send([1], to: 0) == 0)
    bringUp(driver)
    #expect(space.all == [true])
    #expect(device.send([1], to: 0) == 1)
    control(driver, message(0, 6, 0))
    #expect(device.send([2], to: 0) == 0)
    control(driver, message(0, 6, 1))
    driver.chain(0, [.init(address: Driver.buffers, count: 8, flags: Driver.writable)])
    driver.offer(0, head: 0)
    driver.kick(0)
    #expect(driver.takeUsed(0).isEmpty)
    #expect(device.send([1], to: 7) == 0)
  }

  @Test func inputIsBoundedAndTellsWhenThereIsSpace() throws {
    let device = makeDevice()
    let driver = try start(device)
    bringUp(driver)
    space.clear()
    let capacity = VirtioConsole.inputCapacity
    #expect(device.send([UInt8](repeating: 1, count: capacity + 1), to: 0) == capacity)
    driver.chain(0, [.init(address: Driver.buffers, count: UInt32(capacity), flags: Driver.writable)])
    driver.offer(0, head: 0)
    driver.kick(0)
    #expect(driver.takeUsed(0).map(\.count) == [UInt32(capacity)])
    #expect(space.all == [true])
  }

  @Test func withoutMultiportThereIsOneOpenConsole() throws {
    let device = makeDevice()
    let driver = try Driver(device)
    driver.start(1 << 32, queues: 2)
    #expect(device.isOpen(port: 0))
    driver.write(0x70, 0)
    driver.settle()
    #expect(!device.isOpen(port: 0))
  }

  @Test func aShortControlMessageIsAnError() throws {
    let driver = try start(makeDevice())
    control(driver, [0, 0, 0, 0])
    #expect(driver.needsReset)
  }

  @Test func unknownPortsAndEventsAreIgnored() throws {
    let driver = try start(makeDevice())
    control(driver, message(9, 3, 1))
    control(driver, message(.max - 1, 6, 1))
    control(driver, message(0, 99, 1))
    control(driver, message(0, 1, 1))
    #expect(answers(driver).isEmpty)
    #expect(!driver.needsReset)
  }

  @Test func aDriverThatNeverTakesAnswersIsStopped() throws {
    let driver = try Driver(makeDevice())
    driver.start(Self.multiport, queues: 6)
    for _ in 0..<100 { control(driver, message(.max, 0, 1)) }
    #expect(driver.errors.all == [.unreadAnswers])
    #expect(driver.needsReset)
  }

  @Test func aChainThatIsTooLongIsNotCopied() throws {
    let driver = try start(makeDevice())
    driver.chain(1, (0..<8).map { _ in .init(address: GuestMemory.base, count: 0x40_0000) })
    driver.offer(1, head: 0)
    driver.kick(1)
    #expect(driver.errors.all == [.tooManyBytes(0x40_0000)])
    #expect(console.all.isEmpty)
  }
}
