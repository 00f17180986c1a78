import Figures
import HypervisorModel

/// A domain's virtual device, of a kind that has a table.
protocol VirtualDevice: Sendable {
  associatedtype Rates

  /// The number among the domain's devices of its kind.
  var id: Int { get }
  /// The domain that serves it.
  var backend: DomainID { get }
  var connection: DeviceConnection { get }

  static func devices(of domain: DomainSnapshot) -> [Self]
  func rates(in rates: DomainRates) -> Rates?
  static var columns: [TableColumn<DeviceRow<Self>>] { get }
}

/// A virtual device as its table shows it; counters as the guest sees them.
struct DeviceRow<Device: VirtualDevice>: TableRow {
  /// Which device of which domain.
  struct Key: Hashable {
    var domain: DomainReference
    var device: Int
  }

  var reference: DomainReference
  var name: String
  var device: Device
  var rates: Device.Rates?

  static func rows(of row: DomainRow) -> [DeviceRow] {
    Device.devices(of: row.snapshot).map { device in
      DeviceRow(
        reference: row.reference, name: row.name, device: device,
        rates: row.sample.rates.flatMap { device.rates(in: $0) })
    }
  }

  var key: Key { Key(domain: reference, device: device.id) }
  var domain: DomainReference? { reference }

  static func precedes(_ a: DeviceRow, _ b: DeviceRow) -> Bool {
    a.reference.id != b.reference.id ? a.reference.id < b.reference.id : a.device.id < b.device.id
  }

  static var columns: [TableColumn<DeviceRow>] { Device.columns }
  static var standardColumns: [Column] { columns.map(\.spec.column) }
}

/// Columns that all kinds have.
extension TableColumn {
  static func domain<Device>() -> TableColumn where Row == DeviceRow<Device> {
    .init("name", "NAME", 8, upTo: 28, left: true, sacrifice: 0, "its domain") { row, _ in .text(row.name) }
  }

  static func connection<Device>(sacrifice: Int) -> TableColumn where Row == DeviceRow<Device> {
    .init("connection", "CONNECTION", 12, left: true, sacrifice: sacrifice, "the state of its connection") { row, _ in
      .text(row.device.connection.rawValue, row.device.connection == .connected ? .running : .warning)
    }
  }

  static func backend<Device>(sacrifice: Int) -> TableColumn where Row == DeviceRow<Device> {
    .init("backend", "BACKEND", 7, ascending: true, sacrifice: sacrifice, "the domain that serves it") { row, _ in
      .count(row.device.backend.rawValue)
    }
  }
}

extension Figure {
  /// One of a device's counters; none where the host has none of it.
  static func count<Counters>(_ counters: Counters?, _ part: (Counters) -> UInt64) -> Figure {
    counters.map { .count(part($0)) } ?? .none
  }

  static func kibibytes<Counters>(_ counters: Counters?, _ part: (Counters) -> UInt64) -> Figure {
    counters.map { Figure(.memory(Bytes(part($0)))) } ?? .none
  }
}
