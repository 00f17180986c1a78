import Figures
import HypervisorModel

/// A vCPU as the table shows it.
struct VCPURow: TableRow {
  struct Key: Hashable {
    var domain: DomainReference
    var vcpu: VCPUID
  }

  var reference: DomainReference
  var name: String
  var vcpu: VCPUSnapshot
  var rates: DomainRates.VCPU?
  /// CPU that its scheduler grants it; 1 is one pCPU.
  var entitled: Double?

  /// All vCPUs of a domain.
  static func rows(of row: DomainRow, _ entitlement: Entitlement?) -> [VCPURow] {
    row.snapshot.vcpus.map {
      VCPURow(
        reference: row.reference, name: row.name, vcpu: $0, rates: row.sample.rates?.vcpus[$0.id],
        entitled: entitlement?.vcpu($0.id, of: row.reference))
    }
  }

  var key: Key { Key(domain: reference, vcpu: vcpu.id) }
  var domain: DomainReference? { reference }

  static func precedes(_ a: VCPURow, _ b: VCPURow) -> Bool {
    if a.reference.id != b.reference.id { return a.reference.id < b.reference.id }
    return a.vcpu.id < b.vcpu.id
  }

  static let standardColumns = columns.map(\.spec.column)

  static let columns: [TableColumn<VCPURow>] = [
    .init("name", "NAME", 8, upTo: 28, left: true, sacrifice: 0, "its domain") { row, _ in .text(row.name) },
    .init("vcpu", "VCPU", 5, ascending: true, sacrifice: 1, "its number in the domain") { row, _ in
      .count(row.vcpu.id.rawValue)
    },
    .init("state", "STATE", 8, left: true, sacrifice: 2, "running, runnable, blocked, paused, offline") { row, _ in
      .text(row.vcpu.state.rawValue, row.vcpu.state.role)
    },
    .init("pcpu", "PCPU", 5, ascending: true, sacrifice: 3, "where it runs or ran last") { row, _ in
      row.vcpu.pcpu.map { .count($0.rawValue, row.vcpu.state == .running ? .text : .dim) } ?? .none
    },
    .init("cpu", "CPU(%)", orOfHost: "HOST(%)", 7, sacrifice: 4, "CPU time that it got, per wall time") {
      row, context in
      guard let cpu = row.rates?.cpu else { return .none }
      var figure = Figure.percent(cpu)
      figure.value = .percent(context.cpuShare(cpu))
      return figure
    },
    .init("wait", "WAIT(%)", 7, sacrifice: 5, "time that it waited for a pCPU, per wall time") { row, _ in
      .percent(row.rates?.waited)
    },
    .init("entitled", "ENT(%)", orOfHost: "ENT(%H)", 7, sacrifice: 11, "CPU time that its scheduler grants it") {
      row, context in
      row.entitled.map { Figure(value: .percent(context.cpuShare($0)), role: .dim) } ?? .none
    },
    .init("cpu-sec", "CPU(sec)", 8, sacrifice: 6, "CPU time since the domain was made") { row, _ in
      Figure(value: .seconds(row.vcpu.cpuTime))
    },
    .init("wait-sec", "WAIT(sec)", 9, sacrifice: 9, "time that it waited since the domain was made") { row, _ in
      row.vcpu.waitTime.map { Figure(value: .seconds($0)) } ?? .none
    },
    .init("affinity", "AFFINITY", 8, upTo: 20, left: true, sacrifice: 7, "pCPUs where it may run") { row, _ in
      .text(row.vcpu.hardAffinity.description, row.vcpu.hardAffinity == .all ? .dim : .text)
    },
    .init("soft", "SOFT", 8, upTo: 20, left: true, sacrifice: 8, "pCPUs where it prefers to run") { row, _ in
      .text(row.vcpu.softAffinity.description, row.vcpu.softAffinity == .all ? .dim : .text)
    },
    .init("rtds", "BUDGET/PERIOD(ms)", 17, sacrifice: 10, "what rtds gives it; + with extra time") { row, _ in
      guard let real = row.vcpu.realTime else { return .none }
      return .text("\(real.budget.milliseconds)/\(real.period.milliseconds)\(real.extratime ? "+" : "")")
    },
    .init("switches", "SWITCHES", 8, sacrifice: 15, "times that it left a pCPU") { row, _ in
      row.vcpu.scheduling.map { .count($0.switches) } ?? .none
    },
    .init("migrations", "MIGR", 6, sacrifice: 16, "times that it came to another pCPU") { row, _ in
      row.vcpu.scheduling.map { .count($0.migrations) } ?? .none
    },
    .init("wake50", "WAKE50", 6, sacrifice: 14, "half of the times it ran so soon after waking up") { row, _ in
      row.vcpu.scheduling?.wakeLatency.map { Figure(value: .duration($0.p50)) } ?? .none
    },
    .init("wake99", "WAKE99", 6, sacrifice: 12, "99 of 100 times it ran so soon after waking up") { row, _ in
      row.vcpu.scheduling?.wakeLatency.map { Figure(value: .duration($0.p99)) } ?? .none
    },
    .init("why", "WHY", 9, left: true, sacrifice: 13, "why it left its pCPU last, or why it may not run now") {
      row, _ in
      row.vcpu.whyOff.map { .text($0.rawValue) } ?? .none
    },
  ]
}

extension VCPUSnapshot.State {
  var role: ThemeRole {
    switch self {
    case .running: .running
    case .runnable: .runnable
    case .blocked: .blocked
    case .paused: .paused
    case .offline: .dim
    }
  }
}
