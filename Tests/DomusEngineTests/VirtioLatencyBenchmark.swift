import Foundation
import HypervisorModel
import Testing

@testable import DomusEngine

/// Not a test: `Benchmarks/run devices` has it measured.
@Suite(.enabled(if: ProcessInfo.processInfo.environment["DOMUS_BENCHMARK"] != nil, "a benchmark"))
struct VirtioLatencyBenchmark {
  /// From the store to the queue's notify register to the interrupt that says that the request is completed.
  @Test func virtioStoreToCompletion() throws {
    let driver = try VirtioTestDriver(PromptDevice())
    driver.start(queues: 1)
    driver.chain(0, [.init(address: VirtioTestDriver.buffers, count: 512, flags: VirtioTestDriver.writable)])
    var times: [UInt64] = []
    for _ in 0..<20_000 {
      driver.offer(0, head: 0)
      let start = HostClock.now()
      driver.write(0x50, 0)
      while !driver.wire.level {}
      times.append((HostClock.now() - start).rawValue)
      driver.write(0x64, 1)
    }
    times.sort()
    func microseconds(_ share: Double) -> String {
      String(format: "%.1f", Double(times[Int(Double(times.count - 1) * share)]) / 1000)
    }
    print(
      "virtio store to completion [µs]: median \(microseconds(0.5)), 90 % \(microseconds(0.9)), 99 % \(microseconds(0.99))"
    )
  }
}

/// Fills 512 bytes at once.
private final class PromptDevice: VirtioDevice {
  struct State: Codable, Hashable {}

  static let stateName = "prompt"
  static let stateVersion = 1

  let deviceID: UInt32 = 42
  let features: UInt64 = 0
  let queueSizes: [UInt16] = [64]
  let chainByteLimit: UInt64 = 1 << 20

  func process(queue: Int, _ batch: inout VirtioBatch) throws(VirtioGuestError) {
    while let request = try batch.next(queue) {
      request.complete(written: request.forEachWritable { _ = $0.initializeMemory(as: UInt8.self, repeating: 1) })
    }
  }

  func save() -> State { State() }
  func restore(_ state: State) {}
}
