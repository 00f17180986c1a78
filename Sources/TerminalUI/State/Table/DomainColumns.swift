import Figures
import HypervisorModel

/// Where the figures of a domain stand in the table, and in which colour.
extension DomainRow {
  /// Everything that the table can say of a domain.
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
    .init(.domain, 8, upTo: 28, left: true, sacrifice: 0),
    .init(.id, 4, ascending: true, sacrifice: 5),
    .init(.state, 6, left: true, sacrifice: 1) { $0.state.role },
    .init(.vcpus, 5, sacrifice: 8),
  ]

  private static let processor: Columns = [
    .init(.cpu, orOfHost: "HOST(%)", 7, sacrifice: 2) { row in
      row.sample.cpu.map { .ofShare($0, of: Double(max(row.snapshot.vcpus.count, 1))) }
    },
    .init(.waiting, 7, sacrifice: 10) { row in row.sample.waiting.map { .ofShare($0, of: 1) } },
    .init(.entitled, orOfHost: "ENT(%H)", 7, sacrifice: 10) { _ in .dim },
    .init("predicted", "THEN(%)", orOfHost: "THEN(%H)", 8, sacrifice: 4, "what it would be with the weights tried out")
    {
      row, context in
      guard let share = row.predicted else { return .none }
      return Figure(value: .percent(context.cpuShare(share)), role: .pending)
    },
    .init(.latency, 6, sacrifice: 33),
    .init(.switches, 8, sacrifice: 34),
    .init(.migrations, 6, sacrifice: 35),
    .init(.why, 9, left: true, sacrifice: 36),
    .init(.cpuSeconds, 8, sacrifice: 7),
    .init(.weight, 6, sacrifice: 3) { $0.isWeightPending ? .pending : nil },
    .init("weight-bar", "WEIGHTS", 10, upTo: 32, left: true, sorts: false, sacrifice: 6, "weights against each other") {
      row, context in
      guard let weight = row.weight, context.largestWeight > 0 else { return .none }
      let role: ThemeRole = row.isWeightPending ? .pending : .graph
      return Figure(value: .bar(Double(weight.rawValue) / Double(context.largestWeight)), role: role)
    },
    .init("scheduler", "SCHEDULER", 9, left: true, sacrifice: 32, "its cpupool's scheduler") { row, _ in
      row.scheduler.map { .text($0.rawValue) } ?? .none
    },
    .init(.cap, 4, sacrifice: 6) { $0.isCapPending ? .pending : $0.cap == Cap.none ? .dim : nil },
    .init("history", "HISTORY", 7, upTo: 40, left: true, sorts: false, sacrifice: 9, "its CPU time so far") {
      row, context in
      let full = Double(max(row.snapshot.vcpus.count, 1))
      let values = context.histories[row.reference]?.cpu.suffix(DomainHistory.samples).map { $0 / full }
      return Figure(.graph(values ?? []))
    },
  ]

  private static let memory: Columns = [
    .init(.memory, 8, sacrifice: 4),
    .init(.memoryShare, 6, sacrifice: 17),
    .init(.maxMemory, 9, sacrifice: 11) { _ in .dim },
    .init(.maxMemoryShare, 9, sacrifice: 26),
  ]

  private static let network: Columns = [
    .init(.receiveRate, 6, sacrifice: 12),
    .init(.transmitRate, 6, sacrifice: 13),
    .init(.networks, 4, sacrifice: 27),
    .init(.received, 8, sacrifice: 18),
    .init(.transmitted, 8, sacrifice: 19),
  ]

  private static let disk: Columns = [
    .init(.readRate, 6, sacrifice: 14),
    .init(.writeRate, 6, sacrifice: 15),
    .init(.requestRate, 6, sacrifice: 25),
    .init(.disks, 4, sacrifice: 28),
    .init(.outOfRequests, 8, sacrifice: 24),
    .init(.reads, 8, sacrifice: 20),
    .init(.writes, 8, sacrifice: 21),
    .init(.readSectors, 10, sacrifice: 22),
    .init(.writtenSectors, 10, sacrifice: 23),
  ]

  private static let other: Columns = [
    .init(.pool, 8, upTo: 16, left: true, sacrifice: 29),
    .init(.uptime, 9, sacrifice: 16),
    .init(.ssid, 4, sacrifice: 30),
  ]
}

extension TableColumn<DomainRow> {
  /// A figure's place in the table. `orOfHost`: its heading where the CPU unit is the whole host; such a figure is CPU time.
  /// `role`: its colour; nil is the usual one.
  fileprivate init(
    _ figure: DomainFigure, orOfHost hostTitle: String? = nil, _ width: Int, upTo maximumWidth: Int? = nil,
    left: Bool = false, ascending: Bool = false, sacrifice: Int,
    role: @escaping @Sendable (DomainRow) -> ThemeRole? = { _ in nil }
  ) {
    self.init(
      figure.name, figure.title, orOfHost: hostTitle, width, upTo: maximumWidth, left: left, ascending: ascending,
      sacrifice: sacrifice, figure.help
    ) { row, context in
      var shown = Figure(figure.value(row.sample))
      if case .none = shown.value { return shown }
      if hostTitle != nil, case .fixed(let percent, let decimals) = shown.value {
        shown.value = .fixed(context.cpuShare(percent), decimals: decimals)
      }
      shown.role = role(row) ?? shown.role
      return shown
    }
  }
}
