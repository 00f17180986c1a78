import HypervisorModel

/// A domain as the table shows it.
struct DomainRow: TableRow {
  /// As the host sees it, but with the weight and cap that the operator has just asked for.
  var snapshot: DomainSnapshot
  /// CPU time per wall time, 1 is one pCPU; nil before two samples are there.
  var cpu: Double?
  var rates: DomainRates?
  /// Of its cpupool, in Xen's word; nil where that is not known.
  var scheduler: String?
  /// CPU that its scheduler grants it, with what the operator has just asked for; 1 is one pCPU.
  var entitled: Double?
  /// The same with what the operator tries out; nil where nothing is tried out.
  var predicted: Double?
  /// The operator has just set it and the host has not shown it yet.
  var isWeightPending = false
  var isCapPending = false

  init(_ domain: DomainSnapshot, cpu: Double?, rates: DomainRates?, scheduler: String?, wanted: WantedShare?) {
    snapshot = domain
    self.cpu = cpu
    self.rates = rates
    self.scheduler = scheduler
    if let wanted { show(wanted) }
  }

  /// Shows a weight and a cap that the host does not have yet.
  mutating func show(_ wanted: WantedShare) {
    if let wish = wanted.weight, wish != snapshot.weight {
      snapshot.weight = wish
      isWeightPending = true
    }
    if let wish = wanted.cap, wish != snapshot.cap {
      snapshot.cap = wish
      isCapPending = true
    }
  }

  var reference: DomainReference { snapshot.reference }
  var name: String { snapshot.name }
  var state: DomainState { snapshot.state }
  var weight: Weight? { snapshot.weight }
  var cap: Cap? { snapshot.cap }
  var isDomain0: Bool { reference.id == .domain0 }

  var key: DomainReference { reference }
  var domain: DomainReference? { reference }

  static func precedes(_ a: DomainRow, _ b: DomainRow) -> Bool {
    if a.reference.id != b.reference.id { return a.reference.id < b.reference.id }
    return a.reference.uuid.uuidString < b.reference.uuid.uuidString
  }

  func detailCount(_ wanted: DomainDetails) -> Int { wanted.count(of: snapshot) }

  func detail(_ index: Int, _ wanted: DomainDetails, none: String) -> String {
    wanted.line(index, of: snapshot, none: none)
  }

  /// Whoever took over the UUID under a new id. Domain-0's UUID says nothing.
  func isSuccessor(of key: DomainReference) -> Bool {
    key.uuid != .zero && reference.host == key.host && reference.uuid == key.uuid && reference.id != key.id
  }
}

/// Weight and cap that the operator asked for and that no snapshot has confirmed, so that the next key press counts on
/// from there.
struct WantedShare: Hashable, Sendable {
  var weight: Weight?
  var cap: Cap?
  /// Requests without an answer.
  var pending = 0
}
