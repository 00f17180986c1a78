import Figures
import HypervisorModel

extension ScreenID {
  static let pools = ScreenID("pools")
}

/// The host's cpupools: who schedules where, by which parameters, and how busy that is.
struct PoolScreen: TableScreen {
  static let id = ScreenID.pools
  static let title = "Pools"
  static let hints = Hint.general + [.palette, .undo] + Hint.table

  var table: TableState<PoolRow>

  func rows(_ state: UIState) -> [PoolRow] {
    (state.host.snapshot?.pools ?? []).map {
      PoolRow($0, state.host, PoolReference(host: state.shownHost, name: $0.name))
    }
  }

  func emptyText(_ state: UIState) -> String { state.emptyText("the host tells of no cpupool") }
}

/// A cpupool as the table shows it, with sums over its domains and pCPUs.
struct PoolRow: TableRow {
  let key: PoolReference
  let pool: PoolSnapshot
  let pcpus: Int
  let vcpus: Int
  /// CPU time that guests got on its pCPUs per wall time; nil before two samples are there.
  let busy: Double?
  /// Time that its vCPUs waited for a pCPU, per wall time.
  let waited: Double?
  /// CPU that its scheduler grants its domains when all of them want to run; 1 is one pCPU.
  let entitled: Double?
  let weights: Int?

  init(_ pool: PoolSnapshot, _ host: HostState, _ reference: PoolReference) {
    (key, self.pool) = (reference, pool)
    let domains = host.domains.filter { $0.snapshot.pool == pool.name }
    let numbers =
      pool.pcpus == .all
      ? host.snapshot?.pcpus.map(\.id) ?? [] : pool.pcpus.numbers.map { PCPUID($0) }
    pcpus = numbers.count
    vcpus = domains.reduce(0) { $0 + $1.snapshot.vcpus.count }
    busy = Self.sum(numbers.map { host.rates?.pcpus[$0] })
    waited = Self.sum(domains.map { $0.sample.rates?.waited })
    entitled = Self.sum(domains.map(\.sample.entitled))
    weights = Self.sum(domains.map { $0.weight?.rawValue })
  }

  /// Of those that are known; nil where none is.
  private static func sum<Number: AdditiveArithmetic>(_ parts: [Number?]) -> Number? {
    let known = parts.compactMap { $0 }
    return known.isEmpty ? nil : known.reduce(.zero, +)
  }

  var domain: DomainReference? { nil }

  /// Every host's own pool first.
  static func precedes(_ a: PoolRow, _ b: PoolRow) -> Bool {
    let isFirst = [a, b].map { $0.pool.name == PoolSnapshot.standardName }
    return isFirst[0] == isFirst[1] ? a.pool.name < b.pool.name : isFirst[0]
  }

  static let columns: [TableColumn<PoolRow>] = [
    .init("name", "POOL", 8, upTo: 24, left: true, sacrifice: 0, "its name") { row, _ in
      .text(row.pool.name)
    },
    .init("scheduler", "SCHEDULER", 9, left: true, sacrifice: 1, "who schedules there") { row, _ in
      .text(row.pool.schedulerName)
    },
    .init("pcpus", "PCPUS", 6, upTo: 20, left: true, sacrifice: 2, "its pCPUs") { row, _ in
      .text(row.pool.pcpus.description)
    },
    .init("domains", "DOMAINS", 7, sacrifice: 3, "number of its domains") { row, _ in
      .count(row.pool.domains)
    },
    .init("vcpus", "VCPUS", 5, sacrifice: 8, "number of their vCPUs") { row, _ in .count(row.vcpus)
    },
    .init(
      "cpu", "CPU(%)", orOfHost: "HOST(%)", 7, sacrifice: 5,
      "CPU time that guests got there, per wall time"
    ) {
      row, context in
      row.busy.map { Figure(value: .percent(context.cpuShare($0))) } ?? .none
    },
    .init("load", "LOAD(%)", 7, sacrifice: 4, "the same, of what its pCPUs have") { row, _ in
      .percent(row.busy.map { $0 / Double(max(row.pcpus, 1)) })
    },
    .init(
      "wait", "WAIT(%)", 7, sacrifice: 6, "time that its vCPUs waited for a pCPU, per wall time"
    ) { row, _ in
      .percent(row.waited, of: Double(max(row.vcpus, 1)))
    },
    .init(
      "entitled", "ENT(%)", orOfHost: "ENT(%H)", 7, sacrifice: 9,
      "CPU share of its domains when all compete"
    ) {
      row, context in
      row.entitled.map {
        Figure(value: .percent(context.cpuShare($0)), role: .dim)
      } ?? .none
    },
    .init("weights", "WEIGHTS", 7, sacrifice: 10, "sum of its domains' weights") { row, _ in
      row.weights.map { .count($0) } ?? .none
    },
    .init(
      "parameters", "PARAMETERS", 12, upTo: 60, left: true, sacrifice: 7,
      "what its scheduler goes by"
    ) { row, _ in
      .text(row.pool.shownParameters.joined(separator: ", "))
    },
  ]
}
