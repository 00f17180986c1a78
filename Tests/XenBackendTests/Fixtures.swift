import Foundation
import HypervisorModel

@testable import XenBackend

/// What `Tests/XenLab/record` wrote on a real Xen host.
enum Recorded {
  static func text(_ name: String) -> String {
    let folder = URL(filePath: #filePath).deletingLastPathComponent().appendingPathComponent("Recorded")
    return (try? String(contentsOf: folder.appendingPathComponent(name), encoding: .utf8)) ?? ""
  }

  /// xenstore as `xenstore-ls -f` shows it.
  static let store: TestStore = {
    var values: [String: String] = [:]
    for line in text("xenstore-ls.txt").split(separator: "\n") {
      guard let separator = line.range(of: " = \"") else { continue }
      values[String(line[..<separator.lowerBound])] = String(line[separator.upperBound...].dropLast())
    }
    return TestStore(values: values)
  }()
}

/// xenstore in memory.
struct TestStore: XenStore {
  var values: [String: String] = [:]
  var isDown = false

  func read(_ path: String) throws(StoreError) -> String? {
    if isDown { throw StoreError(text: "Broken pipe") }
    return values[path]
  }

  func list(_ path: String) throws(StoreError) -> [String] {
    if isDown { throw StoreError(text: "Broken pipe") }
    let names = values.keys.filter { $0.hasPrefix(path + "/") }.map {
      $0.dropFirst(path.count + 1).prefix { $0 != "/" }
    }
    return Set(names.map(String.init)).sorted()
  }
}

let lab = HostID(rawValue: "lab")

func testUUID(_ last: UInt8) -> UUID { UUID(uuid: (0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, last)) }

extension XenSample {
  /// Two pCPUs in Pool-0.
  init(_ domains: [Domain], idle: [UInt64] = [0, 0]) {
    self.init(
      domains: domains, pools: [Pool(id: 0, name: "Pool-0", scheduler: .credit2, pcpus: .of([0, 1]))],
      pcpus: idle.enumerated().map { PCPU(id: $0.offset, idle: $0.element) }, memory: 2 << 30, freeMemory: 1 << 30)
  }
}

extension XenSample.Domain {
  init(_ id: UInt32, uuid last: UInt8? = nil, cpu: UInt64 = 0) {
    self.init(
      id: id, uuid: testUUID(last ?? UInt8(id)), pool: 0, ssid: 0, isRunning: false, isBlocked: true, isPaused: false,
      isShutdown: false, isDying: false, isHVM: false, shutdownReason: -1, memory: 96 << 20, maximumMemory: 97 << 20,
      cpuTime: cpu, weight: 256, cap: 0, vcpus: [])
  }

  func with(_ change: (inout Self) -> Void) -> Self {
    var copy = self
    change(&copy)
    return copy
  }
}

extension XenSampler.Moment {
  static func at(_ seconds: UInt64) -> Self { .init(time: .seconds(seconds), wallClock: 1000, bootedAt: 900) }
}
