import Figures
import HypervisorModel

/// A physical CPU as the table shows it.
struct PCPURow: TableRow {
  var pcpu: PCPUSnapshot
  var scheduler: Scheduler?
  /// Busy part since the sample before.
  var busy: Double?
  /// The vCPUs that are on it now.
  var runs: [String]

  var key: PCPUID { pcpu.id }
  var domain: DomainReference? { nil }

  static func precedes(_ a: PCPURow, _ b: PCPURow) -> Bool { a.pcpu.id < b.pcpu.id }

  static func rows(of host: HostState) -> [PCPURow] {
    guard let snapshot = host.snapshot else { return [] }
    var runs: [PCPUID: [String]] = [:]
    for domain in snapshot.domains {
      for vcpu in domain.vcpus where vcpu.state == .running {
        if let pcpu = vcpu.pcpu { runs[pcpu, default: []].append("\(domain.name)/\(vcpu.id.rawValue)") }
      }
    }
    return snapshot.pcpus.map { pcpu in
      PCPURow(
        pcpu: pcpu, scheduler: snapshot.pools.first { $0.name == pcpu.pool }?.scheduler,
        busy: host.rates?.pcpus[pcpu.id], runs: runs[pcpu.id] ?? [])
    }
  }

  static let standardColumns = columns.map(\.spec.column)

  static let columns: [TableColumn<PCPURow>] = [
    .init("pcpu", "PCPU", 5, ascending: true, sacrifice: 0, "its number on the host") { row, _ in
      .count(row.pcpu.id.rawValue)
    },
    .init("pool", "POOL", 8, upTo: 16, left: true, sacrifice: 3, "its cpupool") { row, _ in
      row.pcpu.pool.map { .text($0) } ?? .none
    },
    .init("scheduler", "SCHEDULER", 9, left: true, sacrifice: 4, "its cpupool's scheduler") { row, _ in
      row.scheduler.map { .text($0.rawValue) } ?? .none
    },
    .init("busy", "BUSY(%)", 7, sacrifice: 1, "part of the time in which a guest ran on it") { row, _ in
      .percent(row.busy)
    },
    .init("load", "LOAD", 8, upTo: 32, left: true, sorts: false, sacrifice: 6, "the same as a bar") { row, _ in
      guard let busy = row.busy else { return .none }
      return Figure(value: .bar(busy), role: .gauge(busy))
    },
    .init("busy-sec", "BUSY(sec)", 10, sacrifice: 5, "time in which guests ran on it") { row, _ in
      row.pcpu.busy.map { Figure(value: .seconds($0)) } ?? .none
    },
    .init("stolen-sec", "STOLEN(sec)", 11, sacrifice: 7, "time in which other programs had it instead of a guest") {
      row, _ in row.pcpu.stolen.map { Figure(value: .seconds($0)) } ?? .none
    },
    .init("runs", "RUNS", 10, upTo: 60, left: true, sacrifice: 2, "the vCPU that is on it now") { row, _ in
      row.runs.isEmpty ? .none : .text(row.runs.joined(separator: " "), .running)
    },
  ]
}
