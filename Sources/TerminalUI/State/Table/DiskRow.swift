import Figures
import HypervisorModel

typealias DiskRow = DeviceRow<DiskSnapshot>

extension DiskSnapshot: VirtualDevice {
  static func devices(of domain: DomainSnapshot) -> [DiskSnapshot] { domain.disks }
  func rates(in rates: DomainRates) -> DomainRates.Disk? { rates.disks[id] }

  static let columns: [TableColumn<DiskRow>] = [
    .domain(),
    .init("disk", "DISK", 6, upTo: 10, left: true, sacrifice: 1, "as the guest calls it") { row, _ in
      .text(row.device.name)
    },
    .init("rd-rate", "RD/s", 6, sacrifice: 2, "bytes read per second") { row, _ in .rate(row.rates?.read) },
    .init("wr-rate", "WR/s", 6, sacrifice: 3, "bytes written per second") { row, _ in .rate(row.rates?.written) },
    .init("iops", "IO/s", 6, sacrifice: 4, "requests per second") { row, _ in .rate(row.rates?.requests) },
    .init("reads", "READS", 8, sacrifice: 8, "read requests") { row, _ in .count(row.device.counters, \.reads) },
    .init("writes", "WRITES", 8, sacrifice: 9, "write requests") { row, _ in .count(row.device.counters, \.writes) },
    .init("rsect", "RSECT", 10, sacrifice: 11, "sectors read") { row, _ in .count(row.device.counters, \.readSectors) },
    .init("wsect", "WSECT", 10, sacrifice: 12, "sectors written") { row, _ in
      .count(row.device.counters, \.writtenSectors)
    },
    .init("oo", "OO", 6, sacrifice: 10, "times that a request waited because the ring was full") { row, _ in
      .count(row.device.counters, \.outOfRequests)
    },
    .init("mode", "MODE", 4, left: true, sacrifice: 6, "r or rw") { row, _ in .text(row.device.isReadOnly ? "r" : "rw")
    },
    .connection(sacrifice: 7),
    .backend(sacrifice: 13),
    .init("target", "TARGET", 10, upTo: 48, left: true, sacrifice: 5, "what it is on the backend's side") { row, _ in
      .text(row.device.target)
    },
  ]
}
