import HypervisorModel

extension DomainRow {
  /// Everything that the table can say of a domain. The names of xentop's columns are xentop's, and so is their meaning:
  /// NETTX is what the interface in Domain-0 sent, so what the guest received.
  static let columns: [TableColumn<DomainRow>] = general + processor + memory + network + disk + other

  /// What is shown unless the operator chooses.
  static let standardColumns = [
    "name", "id", "state", "vcpus", "cpu", "entitled", "wait", "cpu-sec", "mem", "maxmem", "weight", "cap", "rx-rate",
    "tx-rate",
    "rd-rate", "wr-rate", "uptime", "history",
  ].map { Column($0) }

  /// xentop's table.
  static let xentopColumns = [
    "name", "state", "cpu-sec", "cpu", "mem", "mem-pct", "maxmem", "maxmem-pct", "vcpus", "nets", "nettx", "netrx",
    "vbds", "vbd-oo", "vbd-rd", "vbd-wr", "vbd-rsect", "vbd-wsect", "ssid",
  ].map { Column($0) }

  /// What the view of the scheduler shows.
  static let schedulerColumns = [
    "name", "state", "weight", "weight-bar", "cap", "entitled", "predicted", "cpu", "wait", "latency", "switches",
    "why", "vcpus", "pool",
    "scheduler", "history",
  ].map { Column($0) }

  private typealias Columns = [TableColumn<DomainRow>]

  private static let general: Columns = [
    .init("name", "NAME", 8, upTo: 28, left: true, sacrifice: 0, "the domain's name") { row, _ in .text(row.name) },
    .init("id", "ID", 4, ascending: true, sacrifice: 5, "its number on the host") { row, _ in
      .count(row.reference.id.rawValue)
    },
    .init("state", "STATE", 6, left: true, sacrifice: 1, "xentop's letters: d s b c p r") { row, _ in
      .text(row.state.flags, row.state.role)
    },
    .init("vcpus", "VCPUS", 5, sacrifice: 8, "number of vCPUs") { row, _ in .count(row.snapshot.vcpus.count) },
  ]

  private static let processor: Columns = [
    .init("cpu", "CPU(%)", orOfHost: "HOST(%)", 7, sacrifice: 2, "CPU time that it got, per wall time") {
      row, context in
      guard let cpu = row.cpu else { return .none }
      var figure = Figure.percent(cpu, of: Double(max(row.snapshot.vcpus.count, 1)))
      figure.value = .fixed(context.cpuShare(cpu) * 100, decimals: 1)
      return figure
    },
    .init("wait", "WAIT(%)", 7, sacrifice: 10, "time that its vCPUs waited for a pCPU, per wall time") { row, _ in
      .percent(row.rates?.waited)
    },
    .init(
      "entitled", "ENT(%)", orOfHost: "ENT(%H)", 7, sacrifice: 10,
      "CPU time that its scheduler grants it when everybody wants to run"
    ) { row, context in
      guard let share = row.entitled else { return .none }
      return Figure(value: .fixed(context.cpuShare(share) * 100, decimals: 1), role: .dim)
    },
    .init("predicted", "THEN(%)", orOfHost: "THEN(%H)", 8, sacrifice: 4, "what it would be with the weights tried out")
    {
      row, context in
      guard let share = row.predicted else { return .none }
      return Figure(value: .fixed(context.cpuShare(share) * 100, decimals: 1), role: .pending)
    },
    .init("latency", "WAKE99", 6, sacrifice: 33, "99 of 100 times it ran so soon after waking up") { row, _ in
      row.snapshot.wakeLatency.map { Figure(value: .duration($0.p99)) } ?? .none
    },
    .init("switches", "SWITCHES", 8, sacrifice: 34, "times that its vCPUs left a pCPU") { row, _ in
      .sum(row.snapshot.vcpus.map { $0.scheduling?.switches })
    },
    .init("migrations", "MIGR", 6, sacrifice: 35, "times that its vCPUs came to another pCPU") { row, _ in
      .sum(row.snapshot.vcpus.map { $0.scheduling?.migrations })
    },
    .init("why", "WHY", 9, left: true, sacrifice: 36, "why the first of its vCPUs left its pCPU last") { row, _ in
      row.snapshot.vcpus.first?.whyOff.map { .text($0.rawValue) } ?? .none
    },
    .init("cpu-sec", "CPU(sec)", 8, sacrifice: 7, "CPU time since it was made") { row, _ in
      Figure(value: .seconds(row.snapshot.cpuTime))
    },
    .init("weight", "WEIGHT", 6, sacrifice: 3, "its weight under the scheduler") { row, _ in
      row.weight.map { .count($0.rawValue, row.isWeightPending ? .pending : .text) } ?? .none
    },
    .init("weight-bar", "WEIGHTS", 10, upTo: 32, left: true, sorts: false, sacrifice: 6, "weights against each other") {
      row, context in
      guard let weight = row.weight, context.largestWeight > 0 else { return .none }
      let role: ThemeRole = row.isWeightPending ? .pending : .graph
      return Figure(value: .bar(Double(weight.rawValue) / Double(context.largestWeight)), role: role)
    },
    .init("scheduler", "SCHEDULER", 9, left: true, sacrifice: 32, "its cpupool's scheduler") { row, _ in
      row.scheduler.map { .text($0.rawValue) } ?? .none
    },
    .init("cap", "CAP", 4, sacrifice: 6, "its cap, in per cent of a pCPU; 0 is none") { row, _ in
      guard let cap = row.cap else { return .none }
      return .count(cap.rawValue, row.isCapPending ? .pending : cap == .none ? .dim : .text)
    },
    .init("history", "HISTORY", 7, upTo: 40, left: true, sorts: false, sacrifice: 9, "its CPU time so far") {
      row, context in
      let full = Double(max(row.snapshot.vcpus.count, 1))
      let values = context.histories[row.reference]?.cpu.suffix(DomainHistory.samples).map { $0 / full }
      return Figure(value: .graph(values ?? []), role: .graph)
    },
  ]

  private static let memory: Columns = [
    .init("mem", "MEM(k)", 8, sacrifice: 4, "memory that it holds, in KiB") { row, _ in .kibibytes(row.snapshot.memory)
    },
    .init("mem-pct", "MEM(%)", 6, sacrifice: 17, "memory that it holds, of the host's") { row, context in
      percent(row.snapshot.memory, of: context.memory)
    },
    .init("maxmem", "MAXMEM(k)", 9, sacrifice: 11, "memory that it may have, in KiB") { row, _ in
      guard let limit = row.snapshot.maxMemory else { return Figure(value: .unlimited("no limit"), role: .dim) }
      return Figure(value: .kibibytes(limit), role: .dim)
    },
    .init("maxmem-pct", "MAXMEM(%)", 9, sacrifice: 26, "memory that it may have, of the host's") { row, context in
      guard let limit = row.snapshot.maxMemory else { return Figure(value: .unlimited("n/a"), role: .dim) }
      return percent(limit, of: context.memory)
    },
  ]

  private static let network: Columns = [
    .init("rx-rate", "RX/s", 6, sacrifice: 12, "bytes that the guest receives per second") { row, _ in
      .rate(row.rates?.received)
    },
    .init("tx-rate", "TX/s", 6, sacrifice: 13, "bytes that the guest sends per second") { row, _ in
      .rate(row.rates?.transmitted)
    },
    .init("nets", "NETS", 4, sacrifice: 27, "number of network interfaces") { row, _ in
      .count(row.snapshot.networks.count)
    },
    .init("nettx", "NETTX(k)", 8, sacrifice: 18, "KiB that its interfaces in Domain-0 sent") { row, _ in
      .sum(row.snapshot.networks.map { $0.counters?.received.bytes }) { .kibibytes(Bytes($0)) }
    },
    .init("netrx", "NETRX(k)", 8, sacrifice: 19, "KiB that its interfaces in Domain-0 received") { row, _ in
      .sum(row.snapshot.networks.map { $0.counters?.transmitted.bytes }) { .kibibytes(Bytes($0)) }
    },
  ]

  private static let disk: Columns = [
    .init("rd-rate", "RD/s", 6, sacrifice: 14, "bytes that it reads from disks per second") { row, _ in
      .rate(row.rates?.read)
    },
    .init("wr-rate", "WR/s", 6, sacrifice: 15, "bytes that it writes to disks per second") { row, _ in
      .rate(row.rates?.written)
    },
    .init("iops", "IO/s", 6, sacrifice: 25, "disk requests per second") { row, _ in .rate(row.rates?.requests) },
    .init("vbds", "VBDS", 4, sacrifice: 28, "number of virtual disks") { row, _ in .count(row.snapshot.disks.count) },
    .init("vbd-oo", "VBD_OO", 8, sacrifice: 24, "times that a request waited because the ring was full") { row, _ in
      .sum(row.snapshot.disks.map { $0.counters?.outOfRequests })
    },
    .init("vbd-rd", "VBD_RD", 8, sacrifice: 20, "read requests") { row, _ in
      .sum(row.snapshot.disks.map { $0.counters?.reads })
    },
    .init("vbd-wr", "VBD_WR", 8, sacrifice: 21, "write requests") { row, _ in
      .sum(row.snapshot.disks.map { $0.counters?.writes })
    },
    .init("vbd-rsect", "VBD_RSECT", 10, sacrifice: 22, "sectors read") { row, _ in
      .sum(row.snapshot.disks.map { $0.counters?.readSectors })
    },
    .init("vbd-wsect", "VBD_WSECT", 10, sacrifice: 23, "sectors written") { row, _ in
      .sum(row.snapshot.disks.map { $0.counters?.writtenSectors })
    },
  ]

  private static let other: Columns = [
    .init("pool", "POOL", 8, upTo: 16, left: true, sacrifice: 29, "its cpupool") { row, _ in .text(row.snapshot.pool) },
    .init("uptime", "UPTIME", 9, sacrifice: 16, "time since it was made") { row, context in
      guard let start = row.snapshot.createdAt else { return .none }
      return Figure(value: .uptime(context.wallClock - start))
    },
    .init("ssid", "SSID", 4, sacrifice: 30, "the security module's label") { row, _ in
      row.snapshot.ssid.map { .count($0) } ?? .none
    },
  ]

  private static func percent(_ part: Bytes, of whole: Bytes) -> Figure {
    guard whole != .zero else { return .none }
    return Figure(value: .fixed(Double(part.rawValue) * 100 / Double(whole.rawValue), decimals: 1))
  }
}
