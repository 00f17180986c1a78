import Figures
import HypervisorModel

/// A domain as the table shows it: as the host sees it, with what the operator has asked for or tries out on top.
struct DomainRow: TableRow {
  /// What its figures are computed from, with weight and cap as they are to be.
  let sample: DomainSample
  /// Of its cpupool, in Xen's word; nil where that is not known.
  let scheduler: Scheduler?
  /// What it is entitled to with what the operator tries out; nil where nothing is tried out.
  let predicted: Double?
  /// Weight and cap that the host does not have yet.
  let edit: ShareEdit

  init(_ sample: DomainSample, scheduler: Scheduler?, predicted: Double?, edit: ShareEdit) {
    var sample = sample
    sample.weight = edit.weight ?? sample.weight
    sample.cap = edit.cap ?? sample.cap
    self.sample = sample
    self.scheduler = scheduler
    self.predicted = predicted
    self.edit = edit
  }

  /// It with another edit on top.
  func with(_ later: ShareEdit) -> DomainRow {
    DomainRow(sample, scheduler: scheduler, predicted: predicted, edit: edit.with(later))
  }

  /// What it is set to, with what the operator has asked for.
  func parameters(of vcpu: VCPUSnapshot) -> SchedulingParameters {
    var parameters = SchedulingParameters(snapshot, vcpu: vcpu)
    if let weight { parameters.weight = weight }
    if let cap { parameters.cap = cap }
    return parameters
  }

  var snapshot: DomainSnapshot { sample.snapshot }
  var reference: DomainReference { snapshot.reference }
  var name: String { snapshot.name }
  var state: DomainState { snapshot.state }
  var weight: Weight? { sample.weight }
  var cap: Cap? { sample.cap }
  var isWeightPending: Bool { weight != snapshot.weight }
  var isCapPending: Bool { cap != snapshot.cap }
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

/// A weight and a cap that a domain is to get; nil leaves one as it is.
struct ShareEdit: Hashable, Sendable {
  var weight: Weight?
  var cap: Cap?

  var isEmpty: Bool { weight == nil && cap == nil }

  /// With another edit on top.
  func with(_ later: ShareEdit) -> ShareEdit { ShareEdit(weight: later.weight ?? weight, cap: later.cap ?? cap) }
}

/// What the operator asked for and no snapshot has confirmed, so that the next key press counts on from there.
struct RequestedShare: Hashable, Sendable {
  var edit = ShareEdit()
  /// Requests without an answer.
  var pending = 0
}

extension HostSnapshot {
  /// What the host would say if these edits were done.
  func with(_ edits: [DomainReference: ShareEdit]) -> HostSnapshot {
    guard !edits.isEmpty else { return self }
    var result = self
    result.domains = domains.map { domain in
      guard let edit = edits[domain.reference] else { return domain }
      var domain = domain
      domain.weight = edit.weight ?? domain.weight
      domain.cap = edit.cap ?? domain.cap
      return domain
    }
    return result
  }
}
