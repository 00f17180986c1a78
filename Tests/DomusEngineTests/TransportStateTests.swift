import HypervisorModel
import Testing

@testable import DomusEngine

@Suite struct TransportStateTests {
  @Test func aTransportKeepsTheContractAndGoesOnWithItsRings() throws {
    let driver = try VirtioTestDriver(VirtioEntropy())
    driver.start(VirtioQueueTests.version1 | VirtioQueueTests.indirectFeature, queues: 1)
    driver.chain(0, [.init(address: VirtioTestDriver.buffers, count: 8, flags: VirtioTestDriver.writable)])
    for _ in 0..<20 {
      driver.offer(0, head: 0)
      driver.kick(0)
    }
    #expect(driver.takeUsed(0).count == 20)
    #expect(driver.transport.isIdle)
    let saved = try SavedPart(driver.transport)

    let wire = Wire()
    let memory = driver.memory
    let executor = driver.executor
    let make = { @Sendable () -> VirtioMMIO in
      VirtioMMIO(device: VirtioEntropy(), memory: memory, interrupt: wire.line, executor: executor)
    }
    let second = make()
    try saved.restore(to: second)
    #expect(try SavedPart(second) == saved)
    #expect(wire.level)
    // Offered while nobody looked.
    driver.offer(0, head: 0)
    second.resume()
    driver.settle()
    #expect(driver.takeUsed(0).map(\.count) == [8])

    let contract = StateContract(
      VirtioMMIO.self, make: make, live: { try? saved.restore(to: $0) },
      goOn: { transport in transport.read(offset: 0x70, width: 4) })
    try contract.check()
  }
}
