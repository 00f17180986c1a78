import FoundationEssentials
import HypervisorModel

/// What xenstore says of a domain: what the hypervisor itself doesn't know. Changes seldom, so it is kept.
struct StoredDomain: Sendable {
  struct Network: Sendable {
    var id: Int
    var mac: String
    var bridge: String?
    var backend: UInt32
    var connection: DeviceConnection
    /// The interface in the domain that serves it.
    var interface: String
  }

  struct Disk: Sendable {
    var id: Int
    var name: String
    var target: String
    var isReadOnly: Bool
    var backend: UInt32
    var connection: DeviceConnection
    /// Whether dom0's kernel serves it and counts: not a program (qdisk), nor another domain.
    var isServedByKernel: Bool
  }

  var name: String?
  var type: GuestType?
  /// Seconds since 1970.
  var startedAt: Double?
  var networks: [Network] = []
  var disks: [Disk] = []

  /// Reads everything, whoever made the domain: frontends are where every toolstack has them.
  init(_ id: UInt32, _ store: some XenStore) throws(StoreError) {
    let path = "/local/domain/\(id)"
    name = try store.read("\(path)/name").map { printable($0) }
    type = try store.read("/libxl/\(id)/type").flatMap { GuestType(rawValue: $0) }
    if let vm = try store.read("\(path)/vm") {
      startedAt = try store.read("\(vm)/start_time").flatMap { Double($0) }
    }
    for device in try store.list("\(path)/device/vif").compactMap({ Int($0) }).sorted() {
      if let network = try Network(domain: id, device, at: "\(path)/device/vif/\(device)", store) {
        networks.append(network)
      }
    }
    for device in try store.list("\(path)/device/vbd").compactMap({ Int($0) }).sorted() {
      if let disk = try Disk(device, at: "\(path)/device/vbd/\(device)", store) { disks.append(disk) }
    }
  }
}

extension StoredDomain.Network {
  fileprivate init?(domain: UInt32, _ id: Int, at path: String, _ store: some XenStore) throws(StoreError) {
    guard let backend = try store.read("\(path)/backend") else { return nil }
    self.init(
      id: id, mac: printable(try store.read("\(path)/mac") ?? ""),
      bridge: try store.read("\(backend)/bridge").map { printable($0) },
      backend: UInt32(clamping: try store.number("\(path)/backend-id") ?? 0),
      connection: DeviceConnection(xenbus: try store.number("\(path)/state")),
      interface: try store.read("\(backend)/vifname") ?? "vif\(domain).\(id)")
  }
}

extension StoredDomain.Disk {
  fileprivate init?(_ id: Int, at path: String, _ store: some XenStore) throws(StoreError) {
    guard let backend = try store.read("\(path)/backend") else { return nil }
    let domain = UInt32(clamping: try store.number("\(path)/backend-id") ?? 0)
    self.init(
      id: id, name: printable(try store.read("\(backend)/dev") ?? String(id)),
      target: printable(try store.read("\(backend)/params") ?? ""),
      isReadOnly: try store.read("\(backend)/mode") == "r", backend: domain,
      connection: DeviceConnection(xenbus: try store.number("\(path)/state")),
      isServedByKernel: domain == 0 && backend.contains("/backend/vbd/"))
  }
}

extension DeviceConnection {
  /// - Parameter state: xenbus's number, `enum xenbus_state` of Xen's public/io/xenbus.h; a guest can write any.
  fileprivate init(xenbus state: Int?) {
    self = state.flatMap { Self.allCases.indices.contains($0) ? Self.allCases[$0] : nil } ?? .unknown
  }
}
