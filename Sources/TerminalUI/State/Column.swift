import HypervisorModel

/// A column of the table, in the order of the screen.
public enum Column: String, Hashable, Sendable, CaseIterable {
  case name, id, state, vcpus, cpu, cpuTime, memory, maxMemory, weight, cap, history
}

/// What `CPU %` counts.
public enum CPUUnit: Hashable, Sendable {
  /// 100 % is one pCPU, as in xentop.
  case pcpu
  /// 100 % is all pCPUs of the host.
  case host
}

/// The table's order.
public struct SortOrder: Hashable, Sendable {
  public var column: Column
  public var isDescending: Bool

  public init(column: Column, isDescending: Bool) {
    self.column = column
    self.isDescending = isDescending
  }

  public static let standard = SortOrder(column: .id, isDescending: false)
}

/// How a column looks and sorts: one row of this table per column.
struct ColumnSpec {
  let column: Column
  let width: Int
  /// The column takes its part of what is left over, up to this width.
  let maximumWidth: Int
  let isLeftAligned: Bool
  /// When columns don't fit, the highest number goes first; 0 never goes.
  let sacrifice: Int

  /// `<` on the ascending order; nil: this column does not sort.
  let precedes: (@Sendable (DomainRow, DomainRow) -> Bool)?

  private init(
    _ column: Column, _ width: Int, upTo maximumWidth: Int? = nil, left: Bool = false, sacrifice: Int,
    _ precedes: (@Sendable (DomainRow, DomainRow) -> Bool)? = nil
  ) {
    self.column = column
    self.width = width
    self.maximumWidth = maximumWidth ?? width
    isLeftAligned = left
    self.sacrifice = sacrifice
    self.precedes = precedes
  }

  static let all: [ColumnSpec] = [
    ColumnSpec(.name, 8, upTo: 28, left: true, sacrifice: 0) { $0.name < $1.name },
    ColumnSpec(.id, 4, sacrifice: 5) { $0.reference.id < $1.reference.id },
    ColumnSpec(.state, 6, left: true, sacrifice: 1) { $0.state.flags < $1.state.flags },
    ColumnSpec(.vcpus, 5, sacrifice: 8) { $0.vcpus < $1.vcpus },
    ColumnSpec(.cpu, 7, sacrifice: 2) { ($0.cpu ?? -1) < ($1.cpu ?? -1) },
    ColumnSpec(.cpuTime, 8, sacrifice: 7) { $0.cpuTime < $1.cpuTime },
    ColumnSpec(.memory, 8, sacrifice: 4) { $0.memory < $1.memory },
    ColumnSpec(.maxMemory, 9, sacrifice: 10) { ($0.maxMemory?.rawValue ?? .max) < ($1.maxMemory?.rawValue ?? .max) },
    ColumnSpec(.weight, 6, sacrifice: 3) { ($0.weight?.rawValue ?? -1) < ($1.weight?.rawValue ?? -1) },
    ColumnSpec(.cap, 4, sacrifice: 6) { ($0.cap?.rawValue ?? -1) < ($1.cap?.rawValue ?? -1) },
    ColumnSpec(.history, 7, upTo: 40, left: true, sacrifice: 9),
  ]

  /// The columns that sort, in the order of the screen.
  static let sortable = all.filter { $0.precedes != nil }.map(\.column)

  func title(_ unit: CPUUnit) -> String {
    switch column {
    case .name: "NAME"
    case .id: "ID"
    case .state: "STATE"
    case .vcpus: "VCPUS"
    case .cpu: unit == .pcpu ? "CPU(%)" : "HOST(%)"
    case .cpuTime: "CPU(sec)"
    case .memory: "MEM(k)"
    case .maxMemory: "MAXMEM(k)"
    case .weight: "WEIGHT"
    case .cap: "CAP"
    case .history: "HISTORY"
    }
  }
}

extension SortOrder {
  /// Sorts; rows that tie keep the order of their ids, whichever way the column is sorted.
  func sorted(_ rows: [DomainRow]) -> [DomainRow] {
    guard let precedes = ColumnSpec.all.first(where: { $0.column == column })?.precedes else { return rows }
    return rows.sorted { a, b in
      if precedes(a, b) { return !isDescending }
      if precedes(b, a) { return isDescending }
      if a.reference.id != b.reference.id { return a.reference.id < b.reference.id }
      return a.reference.uuid.uuidString < b.reference.uuid.uuidString
    }
  }

  /// The order by the next column to the right or left; figures start with the largest.
  func moved(by step: Int) -> SortOrder {
    let columns = ColumnSpec.sortable
    let index = columns.firstIndex(of: column) ?? 0
    return SortOrder.by(columns[(index + step % columns.count + columns.count) % columns.count])
  }

  /// The natural order by a column.
  static func by(_ column: Column) -> SortOrder {
    SortOrder(column: column, isDescending: ![.name, .id, .state].contains(column))
  }
}
