import HypervisorModel

/// A domain as the table shows it.
struct DomainRow: Hashable, Sendable {
  var reference: DomainReference
  var name: String
  var state: DomainState
  var vcpus: Int
  /// CPU time per wall time, 1 is one pCPU; nil before two samples are there.
  var cpu: Double?
  var cpuTime: Nanoseconds
  var memory: Bytes
  var maxMemory: Bytes?
  var weight: Weight?
  var cap: Cap?
  /// Of its cpupool, in Xen's word; nil where that is not known.
  var scheduler: String?
  /// The operator has just set it and the host has not shown it yet.
  var isWeightPending = false
  var isCapPending = false

  init(_ domain: DomainSnapshot, cpu: Double?, scheduler: String?, wanted: WantedShare?) {
    reference = domain.reference
    name = domain.name
    state = domain.state
    vcpus = domain.vcpus.count
    self.cpu = cpu
    cpuTime = domain.cpuTime
    memory = domain.memory
    maxMemory = domain.maxMemory
    weight = domain.weight
    cap = domain.cap
    self.scheduler = scheduler
    if let wish = wanted?.weight, wish != weight {
      weight = wish
      isWeightPending = true
    }
    if let wish = wanted?.cap, wish != cap {
      cap = wish
      isCapPending = true
    }
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
