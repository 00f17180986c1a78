import HypervisorModel

/// A domain's device: which one of which domain.
struct DeviceKey: Hashable {
  var domain: DomainReference
  var device: Int

  static func precedes(_ a: DeviceKey, _ b: DeviceKey) -> Bool {
    a.domain.id != b.domain.id ? a.domain.id < b.domain.id : a.device < b.device
  }

  /// A connection's state, in words for xenbus's numbers.
  static func connection(_ state: Int) -> Figure {
    let words = ["unknown", "initialising", "init-wait", "initialised", "connected", "closing", "closed"]
    let word = words.indices.contains(state) ? words[state] : String(state)
    return .text(word, state == 4 ? .running : .warning)
  }
}

/// A virtual disk as the table shows it.
struct DiskRow: TableRow {
  var reference: DomainReference
  var name: String
  var disk: DiskSnapshot
  var rates: DomainRates.Disk?

  static func rows(of row: DomainRow) -> [DiskRow] {
    row.snapshot.disks.map {
      DiskRow(reference: row.reference, name: row.name, disk: $0, rates: row.rates?.disks[$0.id])
    }
  }

  var key: DeviceKey { DeviceKey(domain: reference, device: disk.id) }
  var domain: DomainReference? { reference }
  static func precedes(_ a: DiskRow, _ b: DiskRow) -> Bool { DeviceKey.precedes(a.key, b.key) }

  static let standardColumns = columns.map(\.spec.column)

  static let columns: [TableColumn<DiskRow>] = [
    .init("name", "NAME", 8, upTo: 28, left: true, sacrifice: 0, "its domain") { row, _ in .text(row.name) },
    .init("disk", "DISK", 6, upTo: 10, left: true, sacrifice: 1, "as the guest calls it") { row, _ in
      .text(row.disk.name)
    },
    .init("rd-rate", "RD/s", 6, sacrifice: 2, "bytes read per second") { row, _ in .rate(row.rates?.read) },
    .init("wr-rate", "WR/s", 6, sacrifice: 3, "bytes written per second") { row, _ in .rate(row.rates?.written) },
    .init("iops", "IO/s", 6, sacrifice: 4, "requests per second") { row, _ in .rate(row.rates?.requests) },
    .init("reads", "READS", 8, sacrifice: 8, "read requests") { row, _ in count(row, \.reads) },
    .init("writes", "WRITES", 8, sacrifice: 9, "write requests") { row, _ in count(row, \.writes) },
    .init("rsect", "RSECT", 10, sacrifice: 11, "sectors read") { row, _ in count(row, \.readSectors) },
    .init("wsect", "WSECT", 10, sacrifice: 12, "sectors written") { row, _ in count(row, \.writtenSectors) },
    .init("oo", "OO", 6, sacrifice: 10, "times that a request waited because the ring was full") { row, _ in
      count(row, \.outOfRequests)
    },
    .init("mode", "MODE", 4, left: true, sacrifice: 6, "r or rw") { row, _ in .text(row.disk.isReadOnly ? "r" : "rw") },
    .init("connection", "CONNECTION", 12, left: true, sacrifice: 7, "the state of its connection") { row, _ in
      DeviceKey.connection(row.disk.state)
    },
    .init("backend", "BACKEND", 7, ascending: true, sacrifice: 13, "the domain that serves it") { row, _ in
      .count(row.disk.backend.rawValue)
    },
    .init("target", "TARGET", 10, upTo: 48, left: true, sacrifice: 5, "what it is on the backend's side") { row, _ in
      .text(row.disk.target)
    },
  ]

  private static func count(_ row: DiskRow, _ part: (DiskSnapshot.Counters) -> UInt64) -> Figure {
    row.disk.counters.map { .count(part($0)) } ?? .none
  }
}

/// A virtual network interface as the table shows it; counters as the guest sees them.
struct NetworkRow: TableRow {
  var reference: DomainReference
  var name: String
  var network: NetworkSnapshot
  var rates: DomainRates.Network?

  static func rows(of row: DomainRow) -> [NetworkRow] {
    row.snapshot.networks.map {
      NetworkRow(reference: row.reference, name: row.name, network: $0, rates: row.rates?.networks[$0.id])
    }
  }

  var key: DeviceKey { DeviceKey(domain: reference, device: network.id) }
  var domain: DomainReference? { reference }
  static func precedes(_ a: NetworkRow, _ b: NetworkRow) -> Bool { DeviceKey.precedes(a.key, b.key) }

  static let standardColumns = columns.map(\.spec.column)

  static let columns: [TableColumn<NetworkRow>] = [
    .init("name", "NAME", 8, upTo: 28, left: true, sacrifice: 0, "its domain") { row, _ in .text(row.name) },
    .init("network", "NET", 4, ascending: true, sacrifice: 1, "its number in the domain") { row, _ in
      .count(row.network.id)
    },
    .init("rx-rate", "RX/s", 6, sacrifice: 2, "bytes received per second") { row, _ in .rate(row.rates?.received) },
    .init("tx-rate", "TX/s", 6, sacrifice: 3, "bytes sent per second") { row, _ in .rate(row.rates?.transmitted) },
    .init("rx", "RX(k)", 9, sacrifice: 6, "KiB received") { row, _ in kibibytes(row, \.received.bytes) },
    .init("tx", "TX(k)", 9, sacrifice: 7, "KiB sent") { row, _ in kibibytes(row, \.transmitted.bytes) },
    .init("rx-packets", "RXPKT", 8, sacrifice: 10, "packets received") { row, _ in count(row, \.received.packets) },
    .init("tx-packets", "TXPKT", 8, sacrifice: 11, "packets sent") { row, _ in count(row, \.transmitted.packets) },
    .init("rx-errors", "RXERR", 6, sacrifice: 12, "errors while receiving") { row, _ in count(row, \.received.errors) },
    .init("tx-errors", "TXERR", 6, sacrifice: 13, "errors while sending") { row, _ in count(row, \.transmitted.errors)
    },
    .init("rx-drops", "RXDROP", 6, sacrifice: 14, "packets lost while receiving") { row, _ in
      count(row, \.received.drops)
    },
    .init("tx-drops", "TXDROP", 6, sacrifice: 15, "packets lost while sending") { row, _ in
      count(row, \.transmitted.drops)
    },
    .init("mac", "MAC", 17, left: true, sacrifice: 4, "its MAC address") { row, _ in .text(row.network.mac) },
    .init("bridge", "BRIDGE", 8, upTo: 16, left: true, sacrifice: 5, "the bridge on the backend's side") { row, _ in
      row.network.bridge.map { .text($0) } ?? .none
    },
    .init("connection", "CONNECTION", 12, left: true, sacrifice: 8, "the state of its connection") { row, _ in
      DeviceKey.connection(row.network.state)
    },
    .init("backend", "BACKEND", 7, ascending: true, sacrifice: 9, "the domain that serves it") { row, _ in
      .count(row.network.backend.rawValue)
    },
  ]

  private static func count(_ row: NetworkRow, _ part: (NetworkSnapshot.Counters) -> UInt64) -> Figure {
    row.network.counters.map { .count(part($0)) } ?? .none
  }

  private static func kibibytes(_ row: NetworkRow, _ part: (NetworkSnapshot.Counters) -> UInt64) -> Figure {
    row.network.counters.map { .kibibytes(Bytes(part($0))) } ?? .none
  }
}
