import Foundation
import HypervisorModel
import Testing

@testable import XenBackend

@Suite struct StoredDomainTests {
  @Test func nameTypeAndStartOfAGuestAreRead() throws {
    let domain = try StoredDomain(1, Recorded.store)
    #expect(domain.name == "pv1")
    #expect(domain.type == .pv)
    #expect(try #require(domain.startedAt) > 1_700_000_000)
    #expect(try StoredDomain(3, Recorded.store).type == .pvh)
  }

  @Test func networksAreReadWithTheirBridge() throws {
    let network = try #require(try StoredDomain(1, Recorded.store).networks.first)
    #expect(network.mac == "00:16:3e:00:00:01")
    #expect(network.bridge == "xenbr0")
    #expect(network.backend == 0)
    #expect(network.connection == .connected)
    #expect(network.interface == "vif1.0")
  }

  @Test func disksAreReadAsXlBlockListTellsThem() throws {
    let disk = try #require(try StoredDomain(1, Recorded.store).disks.first)
    #expect(Recorded.text("xl-block-list.txt").contains("\n\(disk.id) "))
    #expect(disk.name == "xvdb")
    #expect(disk.target == "/guests/disk.img")
    #expect(!disk.isReadOnly)
    #expect(disk.isServedByKernel)
    #expect(disk.connection == .connected)
  }

  @Test func aDiskServedByAProgramOrAnotherDomainHasNoCountersHere() throws {
    let store = TestStore(values: [
      "/local/domain/5/device/vbd/51712/backend": "/local/domain/0/backend/qdisk/5/51712",
      "/local/domain/5/device/vbd/51712/backend-id": "0",
      "/local/domain/5/device/vbd/51728/backend": "/local/domain/2/backend/vbd/5/51728",
      "/local/domain/5/device/vbd/51728/backend-id": "2", "/local/domain/2/backend/vbd/5/51728/mode": "r",
    ])
    let disks = try StoredDomain(5, store).disks
    #expect(disks.map(\.isServedByKernel) == [false, false])
    #expect(disks.map(\.backend) == [0, 2])
    #expect(disks.map(\.isReadOnly) == [false, true])
  }

  @Test func aDomainOfAnotherToolstackNeedsNoLibxlDirectory() throws {
    let store = TestStore(values: [
      "/local/domain/4/name": "from-xapi", "/local/domain/4/vm": "/vm/4",
      "/local/domain/4/device/vif/0/backend": "/b/vif",
      "/local/domain/4/device/vif/0/mac": "aa:bb", "/b/vif/vifname": "tap9",
    ])
    let domain = try StoredDomain(4, store)
    #expect(domain.name == "from-xapi")
    #expect(domain.type == nil)
    #expect(domain.startedAt == nil)
    #expect(domain.networks.map(\.interface) == ["tap9"])
  }

  @Test func aNameCannotControlATerminal() throws {
    let store = TestStore(values: ["/local/domain/4/name": "a\u{1b}[2Jb\u{9b}c\n"])
    #expect(try StoredDomain(4, store).name == "a\u{fffd}[2Jb\u{fffd}c\u{fffd}")
  }
}

@Suite struct DeviceCountersTests {
  /// The recorded counters as files, and /proc/net/dev with one of them.
  private func root() throws -> String {
    let root = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
    for line in Recorded.text("backend-statistics.txt").split(separator: "\n") where line.contains("xen-backend") {
      guard let colon = line.lastIndex(of: ":") else { continue }
      let file = root.appendingPathComponent(String(line[..<colon]))
      try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
      try Data("\(line[line.index(after: colon)...])\n".utf8).write(to: file)
    }
    let network = """
      Inter-|   Receive                                                |  Transmit
       face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed
          lo:       0       0    0    0    0     0          0         0        0       0    0    0    0     0       0          0
      vif1.0:     984      15    0    1    0     0          0         0     2890      37    2    3    0     0       0          0
      """
    let directory = root.appendingPathComponent("proc/net")
    try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
    try Data(network.utf8).write(to: directory.appendingPathComponent("dev"))
    return root.path
  }

  @Test func whatTheBackendReceivedIsWhatTheGuestSent() throws {
    let root = try root()
    defer { try? FileManager.default.removeItem(atPath: root) }
    let counters = try #require(DeviceCounters(root: root).networks()["vif1.0"])
    #expect(counters.transmitted == .init(bytes: 984, packets: 15, errors: 0, drops: 1))
    #expect(counters.received == .init(bytes: 2890, packets: 37, errors: 2, drops: 3))
  }

  @Test func disksCountAsXentopShowsThem() throws {
    let root = try root()
    defer { try? FileManager.default.removeItem(atPath: root) }
    let counters = try #require(DeviceCounters(root: root).disk(domain: 1, device: 51728))
    let line =
      "OO:        \(counters.outOfRequests)   RD:       \(counters.reads)   WR:       \(counters.writes)   "
      + "RSECT:       \(counters.readSectors)   WSECT:       \(counters.writtenSectors)"
    #expect(Recorded.text("xentop.txt").contains(line))
    #expect(DeviceCounters(root: root).disk(domain: 1, device: 1) == nil)
  }

  @Test func withoutFilesThereAreNoCounters() {
    #expect(DeviceCounters(root: "/nowhere").networks().isEmpty)
  }
}
