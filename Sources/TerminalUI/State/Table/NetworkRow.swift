import Figures
import HypervisorModel

typealias NetworkRow = DeviceRow<NetworkSnapshot>

extension NetworkSnapshot: VirtualDevice {
  static func devices(of domain: DomainSnapshot) -> [NetworkSnapshot] { domain.networks }
  func rates(in rates: DomainRates) -> DomainRates.Network? { rates.networks[id] }

  static let columns: [TableColumn<NetworkRow>] = [
    .domain(),
    .init("network", "NET", 4, ascending: true, sacrifice: 1, "its number in the domain") { row, _ in
      .count(row.device.id)
    },
    .init("rx-rate", "RX/s", 6, sacrifice: 2, "bytes received per second") { row, _ in .rate(row.rates?.received) },
    .init("tx-rate", "TX/s", 6, sacrifice: 3, "bytes sent per second") { row, _ in .rate(row.rates?.transmitted) },
    .init("rx", "RX(k)", 9, sacrifice: 6, "KiB received") { row, _ in .kibibytes(row.device.counters, \.received.bytes)
    },
    .init("tx", "TX(k)", 9, sacrifice: 7, "KiB sent") { row, _ in .kibibytes(row.device.counters, \.transmitted.bytes)
    },
    .init("rx-packets", "RXPKT", 8, sacrifice: 10, "packets received") { row, _ in
      .count(row.device.counters, \.received.packets)
    },
    .init("tx-packets", "TXPKT", 8, sacrifice: 11, "packets sent") { row, _ in
      .count(row.device.counters, \.transmitted.packets)
    },
    .init("rx-errors", "RXERR", 6, sacrifice: 12, "errors while receiving") { row, _ in
      .count(row.device.counters, \.received.errors)
    },
    .init("tx-errors", "TXERR", 6, sacrifice: 13, "errors while sending") { row, _ in
      .count(row.device.counters, \.transmitted.errors)
    },
    .init("rx-drops", "RXDROP", 6, sacrifice: 14, "packets lost while receiving") { row, _ in
      .count(row.device.counters, \.received.drops)
    },
    .init("tx-drops", "TXDROP", 6, sacrifice: 15, "packets lost while sending") { row, _ in
      .count(row.device.counters, \.transmitted.drops)
    },
    .init("mac", "MAC", 17, left: true, sacrifice: 4, "its MAC address") { row, _ in .text(row.device.mac) },
    .init("bridge", "BRIDGE", 8, upTo: 16, left: true, sacrifice: 5, "the bridge on the backend's side") { row, _ in
      row.device.bridge.map { .text($0) } ?? .none
    },
    .connection(sacrifice: 8),
    .backend(sacrifice: 9),
  ]
}
